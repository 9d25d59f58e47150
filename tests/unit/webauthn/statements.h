// Statements of the formats whose certificates come from a CA of their own: made by the software authenticator, taken
// apart and put together again with one thing changed; and those that others recorded.
#pragma once

#include "rp/webauthn/wire/cbor.h"
#include "tests/support/still_world.h"
#include "tests/support/vectors.h"
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test {

inline const auto statement_malformed = errors::webauthn_attestation_statement_malformed;

// A statement's map with one member replaced, or left out where there is no other value.
inline Bytes with_member(const wire::Cbor& map, std::string_view name, const std::optional<Bytes>& value) {
  sandbox::authenticator::CborWriter out;
  const bool there = map.find(name).has_value();
  out.map(map.size() + (value && !there ? 1 : 0) - (!value && there ? 1 : 0));
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (map.key_at(i).text() != name) out.raw(map.key_at(i).encoded()).raw(map.value_at(i).encoded());
  }
  if (value) out.text(name).raw(*value);
  return out.out();
}

// The code and clause for a good statement with one member changed.
inline Result<VerifiedRegistration> judged_with(const Behaviour& behaviour, std::string_view format,
                                                std::string_view name, const std::optional<Bytes>& value) {
  Sample sample;
  const Json json = sample.create(behaviour);
  const Bytes object = conformance::part(json, "attestationObject");
  const Bytes statement = with_member(*wire::Cbor::scan(object)->find("attStmt"), name, value);
  return sample.verify_created(conformance::with_statement(json, format, statement));
}

inline Result<VerifiedRegistration> judged(const Behaviour& behaviour) {
  Sample sample;
  sample.registration.algorithms = {behaviour.algorithm.value_or(-7)};
  return sample.enrol(behaviour);
}

inline Result<VerifiedRegistration> lied(Behaviour behaviour, Lie lie) {
  behaviour.lie = lie;
  return judged(behaviour);
}

// The attestation type of a record under the policy that wants a path to the authenticator's root, or the code.
inline std::string trusted(const Behaviour& behaviour) {
  Sample sample;
  sample.registration.algorithms = {behaviour.algorithm.value_or(-7)};
  sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  const auto verified = sample.enrol(behaviour);
  return verified ? verified->record().attestation_type : code_of(verified);
}

struct Recorded {
  ExpectedRegistration expected;
  RegistrationResponse response;
};

inline std::optional<Recorded> w3c_registration(std::string_view name) {
  const Json file = vectors::read_json("w3c-webauthn-l3.json");
  for (const Json& vector : file.value("vectors", Json::array())) {
    if (vector["name"] != name) continue;
    const Json& json = vector["registration"];
    Recorded out;
    out.expected.rp_id = file["rp_id"];
    out.expected.origins = {file["origin"]};
    out.expected.challenge = from_hex(json["challenge"].get<std::string>());
    out.expected.policy = wire::w3c_policy();
    out.expected.now = tegata::test::still_moment;
    out.expected.authenticator_attachment.clear();
    out.expected.anchors = {from_hex(file["attestation_root"]["attestation_ca_cert"]["hex"].get<std::string>())};
    out.response.id = from_hex(json["credential_id"].get<std::string>());
    out.response.client_data_json = from_hex(json["clientDataJSON"].get<std::string>());
    out.response.attestation_object = from_hex(json["attestationObject"].get<std::string>());
    return out;
  }
  return std::nullopt;
}

// Recorded ceremonies of a format, in order.
inline std::vector<std::pair<Json, Recorded>> real_registrations(std::string_view format) {
  std::vector<std::pair<Json, Recorded>> out;
  for (const Json& json : vectors::read_json("real/registrations.json")) {
    if (json["fmt"] != format) continue;
    const auto bytes = [&](const char* name) { return parse_base64url(json[name].get<std::string>()).value(); };
    Recorded one;
    one.expected.rp_id = json["rp_id"];
    one.expected.origins = {json["origin"].get<std::string>()};
    one.expected.challenge = bytes("challenge");
    one.expected.policy = wire::w3c_policy();
    one.expected.algorithms = {json["alg"].get<std::int64_t>()};
    one.expected.authenticator_attachment.clear();
    one.expected.now = from_unix_seconds(json.value("verify_at_epoch", std::int64_t{1'795'200'000}));
    one.response.client_data_json = bytes("clientDataJSON");
    one.response.attestation_object = bytes("attestationObject");
    const Bytes data = Json::from_cbor(one.response.attestation_object)["authData"].get_binary();
    one.response.id.assign(data.begin() + 55, data.begin() + 55 + (data[53] << 8 | data[54]));
    out.emplace_back(json, std::move(one));
  }
  return out;
}

inline Bytes recorded_anchor(const Json& entry) {
  return to_bytes(as_bytes(vectors::read_file(vectors::folder() / "real" / entry["anchor"].get<std::string>())));
}

}  // namespace tegata::webauthn::test
