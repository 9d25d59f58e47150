#include "rp/store/upkeep/restore.h"

#include <algorithm>
#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/audit/macs.h"
#include "rp/store/audit/sent_head.h"
#include "rp/store/batch.h"
#include "rp/store/clock_rules.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"
#include "rp/store/engine/integrity.h"
#include "rp/store/engine/read_only.h"
#include "rp/store/engine/server_lock.h"
#include "rp/store/schema.h"
#include "rp/store/upkeep/restore_parts.h"

namespace tegata::store::upkeep {
namespace {

Error refused_restore(const std::string& why) { return Error(errors::store_restore_refused, why); }

// The new state, beside the database; what was not put in place is taken away.
class Part {
 public:
  explicit Part(const std::string& database) : path_(audit::part_of_restore(database)) { remove(); }
  ~Part() {
    if (!kept_) remove();
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  const std::string& path() const { return path_; }
  // By it a start tells a restore that was not done from an older state that somebody put there (audit/epoch.h).
  void keep() { kept_ = true; }

 private:
  void remove() const {
    std::error_code ignored;
    engine::remove_files(path_);
    std::filesystem::remove(engine::head_of(path_), ignored);
  }
  const std::string path_;
  bool kept_ = false;
};

// Whoever only reads leaves an empty one.
Status verify_no_wal(const std::string& database) {
  const auto path = engine::real_path_of(database);
  std::error_code none;
  const auto size = std::filesystem::file_size(path + "-wal", none);
  if (none || size == 0) return {};
  return refused_restore(path + "-wal lies beside it: what is in that log is not in the file. Where a program has " +
                         path +
                         " open, end it. Where none has, take it as it is with `tegata backup --to COPY`, move " +
                         path + ", its -wal and its -shm away together, and restore COPY with --from");
}

// What readers left. Nobody has it open, so the index is of nothing.
void remove_empty_log(const std::string& database) {
  std::error_code ignored;
  for (const char* tail : {"-wal", "-shm"}) std::filesystem::remove(database + tail, ignored);
}

Status verify_order(const Options& options, const std::string& from) {
  for (const auto& path : {options.database, engine::head_of(options.database)})
    TEGATA_TRY(host::place_behind_links(path));
  if (!host::is_there(engine::real_path_of(from)))
    return refused_restore(from + " is not there: name the backup with --from");
  TEGATA_TRY(verify_no_wal(from));
  TEGATA_TRY(engine::verify_closed(options.database));
  TEGATA_TRY(verify_no_wal(options.database));
  if (host::is_there(options.audit_key)) return {};
  return refused_restore(options.audit_key + ": the audit key is missing, without which nobody can tell whether " +
                         from +
                         " is as it was written: bring it back from where it is kept. If it is lost for good, "
                         "docs/operations.md says what is left (\"Restoring\")");
}

// What the files that outlived the loss know of a log that went further.
struct KnownFurther {
  audit::ChainTail tail;
  std::string where;
};

void note_further(std::vector<KnownFurther>& out, const audit::ChainTail& tail, const std::string& where) {
  if (tail.count > 0) out.push_back({tail, where});
}

// They may be damaged, too: then they know nothing.
std::vector<KnownFurther> known_further(const Options& options) {
  std::vector<KnownFurther> out;
  const auto head = audit::AuditHead::open_existing(options);
  if (!head) return out;
  const auto vouched = (*head)->read();
  if (vouched && *vouched) note_further(out, (*vouched)->tail, engine::head_of(options.database));
  const auto epoch = audit::read_epoch(options, (*head)->key());
  if (epoch && *epoch)
    note_further(out, (*epoch)->tail, engine::epoch_path(options) + " of " + format_rfc3339((*epoch)->at));
  return out;
}

class Restoring {
 public:
  Restoring(const Options& options, const Clock& clock, const RestoreOrder& order)
      : options_(options), clock_(clock), order_(order) {
    out_.from = order.from.empty() ? options.database : order.from;
  }

  Result<Restored> run() {
    TEGATA_ASSIGN(const auto lock, engine::ServerLock::take(options_.database));
    TEGATA_TRY(verify_order(options_, out_.from));
    const auto old = engine::StillFile::of(engine::real_path_of(options_.database));
    further_ = known_further(options_);
    Part part(options_.database);
    TEGATA_TRY(copy(part.path()));
    TEGATA_ASSIGN(const auto epoch, prepare(part.path()));
    if (order_.dry_run) return std::move(out_);
    TEGATA_TRY(engine::verify_closed(options_.database));
    TEGATA_TRY(old.verify());
    const auto placed = put_in_place(epoch);
    if (!placed && is_epoch(epoch)) part.keep();
    TEGATA_TRY(placed);
    return std::move(out_);
  }

