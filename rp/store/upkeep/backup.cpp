#include "rp/store/upkeep/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::upkeep {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& why) { return Error(errors::store_backup_failed, why); }

// The head of the copy, on which one backup at a time holds a lock: two to one name would write into each other's
// files.
class HeadPart {
 public:
  static Result<HeadPart> take(const std::string& path) {
    TEGATA_ASSIGN(auto file, open_or_make_part(path));
    struct stat open {
    }, named{};
    const bool ours = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && ::fstat(file.get(), &open) == 0 &&
                      ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino;
    if (!ours) return failed(path + ": another backup is being written there: wait for it, or name another file");
    return HeadPart(std::move(file), path);
  }

  Status write(std::string_view head) const {
    const bool written = ::ftruncate(file_.get(), 0) == 0 &&
                         ::pwrite(file_.get(), head.data(), head.size(), 0) == static_cast<ssize_t>(head.size());
    if (!written) return failed(path_ + ": " + std::strerror(errno));
    return host::sync_file(path_);
  }

 private:
  HeadPart(host::Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  static Result<host::Descriptor> open_or_make_part(const std::string& path) {
    if (!host::is_there(path)) {
      auto made = host::create_private_file(path);
      if (made || !host::is_there(path)) return made;
    }
    return host::open_private_file(path, O_RDWR);
  }

  host::Descriptor file_;
  std::string path_;
};

Status copy_head(const Options& options, const HeadPart& to) {
  TEGATA_ASSIGN(const auto head, host::read_private_file(engine::head_of(options.database)));
  return to.write(head);
}

Status put_in_place(const std::string& part, const std::string& to) {
  std::error_code error;
  fs::rename(part, to, error);
  if (error) return failed(to + ": " + error.message());
  return {};
}

// Both or none: a head alone would be in the way of the next one.
Status put_copy(const std::string& part, const std::string& to) {
  TEGATA_TRY(put_in_place(engine::head_of(part), engine::head_of(to)));
  auto done = put_in_place(part, to);
  std::error_code ignored;
  if (!done) fs::remove(engine::head_of(to), ignored);
  return done;
}

// In use nowhere, until `tegata restore` puts it somewhere.
Status mark(const Options& options, const std::string& part) {
  TEGATA_ASSIGN(const auto connection,
                engine::open_database(engine::at(options, part), engine::Connection::Mode::write));
  TEGATA_TRY(audit::mark_as_copy(*connection));
  return engine::fold_log_in(*connection, part);
}

Result<audit::AuditVerdict> make(const Options& options, const HeadPart& head, const std::string& part,
                                 const std::string& to) {
  TEGATA_TRY(copy_head(options, head));
  TEGATA_ASSIGN(const auto connection, engine::open_database(options, engine::Connection::Mode::read));
  TEGATA_TRY(connection->copy_to(part));
  TEGATA_TRY(mark(options, part));
  TEGATA_TRY(host::sync_file(part));
  TEGATA_ASSIGN(const auto verdict, audit::verify_audit(engine::at(options, part), "the copy of " + options.database));
  TEGATA_TRY(put_copy(part, to));
  TEGATA_TRY(host::sync_file(to));
  return verdict;
}

}  // namespace

Result<audit::AuditVerdict> backup(const Options& options, const std::string& to) {
  const auto part = to + ".part";
  TEGATA_ASSIGN(const auto head, HeadPart::take(engine::head_of(part)));
  const auto done = [&] {
    engine::remove_files(part);
    std::error_code ignored;
    fs::remove(engine::head_of(part), ignored);
  };
  // A log of another database would be taken for its own.
  for (const auto& path : {to, engine::head_of(to), to + "-wal"}) {
    if (!host::is_there(path)) continue;
    done();
    return failed(path + " exists already");
  }
  engine::remove_files(part);  // of one that was killed
  const auto made = make(options, head, part, to);
  done();
  return made;
}

}  // namespace tegata::store::upkeep
