#include "rp/store/backup.h"

#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/store/connection.h"
#include "rp/store/errors.h"

namespace tegata::store {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& why) { return Error(errors::store_backup_failed, why); }

Status copy_head(const Options& options, const std::string& to) {
  TEGATA_ASSIGN(const auto head, host::read_private_file(options.database + ".audit-head"));
  return host::write_private_file(to, head, false);
}

Status rename(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return failed(to + ": " + error.message());
  return {};
}

void remove_part(const std::string& part) {
  std::error_code ignored;
  for (const char* tail : {"", ".audit-head", "-wal", "-shm"}) fs::remove(part + tail, ignored);
}

Result<AuditVerdict> make(const Options& options, const std::string& part, const std::string& to) {
  TEGATA_TRY(copy_head(options, part + ".audit-head"));
  TEGATA_ASSIGN(const auto connection,
                Connection::open(options.database, Connection::Mode::read, {options.vfs, true, options.patience}));
  TEGATA_TRY(connection->copy_to(part));
  TEGATA_TRY(host::sync_file(part));
  Options copy = options;
  copy.database = part;
  TEGATA_ASSIGN(const auto verdict, verify_audit(copy, "the copy of " + options.database));
  TEGATA_TRY(rename(part + ".audit-head", to + ".audit-head"));
  TEGATA_TRY(rename(part, to));
  TEGATA_TRY(host::sync_file(to));
  return verdict;
}

}  // namespace

Result<AuditVerdict> backup(const Options& options, const std::string& to) {
  if (host::is_there(to) || host::is_there(to + ".audit-head")) return failed(to + " exists already");
  const auto part = to + ".part";
  remove_part(part);  // of one that was killed
  const auto made = make(options, part, to);
  remove_part(part);
  return made;
}

}  // namespace tegata::store
