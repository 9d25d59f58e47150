#include "rp/store/audit/heads.h"

#include <algorithm>
#include <fstream>

#include "rp/store/audit/head.h"
#include "rp/store/audit/sent_head.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::audit {
namespace {

struct RecordedRestore {
  std::int64_t record = 0;  // the first of its own
  Instant at{};
};

// By their own MACs.
Result<std::vector<RecordedRestore>> list_restores(engine::Connection& connection, const AuditKey& key) {
  std::vector<RecordedRestore> out;
  TEGATA_TRY(connection.each("SELECT " AUDIT_COLUMNS " FROM audit WHERE kind = 'restored' ORDER BY number", {},
                             [&](engine::Row& row) {
                               const auto stored = read_stored_record(row);
                               if (!fault_of(stored, key, true).empty()) return;
                               // That of the clock stands before it.
                               const int others = stored.record.event.details.contains("clock") ? 1 : 0;
                               out.push_back({stored.record.number - others, stored.record.at});
                             }));
  return out;
}

// Goes through the lines in their order, and remembers what held last.
class LineCheck {
 public:
  LineCheck(LogView log, const ChainTail& tail, std::vector<RecordedRestore> restores)
      : log_(std::move(log)), tail_(tail), restores_(std::move(restores)) {}

  Status take(const std::string& line) {
    ++number_;
    const auto sent = parse_sent_head(line);
    if (!sent) return ++verdict_.unreadable, Status();
    if (!is_signed(log_.key, *sent)) {
      return Error(errors::store_audit_broken, "line " + std::to_string(number_) + " has no right signature");
    }
    TEGATA_ASSIGN(const auto fault, fault_of(log_, tail_, sent->tail));
    if (!fault.empty() && restored_since(*sent)) return ++verdict_.restored, Status();
    if (!fault.empty()) return put_back(*sent, fault);
    if (sent->tail.count < log_.start.count) ++verdict_.older;
    ++verdict_.lines;
    last_good_ = format_rfc3339(sent->at);
    return {};
  }
  const HeadsVerdict& verdict() const { return verdict_; }

 private:
  // A restore takes the numbers from its own records on for others.
  bool restored_since(const SentHead& sent) const {
    return std::any_of(restores_.begin(), restores_.end(), [&](const RecordedRestore& each) {
      return sent.tail.count >= each.record && sent.at <= each.at;
    });
  }

  Error put_back(const SentHead& sent, const std::string& fault) const {
    const auto held =
        last_good_.empty() ? std::string("no earlier line holds") : "the line of " + last_good_ + " holds";
    return Error(errors::store_audit_put_back, "line " + std::to_string(number_) + ": on " + format_rfc3339(sent.at) +
                                                   " the log had " + std::to_string(sent.tail.count) +
                                                   " records, and " + fault + "; " + held +
                                                   ": database and head were put back to what they were before");
  }

  LogView log_;
  const ChainTail tail_;
  const std::vector<RecordedRestore> restores_;
  std::int64_t number_ = 0;
  std::string last_good_;
  HeadsVerdict verdict_;
};

Result<HeadsVerdict> verify_lines(engine::Connection& connection, const AuditHead& head, std::istream& lines) {
  TEGATA_ASSIGN(const auto start, head.start_of(connection));
  TEGATA_ASSIGN(auto log, view_log(connection, head.key(), start));
  TEGATA_ASSIGN(const auto tail, read_tail(connection, start));
  TEGATA_ASSIGN(auto restores, list_restores(connection, head.key()));
  LineCheck check(std::move(log), tail, std::move(restores));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) TEGATA_TRY(check.take(line));
  }
  return check.verdict();
}

}  // namespace

HeadLines::HeadLines() = default;
HeadLines::~HeadLines() = default;

Result<std::unique_ptr<HeadLines>> HeadLines::open(const engine::Options& options) {
  std::unique_ptr<HeadLines> out(new HeadLines());
  TEGATA_ASSIGN(out->head_, AuditHead::open_existing(options));
  return out;
}

Result<HeadLines::Line> HeadLines::read(Instant at) const {
  TEGATA_ASSIGN(const auto vouched, head_->read());
  if (!vouched) return Error(errors::store_audit_broken, "the signed head is missing");
  const auto& tail = vouched->tail;
  return Line{tail.count, tail.hash, sent_head_line(head_->key(), tail, at)};
}

Result<HeadsVerdict> verify_heads(const engine::Options& options, const std::string& file) {
  std::ifstream lines(file);
  if (!lines)
    return Error(errors::store_unavailable, file + ": cannot be read: name the file that [audit] heads_file filled");
  TEGATA_ASSIGN(const auto head, AuditHead::open_existing(options));
  TEGATA_ASSIGN(const auto connection, open_log_to_read(options));
  TEGATA_ASSIGN(const auto verdict, verify_lines(*connection, *head, lines));
  if (verdict.lines == 0)
    return Error(errors::store_unavailable, file + ": no head in it: name the file that [audit] heads_file filled");
  return verdict;
}

}  // namespace tegata::store::audit
