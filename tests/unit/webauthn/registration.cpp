#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

// Replaces the first `from` of the client data.
Behaviour replacing(const std::string& from, const std::string& to) {
  Behaviour behaviour;
  behaviour.edit_client_data = [=](std::string& text) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  };
  return behaviour;
}

}  // namespace

TEST_CASE("a registration of every supported algorithm and attestation is accepted") {
  const auto attestation =
      GENERATE(AttestationChoice::none, AttestationChoice::packed_self, AttestationChoice::packed_x5c);
  const std::int64_t algorithm = GENERATE(-7, -8, -257);
  Sample sample;
  const auto verified = sample.enrol(attesting(attestation, algorithm));
  REQUIRE(code_of(verified) == "accepted");
  const CredentialRecord& record = verified->record();
  CHECK(record.id == sample.authenticator.credentials().back().id);
  CHECK(record.algorithm == algorithm);
  CHECK(record.aaguid == sample.authenticator.aaguid());
  CHECK(record.transports == std::vector<std::string>{"internal"});
  CHECK(record.uv_initialized);
  CHECK(record.rp_id == "localhost");
  CHECK(record.attestation_format == (attestation == AttestationChoice::none ? "none" : "packed"));
  CHECK(record.attestation_type == (attestation == AttestationChoice::none          ? "none"
                                    : attestation == AttestationChoice::packed_self ? "self"
                                                                                    : "unverified"));
  // The second verifier knows every one of these that is signed at all.
  CHECK(verified->second_opinion() == (attestation == AttestationChoice::none ? "not_comparable" : "agreed"));
}

TEST_CASE("each named lie at registration has its own code") {
  Sample sample;
  CHECK(code_of(sample.enrol(lying(Lie::type))) == "webauthn_type_mismatch");
  CHECK(code_of(sample.enrol(lying(Lie::challenge))) == "webauthn_challenge_mismatch");
  CHECK(code_of(sample.enrol(lying(Lie::origin))) == "webauthn_origin_mismatch");
  CHECK(code_of(sample.enrol(lying(Lie::rp_id))) == "webauthn_rp_id_mismatch");
  CHECK(code_of(sample.enrol(lying(Lie::no_up))) == "webauthn_user_not_present");
  CHECK(code_of(sample.enrol(lying(Lie::no_uv))) == "webauthn_user_not_verified");
}

TEST_CASE("refusals cite the clause that was broken") {
  Sample sample;
  const auto refused = sample.enrol(lying(Lie::challenge));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().clause() == "webauthn-3#sctn-registering-a-new-credential: challenge equals");
}

TEST_CASE("client data that is not what the browser writes") {
  Sample sample;
  const std::string malformed = "webauthn_client_data_malformed";
  CHECK(code_of(sample.enrol(replacing("\"type\"", "\"kind\""))) == malformed);
  CHECK(code_of(sample.enrol(replacing("\"webauthn.create\"", "7"))) == malformed);
  CHECK(code_of(sample.enrol(replacing("\"webauthn.create\"", "\"\""))) == "webauthn_type_mismatch");
  CHECK(code_of(sample.enrol(replacing("webauthn.create", "webauthn.get"))) == "webauthn_type_mismatch");
  CHECK(code_of(sample.enrol(replacing("\"challenge\"", "\"other\""))) == malformed);
  CHECK(code_of(sample.enrol(replacing("\"challenge\":\"", "\"challenge\":\"A"))) == "webauthn_challenge_mismatch");
  CHECK(code_of(sample.enrol(replacing("\"origin\"", "\"other\""))) == malformed);
  CHECK(code_of(sample.enrol(replacing("https://localhost:8443", ""))) == "webauthn_origin_mismatch");
  CHECK(code_of(sample.enrol(replacing("https://localhost:8443", "https://localhost"))) == "webauthn_origin_mismatch");
  CHECK(code_of(sample.enrol(replacing("https://localhost:8443", "http://localhost:8443"))) ==
        "webauthn_origin_mismatch");
  CHECK(code_of(sample.enrol(replacing("https://localhost:8443", "https://localhost:8443/"))) ==
        "webauthn_origin_mismatch");
  CHECK(code_of(sample.enrol(replacing("false", "\"false\""))) == malformed);
  CHECK(code_of(sample.enrol(replacing("{", "{\"origin\":\"https://localhost:8443\","))) == malformed);
  CHECK(code_of(sample.enrol(replacing("}", ",\"x\":\"\xff\"}"))) == malformed);
  CHECK(code_of(sample.enrol(replacing("}", "}}"))) == malformed);
  CHECK(code_of(sample.enrol(replacing("{", "[{"))) == malformed);
}

