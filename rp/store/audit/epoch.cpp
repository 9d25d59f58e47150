#include "rp/store/audit/epoch.h"

#include "rp/host/private_file.h"
#include "rp/store/audit/head.h"
#include "rp/store/audit/sent_head.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

constexpr const char* how_to_restore = "`tegata restore --reason TEXT` takes it into use, and ends what may not go on";

Error not_restored(const std::string& what) { return Error(errors::store_put_back, what + how_to_restore); }

// Whether it is a copy; nothing in one from before there were epochs.
Result<std::optional<std::int64_t>> read_mark(engine::Connection& connection) {
  return connection.find<std::int64_t>("SELECT value FROM meta WHERE name = 'is_copy'", {}, engine::read_integer);
}

Status put_mark(engine::Connection& connection, bool is_copy) {
  TEGATA_TRY(connection.run(
      "INSERT INTO meta (name, value) VALUES ('is_copy', :value) ON CONFLICT (name) DO UPDATE SET value = :value",
      {{":value", is_copy}}));
  return {};
}

// Nothing where there is no epoch yet.
Result<std::optional<SentHead>> known_epoch(engine::Connection& connection, const AuditHead& head,
                                            const engine::Options& options) {
  TEGATA_ASSIGN(const auto is_copy, read_mark(connection));
  if (is_copy.value_or(0) != 0)
    return not_restored(options.database +
                        " is a copy that `tegata backup` made, and lies where it was not put back: ");
  TEGATA_ASSIGN(auto known, read_epoch(options, head.key()));
  if (!known && is_copy) {
    return not_restored(engine::epoch_path(options) + " is missing, so nobody knows whether " + options.database +
                        " was put back: bring the file back, or ");
  }
  return known;
}

Status verify_log_goes_on(engine::Connection& connection, const AuditHead& head, const engine::Options& options,
                          const SentHead& known) {
  TEGATA_ASSIGN(const auto start, head.start_of(connection));
  TEGATA_ASSIGN(const auto log, view_log(connection, head.key(), start));
  TEGATA_ASSIGN(const auto tail, read_tail(connection, start));
  return verify_goes_on(log, tail, options, known);
}

}  // namespace

std::string part_of_restore(const std::string& database) { return engine::real_path_of(database) + ".restore"; }

Result<std::optional<SentHead>> read_epoch(const engine::Options& options, const AuditKey& key) {
  const auto path = engine::epoch_path(options);
  if (!host::is_there(path)) return std::optional<SentHead>();
  TEGATA_ASSIGN(const auto line, host::read_private_file(path));
  const auto sent = parse_sent_head(line);
  if (!sent || !is_signed(key, *sent)) return not_restored(path + " has no right signature of the audit key: ");
  return sent;
}

Status write_epoch(const std::string& path, const std::string& line) {
  TEGATA_ASSIGN(const auto place, host::place_behind_links(path));
  return host::write_private_file(place, line + "\n", false);
}

Status verify_goes_on(const LogView& log, const ChainTail& tail, const engine::Options& options,
                      const SentHead& known) {
  TEGATA_ASSIGN(const auto fault, fault_of(log, tail, known.tail));
  if (fault.empty()) return {};
  if (host::is_there(part_of_restore(options.database))) {
    return Error(errors::store_put_back, options.database +
                                             ": a restore was interrupted before it was done: run `tegata "
                                             "restore` again, as it was given");
  }
  return not_restored(options.database + ": by " + engine::epoch_path(options) + " its log had " +
                      std::to_string(known.tail.count) + " records on " + format_rfc3339(known.at) + ", and " + fault +
                      ": an older state was put there. Bring the newer one back, or ");
}

Status verify_reaches_epoch(engine::Connection& connection, const AuditHead& head, const engine::Options& options) {
  TEGATA_ASSIGN(const auto known, known_epoch(connection, head, options));
  if (!known) return {};
  TEGATA_ASSIGN(const auto tail, read_tail(connection));
  const bool may_be_another = tail.count < known->tail.count || host::is_there(part_of_restore(options.database));
  return may_be_another ? verify_log_goes_on(connection, head, options, *known) : Status();
}

Status verify_epoch(engine::Connection& connection, const AuditHead& head, const engine::Options& options) {
  TEGATA_ASSIGN(const auto known, known_epoch(connection, head, options));
  return known ? verify_log_goes_on(connection, head, options, *known) : Status();
}

// The file first: a database with a mark and without the file is refused.
Status begin_in_epoch(engine::Connection& connection, const AuditHead& head, const engine::Options& options,
                      const ChainTail& tail, Instant now) {
  TEGATA_ASSIGN(const auto known, known_epoch(connection, head, options));
  if (known) TEGATA_TRY(verify_log_goes_on(connection, head, options, *known));
  if (!known) TEGATA_TRY(write_epoch(engine::epoch_path(options), sent_head_line(head.key(), tail, now)));
  TEGATA_ASSIGN(const auto mark, read_mark(connection));
  return mark ? Status() : mark_as_placed(connection);
}

Status mark_as_copy(engine::Connection& connection) { return put_mark(connection, true); }
Status mark_as_placed(engine::Connection& connection) { return put_mark(connection, false); }

}  // namespace tegata::store::audit
