#include "rp/pass/pass.h"

#include <catch2/catch.hpp>

#include "rp/pass/errors.h"
#include "tests/unit/pass/sample_keys.h"

using namespace tegata;
using namespace tegata::pass;
using namespace std::chrono_literals;

namespace {

const KeySet one_key{test::sample_key(), {}};
const Instant issued = *parse_rfc3339("2026-11-20T00:15:02Z");  // 09:15:02 in Japan

Claims sample() {
  Claims claims;
  claims.issuer = "https://localhost:8443";
  claims.practitioner_id = "AB12345689";
  claims.audience = "https://sign.example";
  claims.client_id = "ehr-1";
  claims.facility_code = "1312345678";
  claims.scope = "openid hpki.sign";
  claims.jti = "j1";
  claims.sid = "s1";
  claims.acr = "phr";
  claims.amr = {"pop", "user", "mfa"};
  claims.roles = {"Medical Doctor"};
  claims.issued_at = issued;
  claims.expires_at = issued + 18h;
  claims.auth_time = issued - 5s;
  claims.certificate = sha256("certificate");
  return claims;
}

std::string code_at(const std::string& token, Instant now, const std::string& issuer = "https://localhost:8443") {
  const auto result = verify_pass(token, one_key, issuer, now);
  return result ? "accepted" : std::string(result.error().code().name());
}

std::string end_with(const Limits& limits) {
  const auto end = pass_end(issued, limits);
  return end ? format_rfc3339(*end) : std::string(end.error().code().name());
}

const Limits far{18h, std::nullopt, issued + 9000h, issued + 9000h};

}  // namespace

TEST_CASE("a pass comes back as it was issued") {
  const std::string token = *sign_pass(one_key.current, to_json(sample()));
  const auto pass = verify_pass(token, one_key, sample().issuer, issued);
  REQUIRE(pass);
  CHECK(to_json(pass->claims()) == to_json(sample()));
  CHECK(pass->payload()["cnf"]["x5t#S256"] == base64url(sha256("certificate")));
  CHECK(pass->payload()["nbf"] == pass->payload()["iat"]);
}

TEST_CASE("a pass holds from its first moment to the one before its end") {
  const std::string token = *sign_pass(one_key.current, to_json(sample()));
  CHECK(code_at(token, issued) == "accepted");
  CHECK(code_at(token, issued - 1ms) == "pass_not_yet_valid");
  CHECK(code_at(token, issued + 18h - 1ms) == "accepted");
  CHECK(code_at(token, issued + 18h) == "pass_expired");
  CHECK(code_at(token, issued, "https://localhost:8443/") == "pass_other_issuer");
}

TEST_CASE("every claim must be there and of its kind") {
  const Json whole = to_json(sample());
  for (const auto& [name, value] : whole.items()) {
    if (name == "iat" || name == "amr" || name == "hpki_role") continue;
    Json without = whole, wrong = whole;
    without.erase(name);
    wrong[name] = true;
    INFO(name);
    CHECK(code_at(*sign_pass(one_key.current, without), issued) == "pass_claims_malformed");
    CHECK(code_at(*sign_pass(one_key.current, wrong), issued) == "pass_claims_malformed");
  }
  Json endless = whole;
  endless["exp"] = 9'000'000'000'000'000;
  CHECK(code_at(*sign_pass(one_key.current, endless), issued) == "pass_claims_malformed");
  Json short_thumbprint = whole;
  short_thumbprint["cnf"]["x5t#S256"] = "AAAA";
  CHECK(code_at(*sign_pass(one_key.current, short_thumbprint), issued) == "pass_claims_malformed");
}

TEST_CASE("an ID token is no pass, lives five minutes, and says who and how") {
  const std::string token = *sign_id_token(one_key.current, to_json(sample()));
  CHECK(code_at(token, issued) == "jws_type");
  const auto jws = verify_jws(token, one_key, "JWT");
  REQUIRE(jws);
  const Json& claims = jws->claims();
  CHECK(claims["aud"] == "ehr-1");
  CHECK(claims["sub"] == "AB12345689");
  CHECK(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>() == 300);
  CHECK(claims["auth_time"] == unix_seconds(issued - 5s));
}

TEST_CASE("the earliest limit ends a pass") {
  CHECK(end_with(far) == format_rfc3339(issued + 18h));
  Limits limits = far;
  limits.hours = 12h;
  CHECK(end_with(limits) == format_rfc3339(issued + 12h));
  limits.second_certificate_end = issued + 5h;
  CHECK(end_with(limits) == format_rfc3339(issued + 5h));
  limits.facility_certificate_end = issued + 4h;
  CHECK(end_with(limits) == format_rfc3339(issued + 4h));
  limits.day_cut_off = "12:00";
  CHECK(end_with(limits) == "2026-11-20T03:00:00.000Z");
}

TEST_CASE("the day cut-off is the next one in Japan, never this moment") {
  Limits limits = far;
  limits.day_cut_off = "00:00";
  CHECK(end_with(limits) == "2026-11-20T15:00:00.000Z");
  limits.day_cut_off = "09:15";  // two seconds ago: tomorrow's, so the profile's hours decide
  CHECK(end_with(limits) == format_rfc3339(issued + 18h));
  limits.day_cut_off = "03:00";
  CHECK(end_with(limits) == "2026-11-20T18:00:00.000Z");
  CHECK(format_rfc3339(*pass_end(*parse_rfc3339("2026-11-20T18:00:00Z"), limits)) == "2026-11-21T12:00:00.000Z");
}

TEST_CASE("a cut-off that is no time of day is refused, not guessed") {
  for (const char* bad : {"", "24:00", "12:60", "1:00", "12-00", "12:0x", "12:00 "}) {
    Limits limits = far;
    limits.day_cut_off = bad;
    CHECK(end_with(limits) == "pass_cut_off_malformed");
  }
}

TEST_CASE("ends are whole seconds, cut down") {
  Limits limits = far;
  limits.facility_certificate_end = issued + 999ms;
  CHECK(*pass_end(issued, limits) == issued);
}

TEST_CASE("hardware is claimed only where it was proved") {
  const auto claimed = [](const Evidence& evidence) {
    std::string out = acr_of(evidence);
    for (const auto& one : amr_of(evidence)) out += " " + one;
    return out;
  };
  CHECK(claimed({true, ProvenKey::unknown}) == "phr pop user mfa");
  CHECK(claimed({true, ProvenKey::software}) == "phr pop swk user mfa");
  CHECK(claimed({true, ProvenKey::hardware}) == "phrh pop hwk user mfa");
  CHECK(claimed({true, ProvenKey::card}) == "phrh pop sc user mfa");
  CHECK(claimed({false, ProvenKey::unknown}) == "phr pop user");
}
