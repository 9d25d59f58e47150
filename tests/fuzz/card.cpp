// Everything of cards that is read before a signature has spoken for it: the hcRole extension, whole certificates of
// both kinds, revocation lists and distribution points.
#include <algorithm>

#include "enroll/card/asn1.h"
#include "enroll/card/certificate.h"
#include "enroll/card/errors.h"
#include "enroll/card/mynumber.h"
#include "enroll/card/revocation_der.h"
#include "tests/support/still_world.h"

using namespace tegata;

namespace {

const Instant moment = tegata::test::still_moment;

// Against itself as the only anchor, so that what is self-signed gets through to the profile.
void judge_card(ByteView der) {
  card::CardAuthority authority;
  authority.name = "FUZZ";
  authority.roots = {to_bytes(der)};
  authority.revocation_addresses = {"file:/none"};
  (void)card::verify_card_certificate(der, {authority}, {"Medical Doctor"}, moment).has_value();
  (void)card::parse_card_not_after(der).has_value();
}

void judge_mynumber(ByteView der) {
  const std::string pem = "-----BEGIN CERTIFICATE-----\n" + base64(der) + "\n-----END CERTIFICATE-----\n";
  const auto authorities = card::parse_mynumber_authorities({pem, {}, true});
  if (authorities) (void)card::verify_mynumber_certificate(der, *authorities, {}, moment).has_value();
}

void judge_list(ByteView der) {
  const auto parsed = card::parse_revocation_list(der);
  if (!parsed) return;
  // What was accepted keeps its promises.
  if (parsed->next_update <= parsed->this_update || parsed->key_identifier.empty()) __builtin_trap();
  if (!std::is_sorted(parsed->revoked.begin(), parsed->revoked.end())) __builtin_trap();
  (void)card::verify_revocation_list(der, {}, moment).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      (void)card::parse_hc_roles(rest).has_value();
      break;
    case 1:
      judge_card(rest);
      judge_mynumber(rest);
      break;
    case 2:
      judge_list(rest);
      break;
    default:
      (void)card::parse_distribution_points(rest, errors::card_malformed).has_value();
      (void)card::parse_mynumber_authorities({std::string(as_text(rest)), {}, true}).has_value();
  }
  return 0;
}