TEST_CASE("one byte order mark and unknown members are no fault of the client data") {
  Sample sample;
  CHECK(code_of(sample.enrol(replacing("{", "\xef\xbb\xbf{"))) == "accepted");
  CHECK(code_of(sample.enrol(replacing("{", "\xef\xbb\xbf\xef\xbb\xbf{"))) == "webauthn_client_data_malformed");
  CHECK(code_of(sample.enrol(replacing("}", ",\"tokenBinding\":7,\"other\":{\"a\":[1]}}"))) == "accepted");
}

TEST_CASE("frames are refused unless they were expected, and that one") {
  Sample sample;
  const Behaviour framed = replacing("false", "true,\"topOrigin\":\"https://ehr.example\"");
  CHECK(code_of(sample.enrol(replacing("false", "true"))) == "webauthn_cross_origin");
  CHECK(code_of(sample.enrol(replacing("false", "false,\"topOrigin\":\"https://ehr.example\""))) ==
        "webauthn_top_origin");
  sample.registration.policy.cross_origin_allowed = true;
  CHECK(code_of(sample.enrol(replacing("false", "true"))) == "accepted");
  CHECK(code_of(sample.enrol(framed)) == "webauthn_top_origin");
  sample.registration.top_origins = {"https://ehr.example"};
  CHECK(code_of(sample.enrol(framed)) == "accepted");
}

TEST_CASE("an empty expected challenge matches nothing") {
  Sample sample;
  sample.registration.challenge.clear();
  const auto emptied = [](std::string& text) {
    Json json = Json::parse(text);
    json["challenge"] = "";
    text = json.dump();
  };
  Behaviour behaviour;
  behaviour.edit_client_data = emptied;
  CHECK(code_of(sample.enrol(behaviour)) == "webauthn_challenge_mismatch");
}

TEST_CASE("flags that contradict each other or the policy") {
  Sample sample;
  Behaviour synced;
  synced.backup_eligible = synced.backup_state = true;
  CHECK(code_of(sample.enrol(synced)) == "webauthn_backup_eligible_refused");
  sample.registration.policy.backup_eligible_allowed = true;
  REQUIRE(code_of(sample.enrol(synced)) == "accepted");
  synced.backup_eligible = false;
  CHECK(code_of(sample.enrol(synced)) == "webauthn_backup_state_without_eligibility");
  for (const int bit : {0x02, 0x20}) {
    CHECK(code_of(sample.enrol(editing([=](Bytes& data) {
            data[flags_at] = static_cast<std::uint8_t>(data[flags_at] | bit);
          }))) == "webauthn_reserved_flags");
  }
}

TEST_CASE("presence and verification are asked for as the policy says") {
  Sample sample;
  sample.registration.policy.user_verification = wire::UserVerification::preferred;
  const auto unverified = sample.enrol(lying(Lie::no_uv));
  REQUIRE(code_of(unverified) == "accepted");
  CHECK_FALSE(unverified->record().uv_initialized);
  CHECK(code_of(sample.enrol(lying(Lie::no_up))) == "webauthn_user_not_present");
  sample.registration.conditional_create = true;
  CHECK(code_of(sample.enrol(lying(Lie::no_up))) == "accepted");
}

