#include "rp/store/audit_heads.h"

#include <fstream>

#include "rp/store/audit_head.h"
#include "rp/store/errors.h"

namespace tegata::store {
namespace {

std::string sent_text(const std::string& at, const ChainTail& tail) {
  return "tegata audit head sent\n" + at + "\n" + std::to_string(tail.count) + "\n" + hex(tail.hash) + "\n";
}

struct SentHead {
  std::string at;
  ChainTail tail;
  Bytes signature;
};

std::optional<SentHead> parse_line(const std::string& line) {
  const auto object = parse_json(line);
  if (!object) return std::nullopt;
  const auto at = json_string(*object, "at");
  const auto count = json_integer(*object, "count");
  const auto hash = read_hash(*object, "hash");
  const auto signature = json_base64url(*object, "signature");
  if (!at || !count || !hash || !signature) return std::nullopt;
  return SentHead{std::string(*at), {*count, *hash}, *signature};
}

// Goes through the lines in their order, and remembers what held last.
class LineCheck {
 public:
  LineCheck(LogView log, const ChainTail& tail) : log_(std::move(log)), tail_(tail) {}

  Status take(const std::string& line) {
    ++number_;
    const auto sent = parse_line(line);
    if (!sent) return ++verdict_.unreadable, Status();
    if (!log_.key.verify(sent_text(sent->at, sent->tail), sent->signature)) {
      return Error(errors::store_audit_broken, "line " + std::to_string(number_) + " has no right signature");
    }
    TEGATA_ASSIGN(const auto fault, fault_of(sent->tail));
    if (!fault.empty()) return put_back(*sent, fault);
    ++verdict_.lines;
    last_good_ = sent->at;
    return {};
  }
  const HeadsVerdict& verdict() const { return verdict_; }

 private:
  Result<std::string> fault_of(const ChainTail& sent) {
    if (sent.count < log_.start.count) return ++verdict_.older, std::string();
    if (find_accepted(log_, sent.count)) return std::string();
    if (sent.count > tail_.count) return "it ends at record " + std::to_string(tail_.count) + " now";
    TEGATA_ASSIGN(const auto hash, hash_at(sent.count));
    return hash == sent.hash ? std::string() : "record " + std::to_string(sent.count) + " is another one now";
  }

  Result<Digest> hash_at(std::int64_t number) {
    if (number == log_.start.count) return log_.start.hash;
    const auto read = [](Row& row) { return row.digest(); };
    TEGATA_ASSIGN(const auto found, log_.connection.find<Digest>("SELECT hash FROM audit WHERE number = :number",
                                                                 {{":number", number}}, +read));
    return found.value_or(Digest{});
  }

  Error put_back(const SentHead& sent, const std::string& fault) const {
    const auto held =
        last_good_.empty() ? std::string("no earlier line holds") : "the line of " + last_good_ + " holds";
    return Error(errors::store_audit_put_back, "line " + std::to_string(number_) + ": on " + sent.at + " the log had " +
                                                   std::to_string(sent.tail.count) + " records, and " + fault + "; " +
                                                   held + ": database and head were put back to what they were before");
  }

  LogView log_;
  const ChainTail tail_;
  std::int64_t number_ = 0;
  std::string last_good_;
  HeadsVerdict verdict_;
};

Result<HeadsVerdict> verify_lines(Connection& connection, const AuditHead& head, std::istream& lines) {
  TEGATA_ASSIGN(const auto start, head.start_of(connection));
  TEGATA_ASSIGN(auto log, view_log(connection, head.key(), start));
  TEGATA_ASSIGN(const auto tail, read_tail(connection));
  LineCheck check(std::move(log), tail.count < start.count ? start : tail);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) TEGATA_TRY(check.take(line));
  }
  return check.verdict();
}

}  // namespace

HeadLines::HeadLines() = default;
HeadLines::~HeadLines() = default;

Result<std::unique_ptr<HeadLines>> HeadLines::open(const Options& options) {
  std::unique_ptr<HeadLines> out(new HeadLines());
  TEGATA_ASSIGN(out->head_, AuditHead::open_existing(options));
  return out;
}

Result<HeadLines::Line> HeadLines::read(Instant at) const {
  TEGATA_ASSIGN(const auto vouched, head_->read());
  if (!vouched) return Error(errors::store_audit_broken, "the signed head is missing");
  const auto& tail = vouched->tail;
  const auto moment = format_rfc3339(at);
  const auto signature = head_->key().sign(sent_text(moment, tail));
  return Line{
      tail.count, tail.hash,
      dump_json(
          Json{{"at", moment}, {"count", tail.count}, {"hash", hex(tail.hash)}, {"signature", base64url(signature)}})};
}

Result<HeadsVerdict> verify_heads(const Options& options, const std::string& file) {
  std::ifstream lines(file);
  if (!lines) return Error(errors::store_unavailable, file + " cannot be read");
  TEGATA_ASSIGN(const auto head, AuditHead::open_existing(options));
  TEGATA_ASSIGN(const auto connection, open_log_to_read(options));
  TEGATA_ASSIGN(const auto verdict, verify_lines(*connection, *head, lines));
  if (verdict.lines == 0) return Error(errors::store_unavailable, file + ": no head in it");
  return verdict;
}

}  // namespace tegata::store