 private:
  // Whether the place is the restored database's already, though that may not lie there.
  bool is_epoch(const std::string& line) const {
    const auto there = host::read_private_file(engine::epoch_path(options_));
    return there && *there == line + "\n";
  }

  Status copy(const std::string& part) {
    TEGATA_ASSIGN(const auto connection,
                  engine::open_database(engine::at(options_, out_.from), engine::Connection::Mode::read));
    TEGATA_TRY(engine::verify_integrity(*connection, out_.from));
    return connection->copy_to(part);
  }

  // Gives the line of the new epoch.
  Result<std::string> prepare(const std::string& part) {
    TEGATA_ASSIGN(const auto connection,
                  engine::open_database(engine::at(options_, part), engine::Connection::Mode::write));
    TEGATA_TRY(migrate(*connection));
    TEGATA_ASSIGN(const auto end, verify_copy(*connection));
    TEGATA_ASSIGN(const auto head, audit::AuditHead::open_or_make(engine::at(options_, part)));
    TEGATA_ASSIGN(const auto tail, write_all(*connection, *head, end));
    TEGATA_TRY(head->write(tail));
    TEGATA_TRY(head->sync());
    TEGATA_TRY(engine::fold_log_in(*connection, part));
    return audit::sent_head_line(head->key(), tail, restored_at_);
  }

  // By its MACs alone, or by its head, where it is from before there were any.
  Result<LogEnd> verify_copy(engine::Connection& connection) {
    TEGATA_ASSIGN(const auto head, audit::AuditHead::open_existing(engine::at(options_, out_.from)));
    const auto vouched = head->read();
    const bool has_head = vouched && *vouched;
    if (has_head && !(*vouched)->has_macs) TEGATA_TRY(audit::make_macs(connection, *head, (*vouched)->tail));
    TEGATA_ASSIGN(start_, head->start_of(connection));
    TEGATA_ASSIGN(const auto log, audit::view_log(connection, head->key(), start_));
    const auto known = has_head ? (*vouched)->tail : start_;
    TEGATA_ASSIGN(const auto walked, audit::check_chain(log, {audit::any_first, start_}, known.count));
    if (!has_head) {
      out_.unknown.push_back(engine::head_of(out_.from) + " " + (vouched ? "is missing" : "cannot be believed") +
                             ": records may have been cut off from the end of the copy");
    } else if (const auto fault = audit::fault_at_head(log, walked, known); !fault.empty()) {
      out_.unknown.push_back(engine::head_of(out_.from) + " is not that of the copy: " + fault);
    }
    out_.copy = walked.tail;
    TEGATA_ASSIGN(out_.copy_ends_at, moment_of(connection, walked.tail.count));
    return LogEnd{walked.tail, out_.copy_ends_at};
  }

  static Result<Instant> moment_of(engine::Connection& connection, std::int64_t number) {
    TEGATA_ASSIGN(const auto at, connection.find<std::int64_t>("SELECT at FROM audit WHERE number = :number",
                                                               {{":number", number}}, engine::read_integer));
    return from_unix_milliseconds(at.value_or(0));
  }

  Result<audit::ChainTail> write_all(engine::Connection& connection, const audit::AuditHead& head, LogEnd end) {
    audit::AuditSample sample(options_.unproven_per_minute);
    Batch batch(connection, head.key(), sample, clock_, {});
    TEGATA_TRY(batch.begin([&] { return take_exports(connection, head, end); }));
    out_.log = end.tail;
    TEGATA_TRY(note_what_is_lost(connection, head));
    TEGATA_TRY(audit::mark_as_placed(connection));
    batch.go_on_from(end.tail);
    TEGATA_TRY(repair_clock_in(batch, connection, end));
    out_.record = batch.tail().count + 1;
    TEGATA_TRY(batch.run([&](Transaction& transaction) { return write_restore(transaction, end); }, Purpose::upkeep));
    const auto tail = batch.tail();
    TEGATA_TRY(batch.commit());
    return tail;
  }

