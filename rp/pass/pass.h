// The pass (通行証): what an EHR gets for an activation and a signature service checks.
//
// access_token: a JWT of RFC 9068 (typ at+jwt) bound to the certificate of the token request (RFC 8705) or to a
// DPoP key (RFC 9449).
// id_token: OpenID Connect Core section 2, five minutes, for clients that asked for scope openid.
#pragma once

#include <chrono>
#include <optional>

#include "rp/base/instant.h"
#include "rp/pass/jws.h"

namespace tegata::pass {

inline constexpr std::chrono::minutes id_token_life{5};
// How long a pass lives at most, by the facility's profile.
inline constexpr std::chrono::hours standard_hours{18}, strict_hours{12};

struct Claims {
  std::string issuer;
  std::string practitioner_id;  // sub
  std::string audience;         // aud: the signature service
  std::string client_id;
  std::string facility_code;
  std::string scope;
  std::string jti;
  std::string sid;
  std::string acr;  // "phr" or "phrh"
  std::vector<std::string> amr;
  std::vector<std::string> roles;  // hpki_role
  Instant issued_at{};             // also nbf
  Instant expires_at{};
  Instant auth_time{};
  Digest certificate{};  // cnf x5t#S256; jkt, the thumbprint of a DPoP key, where `dpop`
  bool dpop = false;
};

// What an approval proved about the key that made it.
enum class ProvenKey {
  unknown,
  software,  // its model says so
  hardware,  // it cannot leave its device, and its model is certified well enough to be believed
  card,      // it never leaves the card, whose PIN was asked
};
struct Evidence {
  bool user_verified = false;
  ProvenKey key = ProvenKey::unknown;
};
// acr and amr of OpenID EAP and RFC 8176 for that evidence.
std::string acr_of(const Evidence&);
std::vector<std::string> amr_of(const Evidence&);

// What bounds a pass. The earliest decides, cut to the whole second below.
struct Limits {
  std::chrono::hours hours = standard_hours;  // of the assurance profile
  std::optional<std::string> day_cut_off;     // "HH:MM" Japan time; the next one after `issued_at`
  Instant facility_certificate_end{};
  Instant second_certificate_end{};
  Instant card_end = Instant::max();
};
// Error: pass_cut_off_malformed. The answer may lie at or before issued_at: then there is nothing to issue.
Result<Instant> pass_end(Instant issued_at, const Limits&);

// Payloads. Times are whole seconds.
Json to_json(const Claims&);
// Error: pass_claims_malformed.
Result<Claims> parse_claims(const Json& payload);
// With the nonce of the request, where it had one.
Json id_token_payload(const Claims&, const std::string& nonce = {});

// Signs the payload of an issued pass, so that a repeated answer carries the same claims. Error: jws_signing_failed.
Result<std::string> sign_pass(const SigningKey&, const Json& payload);
Result<std::string> sign_id_token(const SigningKey&, const Json& pass_payload, const std::string& nonce = {});

// A pass that we signed and whose time has come and not gone. Made by verify_pass alone. Whether it was
// revoked is for the store to say.
class Pass {
 public:
  const Claims& claims() const { return claims_; }
  const Json& payload() const { return payload_; }
  // Of the key that signed it.
  const std::string& kid() const { return kid_; }

 private:
  friend Result<Pass> verify_pass(std::string_view, const KeySet&, const std::string&, Instant);
  Pass(Claims claims, Json payload, std::string kid)
      : claims_(std::move(claims)), payload_(std::move(payload)), kid_(std::move(kid)) {}
  Claims claims_;
  Json payload_;
  std::string kid_;
};

// Errors: those of verify_jws, pass_claims_malformed, pass_other_issuer, pass_not_yet_valid, pass_expired.
Result<Pass> verify_pass(std::string_view token, const KeySet&, const std::string& issuer, Instant now);

}  // namespace tegata::pass
