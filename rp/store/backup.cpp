#include "rp/store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "rp/store/connection.h"
#include "rp/store/errors.h"

namespace tegata::store {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& why) { return Error(errors::store_backup_failed, why); }

Status sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!synced) return failed(path + " cannot be synced");
  return {};
}

Status copy_head(const Options& options, const std::string& to) {
  std::error_code error;
  fs::copy_file(options.database + ".audit-head", to, error);
  if (error) return failed("the head: " + error.message());
  return sync(to);
}

Status rename(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return failed(to + ": " + error.message());
  return {};
}

Result<AuditVerdict> make(const Options& options, const std::string& part, const std::string& to) {
  TEGATA_TRY(copy_head(options, part + ".audit-head"));
  TEGATA_ASSIGN(const auto connection,
                Connection::open(options.database, Connection::Mode::read, {options.vfs, true, options.patience}));
  TEGATA_TRY(connection->copy_to(part));
  TEGATA_TRY(sync(part));
  Options copy = options;
  copy.database = part;
  TEGATA_ASSIGN(const auto verdict, verify_audit(copy));
  TEGATA_TRY(rename(part + ".audit-head", to + ".audit-head"));
  TEGATA_TRY(rename(part, to));
  const auto folder = fs::absolute(to).parent_path().string();
  TEGATA_TRY(sync(folder));
  return verdict;
}

}  // namespace

Result<AuditVerdict> backup(const Options& options, const std::string& to) {
  if (fs::exists(to) || fs::exists(to + ".audit-head")) return failed(to + " exists already");
  const auto part = to + ".part";
  const auto made = make(options, part, to);
  std::error_code ignored;
  for (const char* tail : {"", ".audit-head", "-wal", "-shm"}) fs::remove(part + tail, ignored);
  return made;
}

}  // namespace tegata::store
