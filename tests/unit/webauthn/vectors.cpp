// Ceremonies that others recorded: the W3C's test vectors and real authenticators. Where the folder is
// absent this is said aloud, and counted, by the one test case that looks for it.
#include <iostream>
#include <map>
#include <set>

#include "rp/webauthn/wire/signature_key.h"
#include "tests/support/still_world.h"
#include "tests/support/vectors.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

using namespace vectors;

// The lenient side of every policy that is no cryptography: what a recorded ceremony may need.
ExpectedRegistration lenient(const std::string& rp_id, const std::string& origin, Bytes challenge) {
  ExpectedRegistration expected;
  expected.rp_id = rp_id;
  expected.origins = {origin};
  expected.challenge = std::move(challenge);
  expected.policy = wire::standard_policy();
  expected.policy.user_verification = wire::UserVerification::preferred;
  expected.algorithms = wire::supported_algorithms();
  expected.authenticator_attachment.clear();
  expected.resident_key_required = false;
  return expected;
}

struct Vector {
  ExpectedRegistration expected;
  RegistrationResponse response;
  ExpectedAuthentication expected_assertion;
  AuthenticationResponse assertion;
};

Vector w3c_vector(const Json& file, const Json& json) {
  const Json &created = json["registration"], &got = json["authentication"];
  Vector vector;
  vector.expected = lenient(file["rp_id"], file["origin"], hex_at(created, "challenge"));
  vector.expected.now = tegata::test::still_moment;
  vector.response.id = hex_at(created, "credential_id");
  vector.response.client_data_json = hex_at(created, "clientDataJSON");
  vector.response.attestation_object = hex_at(created, "attestationObject");
  vector.expected_assertion.rp_id = file["rp_id"];
  vector.expected_assertion.origins = {file["origin"]};
  vector.expected_assertion.challenge = hex_at(got, "challenge");
  vector.expected_assertion.policy = vector.expected.policy;
  vector.expected_assertion.allow_credentials = {vector.response.id};
  vector.assertion.id = vector.response.id;
  vector.assertion.client_data_json = hex_at(got, "clientDataJSON");
  vector.assertion.authenticator_data = hex_at(got, "authenticatorData");
  vector.assertion.signature = hex_at(got, "signature");
  return vector;
}

void expect_frames(Vector& vector, const std::string& top_origin) {
  vector.expected.policy.cross_origin_allowed = vector.expected_assertion.policy.cross_origin_allowed = true;
  vector.expected.top_origins = vector.expected_assertion.top_origins = {top_origin};
}

std::string assertion_code(const Vector& vector, const CredentialRecord& record) {
  const auto key = PublicKey::parse(record.public_key);
  if (!key) return code_of(key);
  return code_of(verify_authentication(vector.expected_assertion, vector.assertion, record, {}, *key));
}

Bytes raw_bytes(const std::string& text) { return to_bytes(as_bytes(text)); }

bool has_anchor(const Json& entry) { return entry.contains("anchor") && entry["anchor"].is_string(); }

ExpectedRegistration expected_of(const Json& entry) {
  auto expected = lenient(entry["rp_id"], entry["origin"], base64url_at(entry, "challenge"));
  if (!has_anchor(entry)) return expected;
  expected.anchors = {raw_bytes(read_file(folder() / "real" / entry["anchor"].get<std::string>()))};
  expected.now = from_unix_seconds(entry["verify_at_epoch"].get<std::int64_t>());
  return expected;
}

// As the browser would have sent it; the credential ID is where the layout says.
RegistrationResponse response_of(const Json& entry) {
  RegistrationResponse response;
  response.client_data_json = base64url_at(entry, "clientDataJSON");
  response.attestation_object = base64url_at(entry, "attestationObject");
  const Json object = Json::from_cbor(response.attestation_object);
  const Bytes data = object["authData"].get_binary();
  const std::size_t size = data[53] << 8 | data[54];
  response.id.assign(data.begin() + 55, data.begin() + 55 + static_cast<std::ptrdiff_t>(size));
  return response;
}

