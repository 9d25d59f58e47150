#include "rp/store/upkeep/clock_repair.h"

#include "rp/base/errors.h"
#include "rp/store/clock_rules.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::upkeep {
namespace {

// Moments of ours, of what was done. None of them may lie in the future: limits and quotas would count it for years.
constexpr RepairedColumn moments[] = {
    {"basis", "created_at"},
    {"basis", "ended_at"},
    {"certificate_download", "taken_at"},
    {"client_certificate", "added_at"},
    {"client_certificate", "replaced_at"},
    {"client_certificate", "revoked_at"},
    {"credential", "created_at"},
    {"credential", "last_used_at"},
    {"credential", "removed_at"},
    {"facility_former_code", "until"},
    {"handoff", "created_at"},
    {"handoff", "fulfilled_at"},
    {"handoff", "owner_until"},
    {"letter_order", "ordered_at"},
    {"metadata_blob", "imported_at"},
    {"mynumber_link", "linked_at"},
    {"notice", "at"},
    {"number_try", "at"},
    {"pass", "issued_at"},
    {"pass", "revoked_at"},
    {"revocation_list", "fetched_at"},
    {"session", "begun_at"},
    {"signing_key", "published_at"},
    {"signing_key", "withdrawn_at"},
    {"ticket_try", "at"},
    {"unwanted_model", "since"},
};

// What ends: by its own time where it had ended by the wrong clock (:from), and where it was made under it.
struct Ending {
  const char *table, *column, *made_under_it;
  std::int64_t RepairedClock::*count;
};
constexpr Ending endings[] = {
    {"pass", "expires_at", "issued_at > :now", &RepairedClock::passes},
    {"handoff", "expires_at", "created_at > :now", nullptr},
    {"session", "expires_at", "begun_at > :now", &RepairedClock::sign_ins},
    // They live for minutes, and do not say since when.
    {"start_record", "expires_at", "1", &RepairedClock::sign_ins},
    {"card_login", "expires_at", "1", &RepairedClock::sign_ins},
    {"ceremony", "expires_at", "1", &RepairedClock::sign_ins},
    {"pushed_request", "expires_at", "1", &RepairedClock::sign_ins},
    {"certificate_download", "expires_at",
     "thumbprint IN (SELECT thumbprint FROM client_certificate WHERE added_at > :now)", nullptr},
};

// What needs a rule of its own, before the moments become present ones.
constexpr const char* own_rules[] = {
    // A certificate that was replaced counts for as long as it would have from now on.
    "UPDATE client_certificate SET not_after = MIN(not_after, :now + not_after - replaced_at) WHERE replaced_at > :now",
    // A key that was published then waits for as long as verifiers need to learn of it.
    "UPDATE signing_key SET use_from = :now + use_from - published_at WHERE published_at > :now",
    // Proofs that were shown stay shown, for longer than any of them counts.
    "UPDATE seen_proof SET expires_at = :now + 86400000 WHERE expires_at > :now + 86400000",
    "DELETE FROM facility_starts WHERE minute > :now / 60000",
    "DELETE FROM browser_starts WHERE minute > :now / 60000",
    "UPDATE meta SET value = :now WHERE name = 'purge_horizon' AND value > :now",
};
constexpr RepairedColumn by_own_rules[] = {
    {"client_certificate", "not_after"}, {"signing_key", "use_from"},  {"seen_proof", "expires_at"},
    {"facility_starts", "minute"},       {"browser_starts", "minute"}, {"meta", "value"},
};

Result<std::int64_t> count_for_repair(Transaction& transaction, const char* sql, Instant from) {
  engine::Binding binding{{":now", transaction.now()}};
  if (std::string_view(sql).find(":from") != std::string_view::npos) binding.push_back({":from", from});
  TEGATA_ASSIGN(const auto count, transaction.connection().find<std::int64_t>(sql, binding, engine::read_integer));
  return count.value_or(0);
}

#define OPEN_AND_OVER                                                                             \
  "SELECT COUNT(*) FROM handoff WHERE state IN ('created', 'claimed', 'confirmed', 'fulfilled') " \
  "AND expires_at > :now AND (expires_at <= :from OR created_at > :now) AND kind = "

Status count_what_ends(Transaction& transaction, RepairedClock& out) {
  TEGATA_ASSIGN(out.records, count_for_repair(transaction, "SELECT COUNT(*) FROM audit WHERE at > :now", out.from));
  TEGATA_ASSIGN(out.tickets, count_for_repair(transaction, OPEN_AND_OVER "'enrollment'", out.from));
  TEGATA_ASSIGN(out.activations, count_for_repair(transaction, OPEN_AND_OVER "'activation'", out.from));
  TEGATA_ASSIGN(out.passes_of_the_future,
                count_for_repair(transaction, "SELECT COUNT(*) FROM pass WHERE issued_at > :now", out.from));
  return {};
}

Status end_rows(Transaction& transaction, const Ending& ending, RepairedClock& out) {
  const std::string column = ending.column;
  const auto sql = "UPDATE " + std::string(ending.table) + " SET " + column + " = :now WHERE " + column +
                   " > :now AND (" + column + " <= :from OR " + ending.made_under_it + ")";
  TEGATA_ASSIGN(const auto ended,
                transaction.connection().run(sql, {{":now", transaction.now()}, {":from", out.from}}));
  if (ending.count) out.*ending.count += ended;
  return {};
}

Status bring_back(Transaction& transaction, const RepairedColumn& moment) {
  const std::string column = moment.column;
  TEGATA_TRY(transaction.connection().run(
      "UPDATE " + std::string(moment.table) + " SET " + column + " = :now WHERE " + column + " > :now",
      {{":now", transaction.now()}}));
  return {};
}

Status step_back(Transaction& transaction, RepairedClock& out) {
  TEGATA_TRY(count_what_ends(transaction, out));
  for (const auto& ending : endings) TEGATA_TRY(end_rows(transaction, ending, out));
  for (const auto* rule : own_rules) TEGATA_TRY(transaction.connection().run(rule, {{":now", transaction.now()}}));
  for (const auto& moment : moments) TEGATA_TRY(bring_back(transaction, moment));
  return {};
}

// The clock of a machine whose battery is empty stands before everything. So does the right one, where the database was
// made under a clock that was ahead: an operator who names its date says so.
Status verify_after_first_record(Reader& reader, const ClockRepair& repair, Instant now) {
  if (names_today(repair.today, now)) return {};
  TEGATA_ASSIGN(const auto first, reader.connection().find<std::int64_t>("SELECT at FROM audit ORDER BY number LIMIT 1",
                                                                         {}, engine::read_integer));
  if (!first || from_unix_milliseconds(*first) <= now + clock_tolerance) return {};
  return Error(errors::store_clock_implausible, "the clock says " + format_rfc3339(now) +
                                                    ", and the first record of the log was written at " +
                                                    format_rfc3339(from_unix_milliseconds(*first)) +
                                                    ". Where the clock is right, name today's date with --date");
}

// Typed by whoever only copies the command of a refusal under a wrong clock, it would not match.
Status verify_date(const ClockRepair& repair, const RepairedClock& done) {
  if (names_today(repair.today, done.to)) return {};
  return Error(errors::store_clock_unconfirmed,
               "the clock says " + format_rfc3339(done.to) + ", and the database holds " + format_rfc3339(done.from) +
                   " for the present: name today's date, from another source, with --date");
}

void record_repair(Transaction& transaction, const ClockRepair& repair, const RepairedClock& done) {
  auto details = describe(done);
  details["reason"] = repair.reason;
  transaction.audit({"clock_repaired", repair.actor, "clock", "", std::move(details), "", ""});
}

constexpr auto all_columns = [] {
  std::array<RepairedColumn, std::size(moments) + std::size(endings) + std::size(by_own_rules)> out{};
  std::size_t at = 0;
  for (const auto& each : moments) out[at++] = each;
  for (const auto& each : endings) out[at++] = {each.table, each.column};
  for (const auto& each : by_own_rules) out[at++] = each;
  return out;
}();

}  // namespace

