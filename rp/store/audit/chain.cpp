#include "rp/store/audit/chain.h"

#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

// The head is synced within a second of every commit.
constexpr std::chrono::minutes most_lag{1};

std::string clean(const std::string& text) {
  if (is_utf8(text)) return text;
  return Json::parse(dump_json(Json(text))).get<std::string>();
}

ChainTail read_tail_row(engine::Row& row) {
  ChainTail out;
  out.count = row.integer();
  out.hash = row.digest();
  return out;
}

Checkpoint read_checkpoint_row(engine::Row& row) {
  Checkpoint out;
  out.tail = read_tail_row(row);
  out.signature = row.bytes();
  return out;
}

std::string name(std::int64_t number) { return "record " + std::to_string(number); }

Error chain_broken(const std::string& what) { return Error(errors::store_audit_broken, what); }

}  // namespace

Result<ChainTail> read_tail(engine::Connection& connection) {
  TEGATA_ASSIGN(
      const auto found,
      connection.find<ChainTail>("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", {}, read_tail_row));
  return found.value_or(ChainTail{});
}

Result<ChainTail> read_tail(engine::Connection& connection, const ChainTail& start) {
  TEGATA_ASSIGN(const auto tail, read_tail(connection));
  return tail.count < start.count ? start : tail;
}

Result<std::optional<Digest>> find_hash(engine::Connection& connection, std::int64_t number) {
  const auto read = [](engine::Row& row) { return row.digest(); };
  return connection.find<Digest>("SELECT hash FROM audit WHERE number = :number", {{":number", number}}, +read);
}

Status insert_record(engine::Connection& connection, const AuditRecord& record, const Digest& mac) {
  TEGATA_TRY(connection.run(
      "INSERT INTO audit (" AUDIT_COLUMNS
      ") VALUES (:number, :at, :kind, :actor, :subject, :code, :details, :request_id, :previous, :hash, :mac)",
      {{":number", record.number},
       {":at", record.at},
       {":kind", record.event.kind},
       {":actor", record.event.actor},
       {":subject", record.event.subject},
       {":code", record.event.code},
       {":details", dump_json(record.event.details)},
       {":request_id", record.event.request_id},
       {":previous", record.previous},
       {":hash", record.hash},
       {":mac", mac}}));
  return {};
}

Result<ChainTail> append(engine::Connection& connection, const AuditKey& key, const ChainTail& tail, Instant at,
                         const AuditEvent& event) {
  AuditRecord record;
  record.number = tail.count + 1;
  record.at = at;
  record.event.kind = clean(event.kind);
  record.event.actor = clean(event.actor);
  record.event.subject = clean(event.subject);
  record.event.code = clean(event.code);
  record.event.request_id = clean(event.request_id);
  const auto details = dump_json(event.details);
  record.event.details = Json::parse(details);
  record.previous = tail.hash;
  record.hash = hash_of(record);
  TEGATA_TRY(insert_record(connection, record, key.mac(record.hash)));
  return ChainTail{record.number, record.hash};
}

Result<std::optional<Checkpoint>> read_checkpoint(engine::Connection& connection) {
  return connection.find<Checkpoint>("SELECT number, hash, signature FROM audit_checkpoint", {}, read_checkpoint_row);
}

Result<std::unique_ptr<engine::Connection>> open_log_to_read(const engine::Options& options) {
  TEGATA_ASSIGN(auto connection, engine::open_database(options, engine::Connection::Mode::read));
  TEGATA_ASSIGN(const auto has_macs,
                connection->find<std::int64_t>("SELECT 1 FROM pragma_table_info('audit') WHERE name = 'mac'", {},
                                               engine::read_integer));
  if (!has_macs) {
    TEGATA_TRY(
        connection->script("PRAGMA query_only=OFF; CREATE TEMP VIEW audit AS SELECT *, x'' AS mac FROM main.audit; "
                           "PRAGMA query_only=ON;"));
  }
  TEGATA_TRY(connection->script("BEGIN"));  // one view: a purge beside it moves the beginning
  return connection;
}

Result<LogView> view_log(engine::Connection& connection, const AuditKey& key, const ChainTail& start) {
  TEGATA_ASSIGN(auto accepted, list_accepted(connection, key));
  // What was cut off is accepted by the cut.
  std::erase_if(accepted, [&](const AcceptedStretch& each) { return each.is_empty() || each.last <= start.count; });
  return LogView{connection, key, start, std::move(accepted)};
}

const AcceptedStretch* find_accepted(const LogView& log, std::int64_t number) {
  for (const auto& each : log.accepted) {
    if (each.first <= number && number <= each.last) return &each;
  }
  return nullptr;
}

namespace {

class Walker {
 public:
  Walker(const LogView& log, const Stretch& stretch, std::int64_t marked)
      : log_(log), next_(log.accepted.begin()), marked_(marked) {
    out_.tail = stretch.before;
    while (next_ != log_.accepted.end() && next_->first <= stretch.before.count) ++next_;
  }

  void take(const StoredRecord& stored) {
    const auto number = stored.record.number;
    pass_accepted_before(number);
    if (is_in_accepted(number)) {
      content_.add(stored.raw);
    } else {
      take_checked(stored);
    }
    if (number == marked_) out_.marked = stored.record.hash;
  }

  // `last`: the walk was to go as far.
  Walked finish(std::int64_t last) {
    while (is_due() && next_->last <= last) leave_accepted();
    return std::move(out_);
  }

 private:
  bool is_due() const { return next_ != log_.accepted.end() && next_->first == out_.tail.count + 1; }
  bool is_in_accepted(std::int64_t number) const { return is_due() && next_->first <= number && number <= next_->last; }
  void pass_accepted_before(std::int64_t number) {
    while (is_due() && number > next_->last) leave_accepted();
  }

