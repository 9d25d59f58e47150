// Ceremonies that others recorded: the W3C's test vectors and real authenticators. Where the folder is
// absent this is said aloud, and counted, by the one test case that looks for it.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "rp/webauthn/signature_key.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

const std::filesystem::path folder = TEGATA_VECTORS;

bool present() { return !folder.empty() && std::filesystem::exists(folder / "w3c-webauthn-l3.json"); }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Json read_json(const char* name) { return Json::parse(read_file(folder / name)); }

Bytes base64url_at(const Json& json, const char* name) {
  return parse_base64url(json[name].get<std::string>()).value();
}
Bytes hex_at(const Json& json, const char* name) { return parse_hex(json[name].get<std::string>()).value(); }

// The lenient side of every policy that is no cryptography: what a recorded ceremony may need.
ExpectedRegistration lenient(const std::string& rp_id, const std::string& origin, Bytes challenge) {
  ExpectedRegistration expected;
  expected.rp_id = rp_id;
  expected.origins = {origin};
  expected.challenge = std::move(challenge);
  expected.policy = standard_policy();
  expected.policy.user_verification = UserVerification::preferred;
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
  expected.anchors = {raw_bytes(read_file(folder / "real" / entry["anchor"].get<std::string>()))};
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

}  // namespace

TEST_CASE("outside vectors are there, or their absence is counted") {
  if (!present()) WARN("SKIPPED 3: no outside vectors; configure with -DTEGATA_VECTORS=<folder>");
  SUCCEED();
}

TEST_CASE("W3C vectors: what is supported passes, the rest is refused by name") {
  if (!present()) return;
  const Json file = read_json("w3c-webauthn-l3.json");
  int passed = 0, refused = 0;
  for (const Json& json : file["vectors"]) {
    const std::string name = json["name"];
    INFO(name);
    Vector vector = w3c_vector(file, json);
    expect_frames(vector, file["top_origin"]);
    vector.expected.now = from_unix_seconds(1'795'200'000);
    const auto verified = verify_registration(vector.expected, vector.response);
    const std::string code = code_of(verified);
    if (code == "accepted") {
      CHECK(assertion_code(vector, verified->record()) == "accepted");
      ++passed;
      continue;
    }
    ++refused;
    CHECK((code == "webauthn_attestation_format_unsupported" || code == "webauthn_algorithm_unsupported"));
    CHECK(code == (name.find("ES384") != std::string::npos || name.find("ES512") != std::string::npos ||
                           name.find("Ed448") != std::string::npos
                       ? "webauthn_algorithm_unsupported"
                       : "webauthn_attestation_format_unsupported"));
  }
  CHECK(passed + refused == 15);
  std::cout << "W3C vectors: " << passed << " passed, " << refused << " refused as unsupported\n";
}

TEST_CASE("W3C vectors: frames are refused by default") {
  if (!present()) return;
  const Json file = read_json("w3c-webauthn-l3.json");
  int framed = 0;
  for (const Json& json : file["vectors"]) {
    const Vector vector = w3c_vector(file, json);
    const Json data = Json::parse(vector.response.client_data_json);
    const std::string code = code_of(verify_registration(vector.expected, vector.response));
    INFO(json["name"]);
    if (data.value("crossOrigin", false)) {
      CHECK(code == "webauthn_cross_origin");
      ++framed;
    } else {
      CHECK(code != "webauthn_cross_origin");
      CHECK(code != "webauthn_top_origin");
    }
  }
  CHECK(framed > 0);
}

TEST_CASE(
    "real registrations: what is supported passes, to its anchor where one is named; the rest is refused by name") {
  if (!present()) return;
  std::map<std::string, int> counts;
  for (const Json& entry : read_json("real/registrations.json")) {
    const std::string format = entry["fmt"];
    INFO(entry["id"] << " " << format << " " << entry["alg"] << " " << entry["stmt_alg"]);
    ExpectedRegistration expected = expected_of(entry);
    const RegistrationResponse response = response_of(entry);
    const bool algorithm =
        is_supported_algorithm(entry["alg"]) && (format != "packed" || is_supported_algorithm(entry["stmt_alg"]));
    const bool known = format == "packed" || format == "none";
    // One generator of synthetic ceremonies writes maps that no authenticator may write.
    const bool indefinite = response.attestation_object[0] == 0xbf;
    const auto verified = verify_registration(expected, response);
    const std::string code = code_of(verified);
    ++counts[code];
    CHECK(code == (indefinite   ? "webauthn_cbor_indefinite"
                   : !algorithm ? "webauthn_algorithm_unsupported"
                   : !known     ? "webauthn_attestation_format_unsupported"
                                : "accepted"));
    if (verified && has_anchor(entry)) {
      expected.policy.attestation = AttestationAcceptance::trust;
      CHECK(code_of(verify_registration(expected, response)) == "accepted");
      expected.now = from_unix_seconds(0);
      CHECK(code_of(verify_registration(expected, response)) == "webauthn_attestation_untrusted");
    }
    if (verified && format == "packed") {
      CHECK(verified->second_opinion() == "agreed");
      RegistrationResponse changed = response;
      changed.client_data_json.push_back(' ');
      CHECK(code_of(verify_registration(expected_of(entry), changed)) == "webauthn_attestation_signature_invalid");
    }
  }
  for (const auto& [code, count] : counts) std::cout << "real registrations: " << count << " " << code << "\n";
  CHECK(counts["accepted"] > 0);
}

TEST_CASE("real assertions: every key that is COSE verifies, and no bit of the signature can change") {
  if (!present()) return;
  int verified = 0, keys_refused = 0;
  for (const Json& entry : read_json("real/assertions.json")) {
    INFO(entry["id"]);
    Vector vector;
    vector.expected_assertion.origins = {entry["origin"]};
    vector.expected_assertion.challenge = base64url_at(entry, "challenge");
    vector.expected_assertion.policy = standard_policy();
    vector.expected_assertion.policy.user_verification = UserVerification::preferred;
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
