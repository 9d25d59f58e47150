// android-safetynet (WebAuthn Level 3 section 8.5): {"ver": text, "response": bytes}, a JWS in compact form that
// Google's service signed. Deprecated and shut down; here for records, and off unless the policy allows it.
//
//   header  = {"alg": "RS256", "x5c": [base64 leaf, ...]}
//   payload = {"nonce": base64 SHA-256 of authData | client data hash, "ctsProfileMatch": bool, "timestampMs": int,
//   ...}
#include <algorithm>

#include "rp/base/json.h"
#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr std::string_view host = "attest.android.com";
constexpr std::chrono::minutes longest_age{1};

struct Jws {
  std::string_view header, payload, signature;  // base64url
  std::string_view signed_text;                 // header, dot, payload
};

Error safetynet_malformed(std::string detail, std::string_view clause = wire::clauses::safetynet_response) {
  return Error(errors::webauthn_attestation_statement_malformed, std::move(detail), clause);
}

// The text of the response.
Result<std::string_view> parse_safetynet(const wire::Cbor& map) {
  const auto version = map.find("ver");
  TEGATA_REQUIRE(version && version->text(), safetynet_malformed("ver", wire::clauses::safetynet_syntax));
  TEGATA_REQUIRE(!version->text()->empty(), safetynet_malformed("ver is empty", wire::clauses::safetynet_syntax));
  const auto response = map.find("response");
  TEGATA_REQUIRE(response && response->byte_string(), safetynet_malformed("response", wire::clauses::safetynet_syntax));
  TEGATA_REQUIRE(map.size() == 2, safetynet_malformed("other members", wire::clauses::safetynet_syntax));
  return as_text(*response->byte_string());
}

Result<Jws> split(std::string_view text) {
  TEGATA_REQUIRE(std::ranges::count(text, '.') == 2, safetynet_malformed("not three parts"));
  const auto first = text.find('.'), second = text.rfind('.');
  return Jws{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1),
             text.substr(0, second)};
}

Result<Json> decode(std::string_view base64url_text, const char* part) {
  const auto bytes = parse_base64url(base64url_text);
  TEGATA_REQUIRE(bytes, safetynet_malformed(std::string(part) + " is not base64url"));
  auto json = parse_json(as_text(*bytes));
  TEGATA_REQUIRE(json, safetynet_malformed(std::string(part) + " is not JSON"));
  return std::move(*json);
}

Result<AttestationPath> header_certificates(const Json& header) {
  const auto texts = json_strings(header, "x5c");
  TEGATA_REQUIRE(texts, safetynet_malformed("x5c"));
  TEGATA_REQUIRE(!texts->empty(), safetynet_malformed("x5c is empty"));
  TEGATA_REQUIRE(texts->size() <= max_certificates, safetynet_malformed("x5c of too many"));
  AttestationPath path;
  for (const std::string& text : *texts) {
    const auto der = parse_base64(text);
    TEGATA_REQUIRE(der, safetynet_malformed("x5c is not base64"));
    TEGATA_ASSIGN(wire::CertificatePtr certificate, parse_certificate(*der));
    path.push_back(std::move(certificate));
  }
  return path;
}

// The certificates whose first signed the JWS.
Result<AttestationPath> verify_signature(const Jws& jws) {
  TEGATA_ASSIGN(const Json header, decode(jws.header, "header"));
  TEGATA_REQUIRE(json_string(header, "alg").value_or("") == "RS256", safetynet_malformed("alg"));
  TEGATA_REQUIRE(!header.contains("crit"), safetynet_malformed("crit"));
  TEGATA_ASSIGN(AttestationPath path, header_certificates(header));
  X509* const leaf = path.front().get();
  TEGATA_REQUIRE(X509_check_host(leaf, host.data(), host.size(), X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1,
                 Error(errors::webauthn_safetynet_host, {}, wire::clauses::safetynet_host));
  TEGATA_ASSIGN(const wire::SignatureKey key,
                certificate_key(wire::cose::rs256, *leaf, wire::clauses::safetynet_signature));
  const auto signature = parse_base64url(jws.signature);
  TEGATA_REQUIRE(signature, safetynet_malformed("signature is not base64url"));
  TEGATA_REQUIRE(key.verify(as_bytes(jws.signed_text), *signature),
                 Error(errors::webauthn_attestation_signature_invalid, {}, wire::clauses::safetynet_signature));
  return path;
}

Status verify_time(std::int64_t timestamp, Instant now) {
  const auto time = [](const char* detail) {
    return Error(errors::webauthn_safetynet_time, detail, wire::clauses::safetynet_time);
  };
  TEGATA_REQUIRE(timestamp <= unix_milliseconds(now), time("in the future"));
  TEGATA_REQUIRE(timestamp >= unix_milliseconds(now - longest_age), time("too old"));
  return {};
}

Status verify_payload(const Json& payload, const AttestationInput& input) {
  TEGATA_REQUIRE(json_string(payload, "nonce").value_or("") == base64(sha256(input.signed_bytes)),
                 Error(errors::webauthn_safetynet_nonce_mismatch, {}, wire::clauses::safetynet_nonce));
  TEGATA_REQUIRE(json_bool(payload, "ctsProfileMatch").value_or(false),
                 Error(errors::webauthn_safetynet_cts_profile, {}, wire::clauses::safetynet_cts));
  const auto timestamp = json_integer(payload, "timestampMs");
  TEGATA_REQUIRE(timestamp, safetynet_malformed("timestampMs"));
  return verify_time(*timestamp, input.now);
}

}  // namespace

Result<AttestationPath> parse_android_safetynet_path(const wire::Cbor& statement) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const std::string_view response, parse_safetynet(statement));
  TEGATA_ASSIGN(const Jws jws, split(response));
  TEGATA_ASSIGN(const Json header, decode(jws.header, "header"));
  return header_certificates(header);
}

Result<VerifiedAttestation> verify_android_safetynet(const AttestationInput& input) {
  const ErrorScope errors_stay_here;
  TEGATA_REQUIRE(input.policy.android_safetynet_allowed, Error(errors::webauthn_attestation_format_unsupported,
                                                               "android-safetynet", wire::clauses::safetynet_allowed));
  TEGATA_ASSIGN(const std::string_view response, parse_safetynet(input.statement));
  TEGATA_ASSIGN(const Jws jws, split(response));
  TEGATA_ASSIGN(AttestationPath path, verify_signature(jws));
  TEGATA_ASSIGN(const Json payload, decode(jws.payload, "payload"));
  TEGATA_TRY(verify_payload(payload, input));
  // It tells of the device, and nothing of where the key is kept.
  return VerifiedAttestation{
      .type = "certified", .paths = {std::move(path)}, .protection = wire::KeyProtection::unproven};
}

}  // namespace tegata::webauthn::attestation