  void leave_accepted() {
    if (content_.digest() != next_->digest) {
      fault(next_->first, next_->last,
            "what was accepted as records " + std::to_string(next_->first) + " to " + std::to_string(next_->last) +
                " is not as it was then");
    }
    out_.tail = {next_->last, next_->hash};
    at_ = Instant{};
    content_ = AcceptedContent();
    ++next_;
  }

  void take_checked(const StoredRecord& stored) {
    const auto& record = stored.record;
    const auto expected = out_.tail.count + 1;
    if (record.number < expected) return misplaced(record.number);
    if (record.number > expected) {
      fault(expected, record.number - 1, name(expected) + " is missing");
      skip_accepted_before(record.number);
    }
    if (const auto what = fault_of(stored, log_.key, log_.with_macs); !what.empty()) {
      fault(record.number, record.number, name(record.number) + " " + what);
    } else if (record.number == expected && record.previous != out_.tail.hash) {
      // It is right by itself: the one before it is not.
      const auto before = std::max(out_.tail.count, log_.start.count + 1);
      fault(before, before, name(record.number) + " does not follow the one before it");
    } else if (record.at < at_ && record.event.kind != "clock_repaired") {  // where alone time goes back
      fault(record.number, record.number, name(record.number) + " is earlier than the one before it");
    }
    at_ = record.at;
    out_.tail = {record.number, record.hash};
  }

  void skip_accepted_before(std::int64_t number) {
    while (next_ != log_.accepted.end() && next_->first < number) ++next_;
  }

  void misplaced(std::int64_t number) {
    const bool twice = number > log_.start.count;
    fault(number, number, name(number) + (twice ? " stands there twice" : " stands before the beginning of the log"));
  }

  // Of several faults of one record the first is told.
  void fault(std::int64_t first, std::int64_t last, const std::string& what) {
    if (out_.what.empty()) {
      out_.what = what;
      out_.first_bad = first;
      out_.last_bad = last;
    }
    out_.first_bad = std::min(out_.first_bad, first);
    out_.last_bad = std::max(out_.last_bad, last);
  }

  const LogView& log_;
  std::vector<AcceptedStretch>::const_iterator next_;
  const std::int64_t marked_;
  AcceptedContent content_;
  Instant at_{};
  Walked out_;
};

// What stands before record `first`. REQUIRES: neither lies in an accepted stretch.
Result<ChainTail> tail_before(const LogView& log, std::int64_t first) {
  if (first <= log.start.count + 1) return log.start;
  TEGATA_ASSIGN(const auto before,
                log.connection.find<ChainTail>("SELECT number, hash FROM audit WHERE number = :number",
                                               {{":number", first - 1}}, read_tail_row));
  if (!before) return chain_broken(name(first - 1) + " is missing");
  return *before;
}

// Neither this record nor the one before it lies in an accepted stretch then.
std::int64_t outside_accepted(const LogView& log, std::int64_t first) {
  while (first > log.start.count + 1) {
    const auto* accepted = find_accepted(log, first);
    if (!accepted || accepted->first == first) accepted = find_accepted(log, first - 1);
    if (!accepted) break;
    first = accepted->first;
  }
  return first;
}

}  // namespace

Result<Walked> walk(const LogView& log, const Stretch& stretch, std::int64_t marked, const EachRecord& each) {
  Walker walker(log, stretch, marked);
  TEGATA_TRY(log.connection.each("SELECT " AUDIT_COLUMNS
                                 " FROM audit WHERE number >= :first AND number <= :last ORDER BY number",
                                 {{":first", stretch.first}, {":last", stretch.last}}, [&](engine::Row& row) {
                                   const auto stored = read_stored_record(row);
                                   walker.take(stored);
                                   if (each) each(stored);
                                 }));
  return walker.finish(stretch.last);
}

Result<Walked> check_chain(const LogView& log, const Stretch& stretch, std::int64_t marked) {
  TEGATA_ASSIGN(auto walked, walk(log, stretch, marked));
  if (!walked.what.empty()) return chain_broken(walked.what);
  return walked;
}

std::string fault_at_head(const LogView& log, const Walked& walked, const ChainTail& head) {
  if (walked.tail.count < head.count) {
    return "the head vouches for " + std::to_string(head.count) + " records, the chain has " +
           std::to_string(walked.tail.count);
  }
  if (head.count == 0 || head.count < log.start.count || find_accepted(log, head.count)) return "";
  const auto at_head = head.count == log.start.count ? std::optional(log.start.hash) : walked.marked;
  if (at_head == head.hash) return "";
  return "the head is not that of this chain at record " + std::to_string(head.count);
}

Result<ChainTail> check_against_head(const LogView& log, std::int64_t first, const ChainTail& head) {
  first = outside_accepted(log, first);
  TEGATA_ASSIGN(const auto before, tail_before(log, first));
  TEGATA_ASSIGN(const auto checked, check_chain(log, {first, before}, head.count));
  if (const auto what = fault_at_head(log, checked, head); !what.empty()) return chain_broken(what);
  return checked.tail;
}

Status check_lag(engine::Connection& connection, const ChainTail& head) {
  TEGATA_ASSIGN(const auto lag,
                connection.find<std::int64_t>(
                    "SELECT COALESCE((SELECT at FROM audit ORDER BY number DESC LIMIT 1) - at, 0) FROM audit "
                    "WHERE number > :count ORDER BY number LIMIT 1",
                    {{":count", head.count}}, engine::read_integer));
  if (std::chrono::milliseconds(lag.value_or(0)) <= most_lag) return {};
  return chain_broken("the head vouches for " + std::to_string(head.count) +
                      " records, and those behind it took longer than a power cut explains: it is an older one");
}

}  // namespace tegata::store::audit
