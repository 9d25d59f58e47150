#include "rp/store/engine/database_file.h"

#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

// What is left of a database whose file is gone, if anything is.
std::string remains_of(const Options& options) {
  for (const auto& path : {head_of(options.database), real_path_of(options.database) + "-wal", epoch_path(options)}) {
    if (host::is_there(path)) return path;
  }
  return "";
}

Error absent(const Options& options) {
  const auto nothing = options.database + ": there is no database";
  if (const auto remains = remains_of(options); !remains.empty()) {
    return Error(errors::store_absent, nothing + ", and " + remains +
                                           " belongs to one: look whether its disk is mounted, or bring it back from a "
                                           "backup; where `tegata init` was interrupted, run it again");
  }
  const auto key =
      host::is_there(options.audit_key) ? ", while its audit key is there (" + options.audit_key + ")" : "";
  return Error(errors::store_absent,
               nothing + key +
                   ". If this installation is new: `tegata init --config FILE`; if it is not, look "
                   "whether its disk is mounted");
}

const char* way_on(const Options& options, const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed))
    return "it is a link that leads nowhere: mount the disk that it leads to, or take the link away; once the "
           "installation has begun, its files can be moved, and links put in their places";
  return path == options.database ? "`tegata check --config FILE` says whether a server can start on it"
                                  : "bring its database back, or move it away where that is given up";
}

}  // namespace

std::string head_of(const std::string& database) { return database + ".audit-head"; }

std::string epoch_path(const Options& options) {
  return options.epoch_file.empty() ? options.database + ".epoch" : options.epoch_file;
}

std::string real_path_of(const std::string& database) {
  const auto place = host::place_behind_links(database);
  std::error_code failed;
  const auto real = std::filesystem::weakly_canonical(place ? *place : database, failed);
  return failed ? database : real.string();
}

Options at(Options options, const std::string& database) {
  options.database = database;
  return options;
}

void remove_files(const std::string& database) {
  std::error_code ignored;
  for (const char* tail : {"", "-wal", "-shm"}) std::filesystem::remove(database + tail, ignored);
}

Result<std::unique_ptr<Connection>> open_database(const Options& options, Connection::Mode mode, Soundness* soundness) {
  auto opened =
      Connection::open(options.database, mode, {options.vfs, options.synchronous_full, options.patience, soundness});
  if (!opened && mode != Connection::Mode::make && !host::is_there(real_path_of(options.database)))
    return absent(options);
  return opened;
}

// The last connection does so when it closes, too, and says nothing where it fails.
Status fold_log_in(Connection& connection, const std::string& database) {
  TEGATA_ASSIGN(const auto busy, connection.find<std::int64_t>("PRAGMA wal_checkpoint(TRUNCATE)", {},
                                                               [](Row& row) { return row.integer(); }));
  if (busy == 0) return {};
  return Error(errors::store_busy, database +
                                       ": its log cannot be folded into it while somebody else has it open: find who "
                                       "does (`fuser " +
                                       database + "`), end that, and run it again");
}

Status verify_none(const Options& options) {
  for (const auto& path :
       {options.database, options.database + "-wal", head_of(options.database), epoch_path(options)}) {
    if (!host::is_there(path)) continue;
    return Error(errors::store_exists,
                 path + " is there already, and `tegata init` begins where nothing is: " + way_on(options, path));
  }
  return {};
}

}  // namespace tegata::store::engine
