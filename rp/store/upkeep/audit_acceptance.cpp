#include "rp/store/upkeep/audit_acceptance.h"

#include "rp/host/private_file.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/audit/head.h"
#include "rp/store/audit/macs.h"
#include "rp/store/audit/sent_head.h"
#include "rp/store/batch.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"
#include "rp/store/schema.h"

namespace tegata::store::upkeep {
namespace {

// JSON's integers are exact up to here in every reader of the log.
constexpr std::int64_t highest_number = (std::int64_t{1} << 53) - 1;

struct Examined {
  std::string what;                  // is wrong; empty: nothing
  std::int64_t first = 0, last = 0;  // 0: no record, the head alone
  audit::ChainTail tail;             // the last row, or what stands before the first
  std::optional<audit::ChainTail> vouched;
  bool drop_checkpoint = false;
};

Error cannot_go_on(const std::string& what) {
  return Error(errors::store_audit_broken, "it cannot be gone on from here: " + what);
}

// As a walk adds to what it found.
void add_fault(Examined& out, std::int64_t first, std::int64_t last, const std::string& what) {
  if (out.what.empty()) out.what = what;
  if (first == 0) return;
  out.first = out.first == 0 ? first : std::min(out.first, first);
  out.last = std::max(out.last, last);
}

Result<audit::ChainTail> examine_start(engine::Connection& connection, const audit::AuditHead& head, Examined& out) {
  const auto start = head.start_of(connection);
  if (start || start.error().code() != errors::store_audit_broken) return start;
  out.drop_checkpoint = true;
  add_fault(out, 0, 0, start.error().detail());
  return audit::ChainTail{};
}

Status examine_head(const audit::AuditHead& head, Examined& out) {
  const auto read = head.read();
  if (!read) return add_fault(out, 0, 0, read.error().detail()), Status();
  if (!*read) return add_fault(out, 0, 0, "the signed head is missing"), Status();
  out.vouched = (*read)->tail;
  return {};
}

// As a start would. Where a log from before there were MACs does not hold, none of it gets any.
Status make_missing_macs(engine::Connection& connection, const audit::AuditHead& head, Examined& out) {
  const auto read = head.read();
  if (!read || !*read || (*read)->has_macs) return {};
  TEGATA_TRY(connection.run("SAVEPOINT macs"));
  const auto made = audit::make_macs_in_transaction(connection, head, (*read)->tail);
  if (!made && made.error().code() != errors::store_audit_broken) return made;
  if (!made) {
    add_fault(out, 0, 0, made.error().detail());
    TEGATA_TRY(connection.run("ROLLBACK TO macs"));
  }
  TEGATA_TRY(connection.run("RELEASE macs"));
  return {};
}

// A log that ends before its epoch, or holds by itself and is none of the epoch's, is another state of it: accepted, it
// would be in use, and nothing that it held would have ended. An epoch that nobody signed refuses the start by itself.
Status verify_not_put_back(const audit::LogView& log, const audit::Walked& walked, const audit::AuditHead& head,
                           const Options& options) {
  const auto epoch = audit::read_epoch(options, head.key());
  if (!epoch || !*epoch) return {};
  const bool holds = walked.what.empty();
  if (!holds && walked.tail.count >= (*epoch)->tail.count) return {};
  auto goes_on = audit::verify_goes_on(log, walked.tail, options, **epoch);
  if (goes_on || holds) return goes_on;
  return Error(goes_on.error().code(), goes_on.error().detail() + ". It does not hold either (" + walked.what +
                                           "), so what lies there is not restored as it is: docs/operations.md says "
                                           "what is left (\"Restoring\")");
}

Status examine_chain(engine::Connection& connection, const audit::AuditHead& head, const Options& options,
                     const audit::ChainTail& start, Examined& out) {
  TEGATA_ASSIGN(const auto log, audit::view_log(connection, head.key(), start));
  const auto vouched = out.vouched.value_or(start);
  TEGATA_ASSIGN(const auto walked, audit::walk(log, {audit::any_first, start}, vouched.count));
  TEGATA_TRY(verify_not_put_back(log, walked, head, options));
  if (!walked.what.empty()) {
    if (walked.first_bad <= start.count) return cannot_go_on(walked.what);
    add_fault(out, walked.first_bad, walked.last_bad, walked.what);
  }
  out.tail = walked.tail;
  if (const auto what = audit::fault_at_head(log, walked, vouched); !what.empty()) {
    const auto first = std::min(vouched.count, walked.tail.count + 1);
    add_fault(out, std::max(first, start.count + 1), std::max(vouched.count, start.count + 1), what);
  }
  const auto lag = out.vouched ? audit::check_lag(connection, vouched) : Status();
  if (!lag) add_fault(out, 0, 0, lag.error().detail());
  return {};
}

Result<Examined> examine(engine::Connection& connection, const audit::AuditHead& head, const Options& options) {
  Examined out;
  TEGATA_TRY(make_missing_macs(connection, head, out));
  TEGATA_ASSIGN(const auto start, examine_start(connection, head, out));
  TEGATA_TRY(examine_head(head, out));
  TEGATA_TRY(examine_chain(connection, head, options, start, out));
  if (out.what.empty()) return Error(errors::store_audit_right, "nothing is wrong with the log");
  const auto end = std::max(out.tail.count, out.last);
  if (end >= highest_number) return cannot_go_on("record " + std::to_string(end) + " is higher than any of ours");
  return out;
}

Result<Digest> digest_of(engine::Connection& connection, const Examined& found) {
  audit::AcceptedContent content;
  TEGATA_TRY(connection.each(
      "SELECT " AUDIT_COLUMNS " FROM audit WHERE number >= :first AND number <= :last ORDER BY number",
      {{":first", found.first}, {":last", found.last}}, [&](engine::Row& row) { content.add(row.rest()); }));
  return content.digest();
}

// From which hash the chain goes on: the one that the next record, which is right, names; a new one at the end.
Result<Digest> hash_behind(engine::Connection& connection, const Examined& found, const Digest& digest) {
  if (found.last >= found.tail.count) return digest;
  const auto previous = [](engine::Row& row) { return row.digest(); };
  TEGATA_ASSIGN(const auto next, connection.find<Digest>("SELECT previous FROM audit WHERE number = :number",
                                                         {{":number", found.last + 1}}, +previous));
  if (!next) return cannot_go_on("record " + std::to_string(found.last + 1) + " is missing");
  return *next;
}

Result<audit::AcceptedStretch> stretch_for(engine::Connection& connection, const Examined& found,
                                           const AuditAcceptance& wanted) {
  audit::AcceptedStretch out;
  out.record = std::max(found.tail.count, found.last) + 1;
  out.first = found.first;
  out.last = found.last;
  out.actor = wanted.actor;
  out.reason = wanted.reason;
  out.what = found.what;
  if (out.is_empty()) return out;
  TEGATA_ASSIGN(out.digest, digest_of(connection, found));
  TEGATA_ASSIGN(out.hash, hash_behind(connection, found, out.digest));
  return out;
}

Status record_acceptance(Transaction& transaction, const Examined& found, audit::AcceptedStretch& accepted) {
  accepted.at = transaction.now();
  if (found.drop_checkpoint) TEGATA_TRY(transaction.connection().run("DELETE FROM audit_checkpoint"));
  transaction.audit({"audit_accepted", accepted.actor, "audit", "", audit::details_of(accepted), "", ""});
  return {};
}

Result<audit::AcceptedStretch> accept_in(Batch& batch, engine::Connection& connection, const audit::AuditHead& head,
                                         const Options& options, const AuditAcceptance& wanted) {
  TEGATA_ASSIGN(const auto found, examine(connection, head, options));
  TEGATA_ASSIGN(auto accepted, stretch_for(connection, found, wanted));
  if (wanted.dry_run) return accepted;
  const bool behind_all = !accepted.is_empty() && accepted.last >= found.tail.count;
  batch.go_on_from(behind_all ? audit::ChainTail{accepted.last, accepted.hash} : found.tail);
  TEGATA_TRY(batch.run([&](Transaction& transaction) { return record_acceptance(transaction, found, accepted); },
                       Purpose::upkeep));
  TEGATA_TRY(batch.commit());
  return accepted;
}

// A head that nobody can verify is no reason to begin anew: whoever gives up the key moves it away first.
Status replace_lost_key(const Options& options, Random& random, bool dry_run) {
  if (host::is_there(options.audit_key) || host::is_there(engine::head_of(options.database))) return {};
  if (!dry_run) return audit::AuditKey::make(options.audit_key, random);
  return Error(errors::store_audit_broken,
               options.audit_key +
                   ": the audit key is missing, and without it nothing of the log can be judged: bring it back. Where "
                   "it is lost for good, `tegata audit accept` without --dry-run makes a new one");
}

}  // namespace

Result<audit::AcceptedStretch> accept_audit(const Options& options, const Clock& clock, Random& random,
                                            const AuditAcceptance& wanted) {
  TEGATA_ASSIGN(const auto connection,
                engine::open_database(
                    options, wanted.dry_run ? engine::Connection::Mode::look : engine::Connection::Mode::write));
  TEGATA_TRY(replace_lost_key(options, random, wanted.dry_run));
  TEGATA_ASSIGN(const auto head,
                wanted.dry_run ? audit::AuditHead::open_existing(options) : audit::AuditHead::open_or_make(options));
  audit::AuditSample sample(options.unproven_per_minute);
  Batch batch(*connection, head->key(), sample, clock, {});
  TEGATA_TRY(batch.begin([&] { return migrate_in_transaction(*connection); }));
  TEGATA_ASSIGN(auto accepted, accept_in(batch, *connection, *head, options, wanted));
  if (wanted.dry_run) return accepted;
  TEGATA_TRY(head->write(batch.tail()));
  TEGATA_TRY(head->sync());
  return accepted;
}

}  // namespace tegata::store::upkeep