  // What they say happened until then, so no clock is believed that stands before.
  Status take_exports(engine::Connection& connection, const audit::AuditHead& head, LogEnd& end) {
    for (const auto& file : order_.exports) {
      TEGATA_ASSIGN(end, take_export(connection, head.key(), start_, end, file));
    }
    TEGATA_ASSIGN(const auto stored, read_clock_mark(connection));
    auto mark = stored;
    mark.highest = std::max(mark.highest, end.at);
    return write_clock_mark(connection, stored, mark);
  }

  // Where the clock is not believed, as `tegata clock repair` would in the restored database, which no command opens
  // before it is in its place: what it repairs, it repairs before anything ends by that clock.
  Status repair_clock_in(Batch& batch, engine::Connection& connection, const LogEnd& end) {
    TEGATA_ASSIGN(const auto mark, read_clock_mark(connection));
    const auto now = read_clock(clock_);
    const auto believed = next_mark(mark, now);
    if (believed) return {};
    if (!names_today(order_.today, now.highest)) {
      return Error(believed.error().code(),
                   out_.from + (order_.exports.empty() ? " ends" : " ends with its exports") + " on " +
                       format_rfc3339(end.at) + ", the latest moment known of it is " + format_rfc3339(mark.highest) +
                       ", and the clock says " + format_rfc3339(now.highest) +
                       ": set the clock; where it is right, name today's date, from another source, with --date");
    }
    const auto repair = [&](Transaction& transaction) -> Status {
      TEGATA_ASSIGN(out_.clock,
                    repair_clock(transaction, clock_, {order_.actor, order_.reason, order_.today, order_.dry_run}));
      return {};
    };
    return batch.run(repair, Purpose::set_clock);
  }

  Status note_what_is_lost(engine::Connection& connection, const audit::AuditHead& head) {
    TEGATA_ASSIGN(const auto log, audit::view_log(connection, head.key(), start_));
    for (const auto& known : further_) {
      TEGATA_ASSIGN(const auto fault, audit::fault_of(log, out_.log, known.tail));
      if (fault.empty()) continue;
      out_.unknown.push_back("by " + known.where + " the log had " + std::to_string(known.tail.count) +
                             " records, and " + fault + ": what those said that are in no export");
    }
    return {};
  }

  Status write_restore(Transaction& transaction, const LogEnd& end) {
    restored_at_ = transaction.now();
    TEGATA_ASSIGN(out_.ended, end_all_holdings(transaction));
    TEGATA_ASSIGN(out_.replay, replay(transaction, out_.copy.count, out_.log.count));
    out_.unknown.push_back("whatever happened between " + format_rfc3339(end.at) +
                           " and the loss: phones registered and "
                           "removed, people and facilities suspended, certificates revoked, keys withdrawn, tries at "
                           "passwords and numbers");
    transaction.audit({"restored", order_.actor, "database", "", record_details(), "", ""});
    return {};
  }

  Json record_details() const {
    auto out = describe(out_);
    out["reason"] = order_.reason;
    out.erase("moved_to");
    return out;
  }

  Status put_in_place(const std::string& epoch) {
    Placing placing{options_, "", epoch};
    const auto database = engine::real_path_of(options_.database);
    if (host::is_there(database) || host::is_there(engine::real_path_of(engine::head_of(options_.database)))) {
      placing.kept = out_.moved_to = database + ".before-restore-" + std::to_string(unix_milliseconds(restored_at_));
    }
    remove_empty_log(database);
    for (const auto& step : placing_steps(placing)) TEGATA_TRY(step());
    return {};
  }

  const Options& options_;
  const Clock& clock_;
  const RestoreOrder& order_;
  Restored out_;
  audit::ChainTail start_;
  Instant restored_at_{};
  std::vector<KnownFurther> further_;
};

}  // namespace

Json describe(const Restored& restored) {
  const auto& ended = restored.ended;
  Json out{{"from", restored.from},
           {"copy", {{"records", restored.copy.count}, {"ends", format_rfc3339(restored.copy_ends_at)}}},
           {"record", restored.record},
           {"ended",
            {{"sessions", ended.sessions},
             {"sign_ins", ended.sign_ins},
             {"codes", ended.codes},
             {"tickets", ended.tickets},
             {"activations", ended.activations},
             {"passes", ended.passes},
             {"downloads", ended.downloads}}},
           {"replayed", describe(restored.replay)},
           {"unknown", restored.unknown},
           {"moved_to", restored.moved_to}};
  if (restored.clock) out["clock"] = describe(*restored.clock);
  return out;
}

Result<Restored> restore(const Options& options, const Clock& clock, const RestoreOrder& order) {
  return Restoring(options, clock, order).run();
}

}  // namespace tegata::store::upkeep
