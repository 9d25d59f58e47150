#include "rp/pass/pass.h"

#include <algorithm>

#include "rp/pass/errors.h"

namespace tegata::pass {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view pass_type = "at+jwt";
constexpr std::string_view id_token_type = "JWT";
constexpr hours japan_offset{9};

Result<minutes> parse_time_of_day(const std::string& text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 100; };
  if (text.size() != 5 || text[2] != ':') return Error(errors::pass_cut_off_malformed, text);
  const int hour = digit(0) * 10 + digit(1), minute = digit(3) * 10 + digit(4);
  if (hour > 23 || minute > 59) return Error(errors::pass_cut_off_malformed, text);
  return hours(hour) + minutes(minute);
}

// The first moment after `from` at which clocks in Japan show that time.
Instant next_in_japan(Instant from, minutes time_of_day) {
  const Instant midnight = floor<days>(from + japan_offset) - japan_offset;
  const Instant today = midnight + time_of_day;
  return today > from ? today : today + days(1);
}

Result<Instant> json_seconds(const Json& object, std::string_view name) {
  TEGATA_ASSIGN(const std::int64_t value, json_integer(object, name));
  // Year 9999: beyond it milliseconds would still fit, but no token of ours is meant.
  if (value < 0 || value > 253'402'300'799) return Error(errors::pass_claims_malformed, std::string(name));
  return from_unix_seconds(value);
}

// x5t#S256 or jkt, one of them alone.
Status read_confirmation(const Json& payload, Claims& out) {
  TEGATA_ASSIGN(const Json confirmation, json_object(payload, "cnf"));
  out.dpop = confirmation.contains("jkt");
  if (confirmation.size() != 1) return Error(errors::pass_claims_malformed, "cnf");
  TEGATA_ASSIGN(const Bytes thumbprint, json_base64url(confirmation, out.dpop ? "jkt" : "x5t#S256"));
  const auto digest = to_digest(thumbprint);
  if (!digest) return Error(errors::pass_claims_malformed, "cnf");
  out.certificate = *digest;
  return {};
}

Status read_names(const Json& payload, Claims& out) {
  const std::pair<const char*, std::string*> names[] = {{"iss", &out.issuer},
                                                        {"sub", &out.practitioner_id},
                                                        {"aud", &out.audience},
                                                        {"client_id", &out.client_id},
                                                        {"scope", &out.scope},
                                                        {"jti", &out.jti},
                                                        {"sid", &out.sid},
                                                        {"acr", &out.acr},
                                                        {"facility_code", &out.facility_code}};
  for (const auto& [name, target] : names) {
    TEGATA_ASSIGN(*target, json_string(payload, name));
  }
  TEGATA_ASSIGN(out.amr, json_strings(payload, "amr"));
  TEGATA_ASSIGN(out.roles, json_strings(payload, "hpki_role"));
  return {};
}

Result<Claims> read_claims(const Json& payload) {
  Claims out;
  TEGATA_TRY(read_names(payload, out));
  TEGATA_ASSIGN(out.issued_at, json_seconds(payload, "nbf"));
  TEGATA_ASSIGN(out.expires_at, json_seconds(payload, "exp"));
  TEGATA_ASSIGN(out.auth_time, json_seconds(payload, "auth_time"));
  TEGATA_TRY(read_confirmation(payload, out));
  return out;
}

}  // namespace

std::string acr_of(const Evidence& evidence) { return evidence.key >= ProvenKey::hardware ? "phrh" : "phr"; }

std::vector<std::string> amr_of(const Evidence& evidence) {
  std::vector<std::string> out = {"pop"};
  if (evidence.key == ProvenKey::card) out.push_back("sc");
  if (evidence.key == ProvenKey::hardware) out.push_back("hwk");
  if (evidence.key == ProvenKey::software) out.push_back("swk");
  out.push_back("user");
  if (evidence.user_verified) out.push_back("mfa");
  return out;
}

Result<Instant> pass_end(Instant issued_at, const Limits& limits) {
  Instant end = std::min(
      {issued_at + limits.hours, limits.facility_certificate_end, limits.second_certificate_end, limits.card_end});
  if (limits.day_cut_off) {
    TEGATA_ASSIGN(const minutes time_of_day, parse_time_of_day(*limits.day_cut_off));
    end = std::min(end, next_in_japan(issued_at, time_of_day));
  }
  return Instant(floor<seconds>(end));
}

Json to_json(const Claims& claims) {
  const std::int64_t issued = unix_seconds(claims.issued_at);
  return {{"iss", claims.issuer},
          {"sub", claims.practitioner_id},
          {"aud", claims.audience},
          {"client_id", claims.client_id},
          {"facility_code", claims.facility_code},
          {"scope", claims.scope},
          {"iat", issued},
          {"nbf", issued},
          {"exp", unix_seconds(claims.expires_at)},
          {"jti", claims.jti},
          {"auth_time", unix_seconds(claims.auth_time)},
          {"acr", claims.acr},
          {"amr", claims.amr},
          {"sid", claims.sid},
          {"hpki_role", claims.roles},
          {"cnf", {{claims.dpop ? "jkt" : "x5t#S256", base64url(claims.certificate)}}}};
}

Result<Claims> parse_claims(const Json& payload) {
  auto claims = read_claims(payload);
  if (!claims) {
    return Error(errors::pass_claims_malformed,
                 std::string(claims.error().code().name()) + " " + claims.error().detail());
  }
  return claims;
}

Json id_token_payload(const Claims& claims, const std::string& nonce) {
  const std::int64_t issued = unix_seconds(claims.issued_at);
  Json out = {{"iss", claims.issuer},
              {"sub", claims.practitioner_id},
              {"aud", claims.client_id},
              {"iat", issued},
              {"exp", unix_seconds(std::min(claims.issued_at + id_token_life, claims.expires_at))},
              {"auth_time", unix_seconds(claims.auth_time)},
              {"acr", claims.acr},
              {"amr", claims.amr},
              {"sid", claims.sid}};
  if (!nonce.empty()) out["nonce"] = nonce;
  return out;
}

Result<std::string> sign_pass(const SigningKey& key, const Json& payload) { return sign_jws(key, pass_type, payload); }

Result<std::string> sign_id_token(const SigningKey& key, const Json& pass_payload, const std::string& nonce) {
  TEGATA_ASSIGN(const Claims claims, parse_claims(pass_payload));
  return sign_jws(key, id_token_type, id_token_payload(claims, nonce));
}

Result<Pass> verify_pass(std::string_view token, const KeySet& keys, const std::string& issuer, Instant now) {
  TEGATA_ASSIGN(VerifiedJws jws, verify_jws(token, keys, pass_type));
  TEGATA_ASSIGN(Claims claims, parse_claims(jws.claims()));
  if (claims.issuer != issuer) {
    return Error(errors::pass_other_issuer, claims.issuer, "rfc9068#section-4: iss is exactly this issuer");
  }
  if (now < claims.issued_at) {
    return Error(errors::pass_not_yet_valid, {}, "rfc7519#section-4.1.5: not before nbf");
  }
  if (now >= claims.expires_at) {
    return Error(errors::pass_expired, {}, "rfc9068#section-4: the current time is before exp");
  }
  return Pass(std::move(claims), jws.claims(), jws.kid());
}

}  // namespace tegata::pass
