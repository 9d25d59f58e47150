#include "rp/store/upkeep/beginning.h"

#include <unistd.h>

#include <filesystem>
#include <vector>

#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/audit/head.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"
#include "rp/store/engine/server_lock.h"
#include "rp/store/schema.h"

namespace tegata::store::upkeep {
namespace {

namespace fs = std::filesystem;

// The draft lies in a folder of its own, so that it is known by its names: beside the database such a file could be
// anybody's.
constexpr const char* name_of_draft = "database";

std::string folder_of_draft(const Options& options) { return options.database + ".new"; }

Options draft_of(const Options& options) {
  auto draft = engine::at(options, folder_of_draft(options) + "/" + name_of_draft);
  draft.epoch_file.clear();
  draft.synchronous_full = true;
  return draft;
}

bool says_the_same(const std::string& path, const std::string& other) {
  const auto one = host::read_private_file(path), two = host::read_private_file(other);
  return one && two && *one == *two;
}

// What was put in its place without the database, which is the last: all of it is there, or nothing stays.
void take_back(const Options& options, const Options& draft) {
  std::error_code ignored;
  if (host::is_there(options.database)) return;
  const auto head = engine::head_of(options.database), epoch = engine::epoch_path(options);
  if (fs::equivalent(head, engine::head_of(draft.database), ignored)) fs::remove(head, ignored);
  if (says_the_same(epoch, engine::epoch_path(draft))) fs::remove(epoch, ignored);
}

void take_all_back(const Options& options, const Options& draft) {
  std::error_code ignored;
  if (fs::equivalent(options.database, draft.database, ignored)) fs::remove(options.database, ignored);
  take_back(options, draft);
}

std::vector<fs::path> files_in(const std::string& folder) {
  std::error_code ignored;
  std::vector<fs::path> out;
  for (const auto& each : fs::directory_iterator(folder, ignored)) out.push_back(each.path());
  return out;
}

void remove_draft(const Options& options) {
  std::error_code ignored;
  for (const auto& file : files_in(folder_of_draft(options))) fs::remove(file, ignored);
  ::rmdir(folder_of_draft(options).c_str());
}

Error not_ours(const std::string& path) {
  return Error(errors::store_exists,
               path + " is there, and `tegata init` did not make it: move it away, and run this again");
}

Status make_empty(const Options& options, const Options& draft, Random& random) {
  TEGATA_TRY(host::make_private_directory(folder_of_draft(options)));
  if (!host::is_there(draft.audit_key)) TEGATA_TRY(audit::AuditKey::make(draft.audit_key, random));
  TEGATA_ASSIGN(const auto connection, engine::open_database(draft, engine::Connection::Mode::make));
  TEGATA_TRY(migrate(*connection));
  TEGATA_ASSIGN(const auto head, audit::AuditHead::open_or_make(draft));
  TEGATA_TRY(head->write({}));
  return head->sync();
}

Status fill_draft(const Options& draft, const Clock& clock, const std::function<Status(Store&)>& fill) {
  if (!fill) return {};
  TEGATA_ASSIGN(const auto store, Store::open(draft, clock));
  return fill(*store);
}

Status fold_in(const Options& draft) {
  TEGATA_ASSIGN(const auto connection, engine::open_database(draft, engine::Connection::Mode::write));
  return engine::fold_log_in(*connection, draft.database);
}

// Never over anything that is there.
Status put(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (failed) return Error(errors::file_not_written, to + ": cannot be put in its place: " + failed.message());
  return {};
}

// It may lie on another disk.
Status put_epoch(const Options& options, const Options& draft) {
  if (!host::is_there(engine::epoch_path(draft))) return {};
  TEGATA_ASSIGN(auto line, host::read_private_file(engine::epoch_path(draft)));
  return host::write_private_file(engine::epoch_path(options), line, false);
}

Status make_and_put(const Options& options, const Options& draft, const Clock& clock, Random& random,
                    const std::function<Status(Store&)>& fill) {
  TEGATA_TRY(make_empty(options, draft, random));
  TEGATA_TRY(fill_draft(draft, clock, fill));
  TEGATA_TRY(fold_in(draft));
  TEGATA_TRY(put(engine::head_of(draft.database), engine::head_of(options.database)));
  TEGATA_TRY(put_epoch(options, draft));
  TEGATA_TRY(put(draft.database, options.database));
  return host::sync_file(options.database);
}

}  // namespace

Status verify_draft(const Options& options) {
  const auto folder = folder_of_draft(options);
  std::error_code ignored;
  if (!host::is_there(folder)) return {};
  if (!fs::is_directory(fs::symlink_status(folder, ignored))) return not_ours(folder);
  for (const auto& file : files_in(folder)) {
    if (!file.filename().string().starts_with(name_of_draft)) return not_ours(file.string());
  }
  return {};
}

Status begin(const Options& options, const Clock& clock, Random& random, const std::function<Status(Store&)>& fill) {
  // Its lock would lie where it leads.
  std::error_code none;
  if (fs::is_symlink(options.database, none)) TEGATA_TRY(engine::verify_none(options));
  TEGATA_ASSIGN(const auto lock, engine::ServerLock::take(options.database));
  const auto draft = draft_of(options);
  TEGATA_TRY(verify_draft(options));
  take_back(options, draft);
  remove_draft(options);
  TEGATA_TRY(engine::verify_none(options));
  const auto made = make_and_put(options, draft, clock, random, fill);
  if (!made) take_all_back(options, draft);
  remove_draft(options);
  return made;
}

}  // namespace tegata::store::upkeep