// What is to come of each pair under the default policy, which requires user verification, and under the same with
// verification preferred. Frames, an unknown TPM maker, empty Android authorizations and an AAGUID beside U2F are
// policy; the signatures of all are right.
struct Reasons {
  const char* name;
  const char* registration;
  const char* authentication;
  const char* registration_without_uv;
  const char* authentication_without_uv;
};
constexpr const char* good = "accepted";
constexpr const char* no_uv = "webauthn_user_not_verified";
constexpr const char* frame_code = "webauthn_cross_origin";
constexpr Reasons w3c_reasons[] = {
    {"none.ES256", no_uv, no_uv, good, good},
    {"packed-self.ES256", good, no_uv, good, good},
    {"none.ES256.crossOrigin", frame_code, frame_code, frame_code, frame_code},
    {"none.ES256.topOrigin", frame_code, frame_code, frame_code, frame_code},
    {"none.ES256.long-credential-id", no_uv, good, good, good},
    {"packed.ES256", good, good, good, good},
    {"packed.ES384", no_uv, good, good, good},
    {"packed.ES512", good, no_uv, good, good},
    {"packed.RS256", good, no_uv, good, good},
    {"packed.EdDSA", no_uv, no_uv, good, good},
    {"packed.Ed448", no_uv, good, good, good},
    {"tpm.ES256", "webauthn_tpm_manufacturer_unknown", good, "webauthn_tpm_manufacturer_unknown", good},
    {"android-key.ES256", "webauthn_android_key_origin", no_uv, "webauthn_android_key_origin", good},
    {"apple.ES256", no_uv, no_uv, good, good},
    {"fido-u2f.ES256", no_uv, no_uv, "webauthn_fido_u2f_aaguid", good},
};

// The real registrations that are refused; every other one is accepted. One generator of synthetic ceremonies writes
// maps of indefinite length, which CTAP2 forbids to authenticators; one of its certificates has no basic constraints,
// which packed statements need; ML-DSA is not supported.
const std::map<std::string, std::set<std::string>> real_refusals = {
    {"webauthn_cbor_indefinite",
     {"r037", "r040", "r042", "r043", "r044", "r049", "r050", "r051", "r052", "r054", "r055", "r056", "r057", "r059",
      "r060", "r061", "r062", "r063", "r064"}},
    {"webauthn_attestation_certificate_profile", {"r045"}},
    {"webauthn_algorithm_unsupported", {"r046", "r047", "r048", "r082", "r083", "r084"}},
};

std::string expected_code(const std::string& id) {
  for (const auto& [code, ids] : real_refusals) {
    if (ids.contains(id)) return code;
  }
  return good;
}

void use(Vector& vector, const wire::Policy& policy) {
  vector.expected.policy = vector.expected_assertion.policy = policy;
}

}  // namespace

TEST_CASE("outside vectors are there, or their absence is counted") {
  if (!present()) WARN("SKIPPED 5: no outside vectors; configure with -DTEGATA_VECTORS=<folder>");
  SUCCEED();
}

TEST_CASE("W3C vectors: every pair passes under w3c, and certificates lead to the test root") {
  if (!present()) return;
  const Json file = read_json("w3c-webauthn-l3.json");
  const Bytes root = hex_at(file["attestation_root"]["attestation_ca_cert"], "hex");
  int passed = 0, trusted = 0;
  for (const Json& json : file["vectors"]) {
    INFO(json["name"]);
    Vector vector = w3c_vector(file, json);
    use(vector, wire::w3c_policy());
    vector.expected.anchors = {root};
    const auto verified = verify_registration(vector.expected, vector.response);
    REQUIRE(code_of(verified) == good);
    CHECK(assertion_code(vector, verified->record()) == good);
    const std::string& type = verified->record().attestation_type;
    CHECK((type == "none" || type == "self" || type == "trusted"));
    CHECK((type == "trusted") ==
          (verified->record().attestation_format != "none" && json["name"] != "packed-self.ES256"));
    trusted += type == "trusted";
    ++passed;
  }
  CHECK(passed == 15);
  std::cout << "W3C vectors: " << passed << " of 15 pairs pass under w3c, " << trusted << " with a path to the root\n";
}

TEST_CASE("W3C vectors: the default policy accepts and refuses by the table") {
  if (!present()) return;
  const Json file = read_json("w3c-webauthn-l3.json");
  CHECK(file["vectors"].size() == std::size(w3c_reasons));
  std::map<std::string, int> counts;
  for (std::size_t i = 0; i < std::size(w3c_reasons); ++i) {
    const Reasons& reasons = w3c_reasons[i];
    Vector vector = w3c_vector(file, file["vectors"][i]);
    INFO(reasons.name);
    CHECK(file["vectors"][i]["name"] == reasons.name);
    use(vector, wire::w3c_policy());
    const auto verified = verify_registration(vector.expected, vector.response);
    REQUIRE(code_of(verified) == good);
    wire::Policy policy = wire::standard_policy();
    use(vector, policy);
    CHECK(code_of(verify_registration(vector.expected, vector.response)) == reasons.registration);
    CHECK(assertion_code(vector, verified->record()) == reasons.authentication);
    ++counts[reasons.registration];
    ++counts[reasons.authentication];
    policy.user_verification = wire::UserVerification::preferred;
    use(vector, policy);
    CHECK(code_of(verify_registration(vector.expected, vector.response)) == reasons.registration_without_uv);
    CHECK(assertion_code(vector, verified->record()) == reasons.authentication_without_uv);
  }
  for (const auto& [code, count] : counts) std::cout << "W3C vectors, standard: " << count << " " << code << "\n";
}

