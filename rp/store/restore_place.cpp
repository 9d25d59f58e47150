#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/store/database_file.h"
#include "rp/store/epoch.h"
#include "rp/store/errors.h"
#include "rp/store/restore.h"

namespace tegata::store {
namespace {

namespace fs = std::filesystem;

Error not_placed(const std::string& path, const std::error_code& error) {
  return Error(errors::store_restore_refused, path + ": " + error.message() + ": mend that, and run it again");
}

// The old one keeps its name until the new one takes it.
Status keep_old(const std::string& path, const std::string& kept) {
  if (!host::is_there(path)) return {};
  std::error_code error;
  fs::create_hard_link(path, kept, error);
  return error ? Status(not_placed(kept, error)) : Status();
}

Status put_new(const std::string& part, const std::string& path) {
  std::error_code error;
  fs::rename(part, path, error);
  if (error) return not_placed(path, error);
  return host::sync_file(path);
}

}  // namespace

std::vector<PlacingStep> placing_steps(const Placing& placing) {
  const auto database = placing.options.database, part = part_of_restore(database), kept = placing.kept;
  return {[=] { return keep_old(database, kept); }, [=] { return keep_old(head_of(database), head_of(kept)); },
          [=, epoch = epoch_path(placing.options), line = placing.epoch] { return write_epoch(epoch, line); },
          [=] { return put_new(head_of(part), head_of(database)); }, [=] { return put_new(part, database); }};
}

}  // namespace tegata::store
