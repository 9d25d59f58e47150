#include "tests/mutation/ceremonies.h"

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/signature_key.h"
#include "tests/support/still_world.h"
#include "tests/support/vectors.h"

namespace tegata::mutation {
namespace {

namespace fs = std::filesystem;
using namespace webauthn;
using namespace vectors;

ExpectedRegistration expected_registration(const std::string& rp_id, const std::string& origin, Bytes challenge) {
  ExpectedRegistration expected;
  expected.policy = webauthn::wire::w3c_policy();
  expected.rp_id = rp_id;
  expected.origins = {origin};
  expected.challenge = std::move(challenge);
  expected.algorithms = webauthn::wire::supported_algorithms();
  expected.authenticator_attachment.clear();
  expected.resident_key_required = false;
  expected.now = tegata::test::still_moment;
  return expected;
}

ExpectedAuthentication expected_authentication(const std::string& rp_id, const std::string& origin, Bytes challenge) {
  ExpectedAuthentication expected;
  expected.policy = webauthn::wire::w3c_policy();
  expected.rp_id = rp_id;
  expected.origins = {origin};
  expected.challenge = std::move(challenge);
  return expected;
}

// The strongest acceptance that this ceremony can bear.
void prefer_trust(Registration& one) {
  one.expected.policy.attestation = webauthn::wire::AttestationAcceptance::trust;
  if (!judge(one)) one.expected.policy.attestation = webauthn::wire::AttestationAcceptance::verify;
}

// The credential ID is where the layout says.
Bytes credential_id(ByteView attestation_object) {
  const auto object = webauthn::attestation::parse_attestation_object(attestation_object);
  if (!object) return {1};
  const auto data = webauthn::wire::parse_authenticator_data(object->authenticator_data);
  return data && data->attested ? to_bytes(data->attested->credential_id) : Bytes{1};
}

void add(Loaded& loaded, Registration one) {
  const std::string code = verdict(judge(one));
  if (code != "accepted") return loaded.refused.push_back(one.name + ": " + code);
  prefer_trust(one);
  loaded.good.registrations.push_back(std::move(one));
}

void add(Loaded& loaded, Assertion one) {
  const auto key = PublicKey::parse(one.record.public_key);
  const std::string code = verdict(key ? judge(one, *key) : key.error());
  if (code != "accepted") return loaded.refused.push_back(one.name + ": " + code);
  loaded.good.assertions.push_back(std::move(one));
}

Assertion w3c_assertion(const Json& file, const Json& got, const std::string& name, const CredentialRecord& record) {
  Assertion one{name, expected_authentication(file["rp_id"], file["origin"], hex_at(got, "challenge")), {}, record};
  one.expected.allow_credentials = {record.id};
  one.response.id = record.id;
  one.response.client_data_json = hex_at(got, "clientDataJSON");
  one.response.authenticator_data = hex_at(got, "authenticatorData");
  one.response.signature = hex_at(got, "signature");
  return one;
}

void load_w3c(Loaded& loaded, const fs::path& folder) {
  const Json file = Json::parse(read_file(folder / "w3c-webauthn-l3.json"));
  for (const Json& json : file["vectors"]) {
    const Json& created = json["registration"];
    const std::string name = "w3c " + json["name"].get<std::string>();
    Registration one{name, expected_registration(file["rp_id"], file["origin"], hex_at(created, "challenge")), {}};
    one.response.client_data_json = hex_at(created, "clientDataJSON");
    one.response.attestation_object = hex_at(created, "attestationObject");
    one.response.id = credential_id(one.response.attestation_object);
    if (file["attestation_root"].contains("attestation_ca_cert"))
      one.expected.anchors = {hex_at(file["attestation_root"]["attestation_ca_cert"], "hex")};
    const auto verified = verify_registration(one.expected, one.response, nullptr);
    if (verified) add(loaded, w3c_assertion(file, json["authentication"], name, verified->record()));
    add(loaded, std::move(one));
  }
}

void load_registrations(Loaded& loaded, const fs::path& folder) {
  for (const Json& entry : Json::parse(read_file(folder / "registrations.json"))) {
    Registration one{"real " + entry["id"].get<std::string>() + " " + entry["fmt"].get<std::string>(),
                     expected_registration(entry["rp_id"], entry["origin"], base64url_at(entry, "challenge")),
                     {}};
    one.response.client_data_json = base64url_at(entry, "clientDataJSON");
    one.response.attestation_object = base64url_at(entry, "attestationObject");
    one.response.id = credential_id(one.response.attestation_object);
    if (entry.contains("anchor") && entry["anchor"].is_string()) {
      one.expected.anchors = {to_bytes(as_bytes(read_file(folder / entry["anchor"].get<std::string>())))};
      one.expected.now = from_unix_seconds(entry["verify_at_epoch"].get<std::int64_t>());
    }
    add(loaded, std::move(one));
  }
}

// The RP ID is a suffix of the origin's host.
std::string host_of(const std::string& origin) {
  const auto scheme = origin.find("://");
  const std::string host = scheme == std::string::npos ? origin : origin.substr(scheme + 3);
  return host.substr(0, host.find(':'));
}

void load_assertions(Loaded& loaded, const fs::path& folder) {
  for (const Json& entry : Json::parse(read_file(folder / "assertions.json"))) {
    const std::string origin = entry["origin"];
    Assertion one{"real " + entry["id"].get<std::string>(),
                  expected_authentication(host_of(origin), origin, base64url_at(entry, "challenge")),
                  {},
                  {}};
    one.response.id = one.record.id = Bytes(16, 7);
    one.expected.allow_credentials = {one.record.id};
    one.response.client_data_json = base64url_at(entry, "clientDataJSON");
    one.response.authenticator_data = base64url_at(entry, "authenticatorData");
    one.response.signature = base64url_at(entry, "signature");
    one.record.public_key = base64url_at(entry, "publicKeyCose");
    one.record.backup_eligible = one.response.authenticator_data[32] & 0x08;
    add(loaded, std::move(one));
  }
}

}  // namespace

Status judge(const Registration& one) {
  TEGATA_TRY(verify_registration(one.expected, one.response, nullptr));
  return {};
}

Status judge(const Assertion& one, const PublicKey& key) {
  TEGATA_TRY(verify_authentication(one.expected, one.response, one.record, {}, key));
  return {};
}

std::string verdict(const Status& judged) { return judged ? "accepted" : std::string(judged.error().code().name()); }

Loaded load_ceremonies(const std::string& folder) {
  Loaded loaded;
  if (folder.empty() || !fs::exists(fs::path(folder) / "w3c-webauthn-l3.json")) return loaded;
  load_w3c(loaded, folder);
  load_registrations(loaded, fs::path(folder) / "real");
  load_assertions(loaded, fs::path(folder) / "real");
  return loaded;
}

}  // namespace tegata::mutation