TEST_CASE("W3C vectors: where framing is expected, so must be the frame") {
  if (!present()) return;
  const Json file = read_json("w3c-webauthn-l3.json");
  int framed_by = 0;
  for (const Json& json : file["vectors"]) {
    Vector vector = w3c_vector(file, json);
    wire::Policy policy = wire::w3c_policy();
    policy.any_top_origin_allowed = false;
    use(vector, policy);
    const bool names_it = Json::parse(vector.response.client_data_json).contains("topOrigin");
    INFO(json["name"]);
    CHECK(code_of(verify_registration(vector.expected, vector.response)) == (names_it ? "webauthn_top_origin" : good));
    expect_frames(vector, file["top_origin"]);
    CHECK(code_of(verify_registration(vector.expected, vector.response)) == good);
    framed_by += names_it;
  }
  CHECK(framed_by == 1);
}

TEST_CASE("real registrations: accepted at their time, with their anchor, or refused by the table") {
  if (!present()) return;
  std::map<std::string, int> counts;
  for (const Json& entry : read_json("real/registrations.json")) {
    const std::string format = entry["fmt"];
    INFO(entry["id"] << " " << format << " " << entry["alg"] << " " << entry["stmt_alg"]);
    ExpectedRegistration expected = expected_of(entry);
    const RegistrationResponse response = response_of(entry);
    const auto verified = verify_registration(expected, response);
    CHECK(code_of(verified) == expected_code(entry["id"]));
    ++counts[code_of(verified)];
    if (!verified) continue;
    CHECK(base64url(verified->record().aaguid) == base64url(hex_at(entry, "aaguid")));
    if (has_anchor(entry)) {
      ++counts["accepted with a path to its anchor"];
      CHECK(verified->record().attestation_type == "trusted");
      expected.policy.attestation = wire::AttestationAcceptance::trust;
      CHECK(code_of(verify_registration(expected, response)) == good);
      expected.now = from_unix_seconds(0);
      CHECK(code_of(verify_registration(expected, response)) == "webauthn_attestation_untrusted");
    }
    if (format == "packed") {
      RegistrationResponse changed = response;
      changed.client_data_json.push_back(' ');
      CHECK(code_of(verify_registration(expected_of(entry), changed)) == "webauthn_attestation_signature_invalid");
    }
  }
  for (const auto& [code, count] : counts) std::cout << "real registrations: " << count << " " << code << "\n";
  CHECK(counts[good] == 20);
  CHECK(counts["accepted with a path to its anchor"] == 15);
}

TEST_CASE("real assertions: every key that is COSE verifies, and no bit of the signature can change") {
  if (!present()) return;
  int verified = 0, keys_refused = 0;
  for (const Json& entry : read_json("real/assertions.json")) {
    INFO(entry["id"]);
    Vector vector;
    vector.expected_assertion.origins = {entry["origin"]};
    vector.expected_assertion.challenge = base64url_at(entry, "challenge");
    vector.expected_assertion.policy = wire::standard_policy();
    vector.expected_assertion.policy.user_verification = wire::UserVerification::preferred;
    vector.assertion.id = "credential"_b;
    vector.expected_assertion.allow_credentials = {vector.assertion.id};
    vector.assertion.client_data_json = base64url_at(entry, "clientDataJSON");
    vector.assertion.authenticator_data = base64url_at(entry, "authenticatorData");
    vector.assertion.signature = base64url_at(entry, "signature");
    CredentialRecord record;
    record.id = vector.assertion.id;
    record.public_key = base64url_at(entry, "publicKeyCose");
    record.backup_eligible = vector.assertion.authenticator_data[32] & 0x08;
    // The RP ID is a suffix of the origin's host.
    std::string host = entry["origin"];
    if (host.find("://") != std::string::npos) host = host.substr(host.find("://") + 3);
    vector.expected_assertion.rp_id = host.substr(0, host.find(':'));
    const std::string code = assertion_code(vector, record);
    if (record.public_key.size() > 1 && record.public_key[0] == 0x30) {
      ++keys_refused;  // an SPKI, not COSE
      CHECK(code == "webauthn_cbor_trailing");
      continue;
    }
    CHECK(code == "accepted");
    ++verified;
    for (std::size_t i = 0; i < vector.assertion.signature.size(); i += 7) {
      Vector changed = vector;
      changed.assertion.signature[i] ^= 0x10;
      CHECK(assertion_code(changed, record) == "webauthn_signature_invalid");
    }
  }
  std::cout << "real assertions: " << verified << " verified, " << keys_refused << " with a key that is not COSE\n";
  CHECK(verified > 0);
}

}  // namespace tegata::webauthn::test
