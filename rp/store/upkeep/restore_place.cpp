#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"
#include "rp/store/upkeep/restore.h"

namespace tegata::store::upkeep {
namespace {

namespace fs = std::filesystem;

Error not_placed(const std::string& path, const std::error_code& error) {
  return Error(errors::store_restore_refused, path + ": " + error.message() + ": mend that, and run it again");
}

// The old one keeps its name until the new one takes it. A head may lie on another disk than its database, behind a
// link.
Status keep_old(const std::string& path, const std::string& kept) {
  if (!host::is_there(path)) return {};
  std::error_code error;
  fs::create_hard_link(path, kept, error);
  if (error == std::errc::cross_device_link && fs::copy_file(path, kept, error)) return host::sync_file(kept);
  return error ? Status(not_placed(kept, error)) : Status();
}

Status put_new(const std::string& part, const std::string& path) {
  std::error_code error;
  fs::rename(part, path, error);
  if (error) return not_placed(path, error);
  return host::sync_file(path);
}

Status put_head(const std::string& part, const std::string& path) {
  TEGATA_ASSIGN(const auto head, host::read_private_file(part));
  return host::write_private_file(path, head, false);
}

}  // namespace

// Each behind its links: what replaced one of those would leave the file that it leads to, and its disk.
std::vector<PlacingStep> placing_steps(const Placing& placing) {
  const auto& name = placing.options.database;
  const auto database = engine::real_path_of(name), head = engine::real_path_of(engine::head_of(name));
  const auto part = audit::part_of_restore(name), kept = placing.kept;
  return {[=] { return keep_old(database, kept); }, [=] { return keep_old(head, engine::head_of(kept)); },
          [=, epoch = engine::epoch_path(placing.options), line = placing.epoch] {
            return audit::write_epoch(epoch, line);
          },
          [=] { return put_head(engine::head_of(part), head); }, [=] { return put_new(part, database); }};
}

}  // namespace tegata::store::upkeep