TEST_CASE("authenticator data of the wrong shape") {
  Sample sample;
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d.clear(); }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d.resize(36); }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d.resize(54); }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d.resize(37); }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d.pop_back(); }))) == "webauthn_cbor_length");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d.push_back(0); }))) == "webauthn_authenticator_data_leftover");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d[flags_at] &= 0xbf; }))) ==
        "webauthn_authenticator_data_leftover");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d[flags_at] &= 0xbf, d.resize(37); }))) ==
        "webauthn_attested_data_missing");
  CHECK(code_of(sample.enrol(editing([](Bytes& d) { d[flags_at] |= 0x80; }))) == "webauthn_cbor_malformed");
}

TEST_CASE("credential IDs of no byte, of 1023 and of 1024") {
  Sample sample;
  const auto resized = [&](std::size_t size) {
    Json json = sample.create(editing([=](Bytes& data) {
      data[credential_length_at] = static_cast<std::uint8_t>(size >> 8);
      data[credential_length_at + 1] = static_cast<std::uint8_t>(size);
      data.erase(data.begin() + 55, data.begin() + 55 + 32);
      data.insert(data.begin() + 55, size, 0x61);
    }));
    json["id"] = json["rawId"] = base64url(Bytes(size == 0 ? 1 : std::min<std::size_t>(size, 1023), 0x61));
    return json;
  };
  CHECK(code_of(sample.verify_created(resized(0))) == "webauthn_credential_id_length");
  CHECK(code_of(sample.verify_created(resized(1))) == "accepted");
  CHECK(code_of(sample.verify_created(resized(1023))) == "accepted");
  CHECK(code_of(sample.verify_created(resized(1024))) == "webauthn_credential_id_length");
}

TEST_CASE("the credential ID of the response is the one that was attested") {
  Sample sample;
  Json json = sample.create();
  json["id"] = json["rawId"] = base64url("another"_b);
  CHECK(code_of(sample.verify_created(json)) == "webauthn_credential_id_mismatch");
}

TEST_CASE("extension outputs that nobody asked for survive, those that are no map do not") {
  Sample sample;
  Behaviour behaviour = attesting(AttestationChoice::packed_x5c, -7);
  behaviour.extensions =
      sandbox::authenticator::CborWriter().map(2).text("other").boolean(true).text("credProtect").integer(2).out();
  const auto verified = sample.enrol(behaviour);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->second_opinion() == "agreed");
  behaviour.extensions = sandbox::authenticator::CborWriter().map(1).integer(1).integer(2).out();
  CHECK(code_of(sample.enrol(behaviour)) == "webauthn_extensions_malformed");
  behaviour.extensions = sandbox::authenticator::CborWriter().array(0).out();
  CHECK(code_of(sample.enrol(behaviour)) == "webauthn_extensions_malformed");
}

TEST_CASE("an algorithm that was not asked for is refused") {
  Sample sample;
  sample.registration.algorithms = {-7};
  CHECK(code_of(sample.enrol(attesting(AttestationChoice::none, -8))) == "webauthn_algorithm_not_asked");
}

TEST_CASE("what the browser reports against the options is refused, silence is not") {
  Sample sample;
  Json json = sample.create();
  json["authenticatorAttachment"] = "cross-platform";
  CHECK(code_of(sample.verify_created(json)) == "webauthn_attachment_mismatch");
  json.erase("authenticatorAttachment");
  CHECK(code_of(sample.verify_created(json)) == "accepted");
  json["clientExtensionResults"] = {{"credProps", {{"rk", false}}}};
  CHECK(code_of(sample.verify_created(json)) == "webauthn_not_discoverable");
  for (const Json& odd : {Json::object(), Json{{"credProps", "rk"}}, Json{{"credProps", Json::array({false})}}}) {
    json["clientExtensionResults"] = odd;
    CHECK(code_of(sample.verify_created(json)) == "accepted");
  }
}

}  // namespace tegata::webauthn::test
