#include "rp/store/audit/sent_head.h"

namespace tegata::store::audit {
namespace {

std::string sent_text(Instant at, const ChainTail& tail) {
  return "tegata audit head sent\n" + format_rfc3339(at) + "\n" + std::to_string(tail.count) + "\n" + hex(tail.hash) +
         "\n";
}

Result<Digest> hash_at(const LogView& log, std::int64_t number) {
  if (number == log.start.count) return log.start.hash;
  TEGATA_ASSIGN(const auto found, find_hash(log.connection, number));
  return found.value_or(Digest{});
}

}  // namespace

std::optional<SentHead> parse_sent_head(const std::string& line) {
  const auto object = parse_json(line);
  if (!object) return std::nullopt;
  const auto written = json_string(*object, "at");
  const auto at = written ? parse_rfc3339(std::string(*written)) : Result<Instant>(written.error());
  const auto count = json_integer(*object, "count");
  const auto hash = read_hash(*object, "hash");
  const auto signature = json_base64url(*object, "signature");
  if (!at || !count || !hash || !signature) return std::nullopt;
  return SentHead{*at, {*count, *hash}, *signature};
}

std::string sent_head_line(const AuditKey& key, const ChainTail& tail, Instant at) {
  return dump_json(Json{{"at", format_rfc3339(at)},
                        {"count", tail.count},
                        {"hash", hex(tail.hash)},
                        {"signature", base64url(key.sign(sent_text(at, tail)))}});
}

bool is_signed(const AuditKey& key, const SentHead& sent) {
  return key.verify(sent_text(sent.at, sent.tail), sent.signature);
}

Result<std::string> fault_of(const LogView& log, const ChainTail& tail, const ChainTail& sent) {
  if (sent.count < log.start.count || find_accepted(log, sent.count)) return std::string();
  if (sent.count > tail.count) return "it ends at record " + std::to_string(tail.count) + " now";
  TEGATA_ASSIGN(const auto hash, hash_at(log, sent.count));
  return hash == sent.hash ? std::string() : "record " + std::to_string(sent.count) + " is another one now";
}

}  // namespace tegata::store::audit
