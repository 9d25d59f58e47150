#include "enroll/behind_card.h"

#include <algorithm>

namespace tegata::enroll {

Json certificate_members(const card::CardHolder& holder) {
  return {{"issuer", hex(holder.issuer())}, {"serial", hex(holder.serial())}};
}

Json certificate_members(const store::CardCertificate& card) {
  return {{"issuer", hex(card.issuer)}, {"serial", hex(card.serial)}};
}

Json ticket_request(const Json& card_of_session) {
  if (!card_of_session.contains("issuer") || !card_of_session.contains("serial")) return Json::object();
  return {{"card", {{"issuer", card_of_session["issuer"]}, {"serial", card_of_session["serial"]}}}};
}

std::optional<store::CardCertificate> card_behind(const Json& request_of_ticket) {
  const auto card = json_object(request_of_ticket, "card");
  if (!card) return std::nullopt;
  const auto issuer = json_string(*card, "issuer"), serial = json_string(*card, "serial");
  if (!issuer || !serial) return std::nullopt;
  const auto issuer_bytes = parse_hex(*issuer), serial_bytes = parse_hex(*serial);
  if (!issuer_bytes || issuer_bytes->size() != Digest{}.size() || !serial_bytes) return std::nullopt;
  store::CardCertificate out;
  std::ranges::copy(*issuer_bytes, out.issuer.begin());
  out.serial = *serial_bytes;
  return out;
}

}  // namespace tegata::enroll
