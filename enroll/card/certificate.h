// From the certificate that a card sent to the person who holds it. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "enroll/card/authorities.h"
#include "enroll/card/hc_role.h"
#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::card {

// Made by verify_card_certificate alone.
class CardHolder {
 public:
  // The name of the authority and the number by which it knows the holder: together the key to the person.
  const std::string& authority() const { return authority_; }
  const std::string& holder_number() const { return holder_number_; }
  const std::string& romaji() const { return romaji_; }        // subject CN
  const std::string& kanji() const { return kanji_; }          // CN of a directoryName in subjectAltName; may be empty
  const std::vector<HcRole>& roles() const { return roles_; }  // all of them, also those that make nobody eligible
  Instant not_before() const { return not_before_; }
  Instant not_after() const { return not_after_; }            // the last moment at which it is valid
  const Digest& fingerprint() const { return fingerprint_; }  // SHA-256 of the DER
  // By these two a revocation list names the certificate; see RevocationQuestion.
  const Digest& issuer() const { return issuer_; }
  const Bytes& serial() const { return serial_; }

 private:
  friend class CardVerifier;
  CardHolder() = default;
  std::string authority_, holder_number_, romaji_, kanji_;
  std::vector<HcRole> roles_;
  Instant not_before_{}, not_after_{};
  Digest fingerprint_{}, issuer_{};
  Bytes serial_;
};

// What cards are judged by at one moment.
struct CardTrust {
  std::vector<CardAuthority> authorities;
  RevocationLists lists;
  bool revoked_stops_phones = true;  // whether phones end with the card by which they came
};

// `roles_allowed`: the qualifications that may hold a second certificate, e.g. "Medical Doctor".
//
// Judged in this order, so that a person hears of the cause that they can act on; nothing of a certificate is
// believed before its path stands:
//   card_malformed, card_untrusted, card_weak, card_critical_extension, card_signing_certificate, card_key_usage,
//   card_policy, card_expired, card_not_yet_valid, card_authority_expired, card_revoked, card_authority_revoked,
//   card_revocation_unknown, card_no_role, card_role_not_eligible
// card_malformed is also the answer to broken names or roles behind a good path.
//
// `lists`: what is known of revocation, asked as each authority's setting says. A list that is missing or stale
// refuses.
Result<CardHolder> verify_card_certificate(ByteView der, const std::vector<CardAuthority>& authorities,
                                           const std::set<std::string>& roles_allowed, Instant now,
                                           const RevocationLists& lists = {});

// The moment at which a certificate ends, unverified: to tell the holder of an expired card since when.
Result<Instant> parse_card_not_after(ByteView der);

}  // namespace tegata::card