Json describe(const RepairedClock& done) {
  return {{"from", format_rfc3339(done.from)},
          {"to", format_rfc3339(done.to)},
          {"records_of_the_future", done.records},
          {"ended",
           {{"passes", done.passes},
            {"tickets", done.tickets},
            {"activations", done.activations},
            {"sign_ins", done.sign_ins}}},
          {"passes_of_the_future", done.passes_of_the_future}};
}

bool names_today(const std::optional<Instant>& today, Instant now) {
  using std::chrono::hours;
  return today && *today - hours(14) <= now && now < *today + hours(24 + 12);
}

std::span<const RepairedColumn> repaired_columns() { return all_columns; }

Result<RepairedClock> repair_clock(Transaction& transaction, const Clock& clock, const ClockRepair& repair) {
  TEGATA_ASSIGN(const auto mark, read_clock_mark(transaction.connection()));
  const auto read = read_clock(clock);
  if (next_mark(mark, read)) return Error(errors::store_clock_right, "the clock agrees with what was committed");
  RepairedClock out;
  out.from = expected_time(mark, read).least;
  out.to = transaction.now();
  TEGATA_TRY(verify_after_first_record(transaction, repair, out.to));
  TEGATA_TRY(verify_date(repair, out));
  if (out.to < out.from) TEGATA_TRY(step_back(transaction, out));
  record_repair(transaction, repair, out);
  return out;
}

Result<RepairedClock> repair_clock(Store& store, const Clock& clock, const ClockRepair& repair) {
  std::optional<RepairedClock> would;
  const auto done = store.write<void>(
      [&](Transaction& transaction) -> Status {
        TEGATA_ASSIGN(would, repair_clock(transaction, clock, repair));
        if (repair.dry_run) return Error(errors::internal, "a dry run");  // rolls back; nobody sees it
        return {};
      },
      Purpose::set_clock);
  if (!done && !(repair.dry_run && would)) return done.error();
  return *would;
}

}  // namespace tegata::store::upkeep
