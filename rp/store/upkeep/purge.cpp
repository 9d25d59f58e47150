#include "rp/store/upkeep/purge.h"

#include <array>

#include "rp/store/audit/head.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "rp/store/upkeep/acknowledgement.h"

namespace tegata::store::upkeep {
namespace {

constexpr std::int64_t rows_at_once = 500, records_at_once = 5000;

// One kind of rows that are over: how to count and how to remove them. :before is a moment; :most bounds a piece.
struct Kind {
  const char* name;
  std::chrono::hours Retention::*kept;
  std::int64_t Purged::*count;
  const char* select;
  const char* remove;
};

// Where a pass that is kept names it, a request is kept too.
#define NOT_UNPROVED "AND (h.unproved = 0 OR h.practitioner_id IS NOT NULL) "
#define OVER_AND_WITHOUT_PASS(kind_of_request)                                                     \
  " FROM handoff h WHERE h.kind = '" kind_of_request "' AND h.expires_at <= :before " NOT_UNPROVED \
  "AND NOT EXISTS (SELECT 1 FROM pass p WHERE p.handoff_id = h.id AND p.expires_at > :passes_before)"
#define REMOVE_REQUESTS(kind_of_request)                                                         \
  "DELETE FROM handoff WHERE id IN (SELECT h.id FROM handoff h WHERE h.kind = '" kind_of_request \
  "' AND h.expires_at <= :before AND NOT EXISTS (SELECT 1 FROM pass p WHERE p.handoff_id = h.id) LIMIT :most)"
#define UNPROVED " FROM handoff WHERE unproved = 1 AND practitioner_id IS NULL AND expires_at <= :before"
#define DELIVERED "number <= (SELECT COALESCE(MIN(delivered), 9223372036854775807) FROM notice_channel)"
#define SIGN_INS(table, key)                                                                                      \
  Kind {                                                                                                          \
    table, &Retention::sign_ins, &Purged::sign_ins, "SELECT COUNT(*) FROM " table " WHERE expires_at <= :before", \
        "DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table                                      \
        " WHERE expires_at <= :before LIMIT :most)"                                                               \
  }

// Passes come before the requests that they point to; an unproved request that nobody approved has none.
constexpr std::array kinds = {
    Kind{"pass", &Retention::passes, &Purged::passes, "SELECT COUNT(*) FROM pass WHERE expires_at <= :before",
         "DELETE FROM pass WHERE jti IN (SELECT jti FROM pass WHERE expires_at <= :before LIMIT :most)"},
    Kind{"activation", &Retention::requests, &Purged::activations,
         "SELECT COUNT(*)" OVER_AND_WITHOUT_PASS("activation"), REMOVE_REQUESTS("activation")},
    Kind{"ticket", &Retention::requests, &Purged::tickets, "SELECT COUNT(*)" OVER_AND_WITHOUT_PASS("enrollment"),
         REMOVE_REQUESTS("enrollment")},
    Kind{"notice", &Retention::notices, &Purged::notices,
         "SELECT COUNT(*) FROM notice WHERE at <= :before AND " DELIVERED,
         "DELETE FROM notice WHERE number IN (SELECT number FROM notice WHERE at <= :before AND " DELIVERED
         " LIMIT :most)"},
    // Nobody proved anything: kept no longer than other attempts to sign in.
    Kind{"unproved", &Retention::sign_ins, &Purged::activations, "SELECT COUNT(*)" UNPROVED,
         "DELETE FROM handoff WHERE id IN (SELECT id" UNPROVED " LIMIT :most)"},
    SIGN_INS("start_record", "id"),
    SIGN_INS("session", "cookie"),
    SIGN_INS("ceremony", "cookie"),
    SIGN_INS("seen_proof", "id"),
    SIGN_INS("pushed_request", "id"),
    SIGN_INS("certificate_download", "token"),
};

Result<std::int64_t> count_rows(Reader& reader, const Kind& kind, const Retention& retention, Instant now) {
  engine::Binding binding{{":before", now - retention.*kind.kept}};
  if (std::string_view(kind.select).find(":passes_before") != std::string_view::npos) {
    binding.push_back({":passes_before", now - retention.passes});
  }
  TEGATA_ASSIGN(const auto count, reader.connection().find<std::int64_t>(kind.select, binding, engine::read_integer));
  return count.value_or(0);
}

// --- the horizon -----------------------------------------------------------------------------------------------------

// Before the first round, where the log begins: nothing of ours is older.
Result<Instant> last_horizon(Reader& reader) {
  TEGATA_ASSIGN(
      const auto found,
      reader.connection().find<std::int64_t>(
          "SELECT CASE WHEN value > 0 THEN value ELSE COALESCE((SELECT at FROM audit ORDER BY number LIMIT 1), "
          "0) END FROM meta WHERE name = 'purge_horizon'",
          {}, engine::read_integer));
  return from_unix_milliseconds(found.value_or(0));
}

// The record also says, once a day, that the server was there: the clock is judged by the last one.
Result<Instant> move_horizon(Transaction& transaction, const std::string& actor) {
  TEGATA_ASSIGN(const auto horizon, next_horizon(transaction, transaction.now()));
  TEGATA_ASSIGN(
      const auto moved,
      transaction.connection().run("UPDATE meta SET value = :horizon WHERE name = 'purge_horizon' AND value < :horizon",
                                   {{":horizon", horizon}}));
  if (moved == 1) {
    transaction.audit({"purge_round", actor, "purge", "", Json{{"horizon", format_rfc3339(horizon)}}, "", ""});
  }
  return horizon;
}

// --- rows ------------------------------------------------------------------------------------------------------------

Result<std::int64_t> remove_rows(Transaction& transaction, const Kind& kind, Instant before, const std::string& actor) {
  TEGATA_ASSIGN(const auto removed,
                transaction.connection().run(kind.remove, {{":before", before}, {":most", rows_at_once}}));
  if (removed > 0) {
    transaction.audit({"purged", actor, std::string("rows:") + kind.name, "",
                       Json{{"count", removed}, {"ended_before", format_rfc3339(before)}}, "", ""});
  }
  return removed;
}

Status purge_rows(Store& store, const Kind& kind, Instant before, const std::string& actor, const std::stop_token& stop,
                  std::int64_t& count) {
  for (std::int64_t removed = rows_at_once; removed == rows_at_once && !stop.stop_requested(); count += removed) {
    TEGATA_ASSIGN(removed, store.write<std::int64_t>(
                               [&](Transaction& transaction) { return remove_rows(transaction, kind, before, actor); },
                               Purpose::upkeep));
  }
  return {};
}

// --- the log ---------------------------------------------------------------------------------------------------------

Result<audit::ChainTail> first_of(Reader& reader) {
  TEGATA_ASSIGN(const auto checkpoint, audit::read_checkpoint(reader.connection()));
  return checkpoint ? checkpoint->tail : audit::ChainTail{};
}

// How many records from the beginning on are old enough: up to the first that is not. The newest one may be among them:
// the record of the cut takes its place. A record from a clock that was ahead is as old as the repair of that clock,
// and one that was accepted, whatever moment it names, as its acceptance.
Result<std::int64_t> count_old(Reader& reader, const audit::ChainTail& start, Instant before) {
  TEGATA_ASSIGN(const auto kept,
                reader.connection().find<std::int64_t>(
                    "SELECT COALESCE((SELECT MIN(number) FROM audit WHERE at > :before AND number > "
                    "COALESCE((SELECT MAX(number) FROM audit WHERE kind = 'clock_repaired' AND at <= :before), 0) "
                    "AND number > "
                    "COALESCE((SELECT MAX(number) FROM audit WHERE kind = 'audit_accepted' AND at <= :before), 0)), "
                    "(SELECT MAX(number) + 1 FROM audit), 0)",
                    {{":before", before}}, engine::read_integer));
  return std::max<std::int64_t>(0, kept.value_or(0) - 1 - start.count);
}

struct OldRecords {
  std::int64_t exported = 0, unacknowledged = 0;
};
Result<OldRecords> count_records(Reader& reader, const audit::ChainTail& start, Instant before) {
  TEGATA_ASSIGN(const auto old, count_old(reader, start, before));
  TEGATA_ASSIGN(const auto through, acknowledged_through(reader));
  const auto exported = std::clamp<std::int64_t>(through - start.count, 0, old);
  return OldRecords{exported, old - exported};
}

struct Cut {
  audit::ChainTail start, end;
};

// Where a piece ends that would end inside of what was accepted as a whole: before that, or, where nothing is before
// it, behind.
std::int64_t end_of_piece(const audit::LogView& log, std::int64_t end, std::int64_t most) {
  const auto* accepted = audit::find_accepted(log, end);
  if (!accepted || accepted->last == end) return end;
  const bool begins_with_it = accepted->first == log.start.count + 1;
  if (!begins_with_it) return accepted->first - 1;
  return accepted->last <= most ? accepted->last : log.start.count;
}

// The next piece to be cut off, walked through; nothing to cut where both ends are the same.
Result<Cut> next_cut(Reader& reader, const audit::AuditHead& head, Instant before) {
  TEGATA_ASSIGN(const auto start, first_of(reader));
  TEGATA_ASSIGN(const auto old, count_records(reader, start, before));
  TEGATA_ASSIGN(const auto log, audit::view_log(reader.connection(), head.key(), start));
  const auto most = start.count + old.exported;
  const auto end = end_of_piece(log, std::min(most, start.count + records_at_once), most);
  if (end == start.count) return Cut{start, start};
  TEGATA_ASSIGN(const auto checked, audit::check_chain(log, {audit::any_first, start, end}, 0));
  if (checked.tail.count != end) {
    return Error(errors::store_audit_broken, "records before " + std::to_string(end) + " are missing");
  }
  return Cut{start, checked.tail};
}

#define IS_EXPORTED "(SELECT value FROM meta WHERE name = 'audit_acknowledged') >= :number"

// Nobody else has cut since: the checkpoint is still that of `cut.start`.
Result<bool> put_checkpoint(Transaction& transaction, const Cut& cut, const Bytes& signature) {
  auto& connection = transaction.connection();
  const engine::Binding values{{":number", cut.end.count}, {":hash", cut.end.hash}, {":signature", signature}};
  if (cut.start.count == 0) {
    TEGATA_ASSIGN(const auto put,
                  connection.run("INSERT INTO audit_checkpoint (id, number, hash, signature) "
                                 "SELECT 1, :number, :hash, :signature WHERE " IS_EXPORTED " ON CONFLICT DO NOTHING",
                                 values));
    return put == 1;
  }
  auto moved = values;
  moved.push_back({":start", cut.start.count});
  TEGATA_ASSIGN(const auto put,
                connection.run("UPDATE audit_checkpoint SET number = :number, hash = :hash, "
                               "signature = :signature WHERE id = 1 AND number = :start AND " IS_EXPORTED,
                               moved));
  return put == 1;
}

Result<std::int64_t> cut_off(Transaction& transaction, const Cut& cut, const Bytes& signature,
                             const std::string& actor) {
  TEGATA_ASSIGN(const bool put, put_checkpoint(transaction, cut, signature));
  if (!put) return 0;
  TEGATA_ASSIGN(const auto removed, transaction.connection().run("DELETE FROM audit WHERE number <= :number",
                                                                 {{":number", cut.end.count}}));
  transaction.audit({"audit_purged", actor, "audit", "",
                     Json{{"through", cut.end.count}, {"hash", hex(cut.end.hash)}, {"count", removed}}, "", ""});
  return removed;
}

Status purge_audit(Store& store, const audit::AuditHead& head, Instant before, const std::string& actor,
                   const std::stop_token& stop, std::int64_t& count) {
  while (!stop.stop_requested()) {
    TEGATA_ASSIGN(const auto cut, store.read<Cut>([&](Reader& reader) { return next_cut(reader, head, before); }));
    if (cut.start == cut.end) return {};
    const auto signature = head.sign_checkpoint(cut.end);
    TEGATA_ASSIGN(
        const auto removed,
        store.write<std::int64_t>([&](Transaction& transaction) { return cut_off(transaction, cut, signature, actor); },
                                  Purpose::upkeep));
    count += removed;
  }
  return {};
}

}  // namespace

Json describe(const Purged& purged) {
  return {{"tickets", purged.tickets}, {"activations", purged.activations}, {"passes", purged.passes},
          {"notices", purged.notices}, {"sign_ins", purged.sign_ins},       {"audit_records", purged.audit_records}};
}

Json describe(const PurgeRound& round) {
  auto out = describe(round.removed);
  out["horizon"] = format_rfc3339(round.horizon);
  out["behind"] = round.behind;
  out["unacknowledged_records"] = round.unacknowledged;
  return out;
}

Result<Instant> next_horizon(Reader& reader, Instant now) {
  TEGATA_ASSIGN(const auto last, last_horizon(reader));
  if (last == Instant{}) return now;
  return std::min(now, last + purge_step);
}

Result<PurgeRound> count_purgeable(Reader& reader, const Retention& retention, Instant horizon) {
  PurgeRound out;
  out.horizon = horizon;
  for (const auto& kind : kinds) {
    TEGATA_ASSIGN(const auto count, count_rows(reader, kind, retention, horizon));
    out.removed.*kind.count += count;
  }
  TEGATA_ASSIGN(const auto start, first_of(reader));
  TEGATA_ASSIGN(const auto old, count_records(reader, start, horizon - retention.audit));
  out.removed.audit_records = old.exported;
  out.unacknowledged = old.unacknowledged;
  return out;
}

Result<PurgeRound> purge(Store& store, const Options& options, const Retention& retention, const std::string& actor,
                         std::stop_token stop) {
  PurgeRound out;
  TEGATA_TRY(store.write<void>(
      [&](Transaction& transaction) -> Status {
        TEGATA_ASSIGN(out.horizon, move_horizon(transaction, actor));
        out.behind = out.horizon < transaction.now();
        return {};
      },
      Purpose::upkeep));
  for (const auto& kind : kinds) {
    TEGATA_TRY(purge_rows(store, kind, out.horizon - retention.*kind.kept, actor, stop, out.removed.*kind.count));
  }
  TEGATA_ASSIGN(const auto head, audit::AuditHead::open_existing(options));
  const auto before = out.horizon - retention.audit;
  TEGATA_TRY(purge_audit(store, *head, before, actor, stop, out.removed.audit_records));
  TEGATA_ASSIGN(out.unacknowledged, store.read<std::int64_t>([&](Reader& reader) -> Result<std::int64_t> {
    TEGATA_ASSIGN(const auto start, first_of(reader));
    TEGATA_ASSIGN(const auto old, count_records(reader, start, before));
    return old.unacknowledged;
  }));
  return out;
}

}  // namespace tegata::store::upkeep
