#include "rp/store/beginning.h"

#include <filesystem>

#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/store/audit_head.h"
#include "rp/store/database_file.h"
#include "rp/store/epoch.h"
#include "rp/store/errors.h"
#include "rp/store/schema.h"
#include "rp/store/server_lock.h"

namespace tegata::store {
namespace {

namespace fs = std::filesystem;

Options draft_of(const Options& options) {
  auto draft = at(options, options.database + ".new");
  draft.epoch_file.clear();
  draft.synchronous_full = true;
  return draft;
}

bool says_the_same(const std::string& path, const std::string& other) {
  const auto one = host::read_private_file(path), two = host::read_private_file(other);
  return one && two && *one == *two;
}

// A killed beginning put head and epoch in their places, and not yet the database.
void take_back(const Options& options, const Options& draft) {
  std::error_code ignored;
  if (host::is_there(options.database)) return;
  const auto head = head_of(options.database), epoch = epoch_path(options);
  if (fs::equivalent(head, head_of(draft.database), ignored)) fs::remove(head, ignored);
  if (says_the_same(epoch, epoch_path(draft))) fs::remove(epoch, ignored);
}

void remove_draft(const Options& draft) {
  std::error_code ignored;
  remove_files(draft.database);
  fs::remove(head_of(draft.database), ignored);
  fs::remove(epoch_path(draft), ignored);
}

Status make_empty(const Options& draft, Random& random) {
  if (!host::is_there(draft.audit_key)) TEGATA_TRY(AuditKey::make(draft.audit_key, random));
  TEGATA_ASSIGN(const auto connection, open_database(draft, Connection::Mode::make));
  TEGATA_TRY(migrate(*connection));
  TEGATA_ASSIGN(const auto head, AuditHead::open_or_make(draft));
  TEGATA_TRY(head->write({}));
  return head->sync();
}

Status fill_draft(const Options& draft, const Clock& clock, const std::function<Status(Store&)>& fill) {
  if (!fill) return {};
  TEGATA_ASSIGN(const auto store, Store::open(draft, clock));
  return fill(*store);
}

Status fold_in(const Options& draft) {
  TEGATA_ASSIGN(const auto connection, open_database(draft, Connection::Mode::write));
  return fold_log_in(*connection, draft.database);
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
  if (!host::is_there(epoch_path(draft))) return {};
  TEGATA_ASSIGN(auto line, host::read_private_file(epoch_path(draft)));
  return host::write_private_file(epoch_path(options), line, false);
}

Status make_and_put(const Options& options, const Options& draft, const Clock& clock, Random& random,
                    const std::function<Status(Store&)>& fill) {
  TEGATA_TRY(make_empty(draft, random));
  TEGATA_TRY(fill_draft(draft, clock, fill));
  TEGATA_TRY(fold_in(draft));
  TEGATA_TRY(put(head_of(draft.database), head_of(options.database)));
  TEGATA_TRY(put_epoch(options, draft));
  TEGATA_TRY(put(draft.database, options.database));
  return host::sync_file(options.database);
}

}  // namespace

Status begin(const Options& options, const Clock& clock, Random& random, const std::function<Status(Store&)>& fill) {
  TEGATA_ASSIGN(const auto lock, ServerLock::take(options.database));
  const auto draft = draft_of(options);
  take_back(options, draft);
  remove_draft(draft);
  TEGATA_TRY(verify_none(options));
  const auto made = make_and_put(options, draft, clock, random, fill);
  if (!made) take_back(options, draft);
  remove_draft(draft);
  return made;
}

}  // namespace tegata::store
