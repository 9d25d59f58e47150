// Server conformance cases 4 to 19: the registration response as JSON. The words are ours.
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {
TEST_CASE("case 004: a registration is accepted, and the next options exclude it") {
  under(both_profiles, [](Sample& sample) {
    sample.bind();
    const CreationUser user{sample.user_handle, "kensho", "検証 太郎"};
    const Json options = creation_options(sample.registration, "検証機関", user, {sample.record}, "direct", 300'000);
    REQUIRE(options["excludeCredentials"].size() == 1);
    CHECK(options["excludeCredentials"][0]["type"] == "public-key");
    CHECK(options["excludeCredentials"][0]["id"] == base64url(sample.record.id));
    CHECK(code_of(sample.authenticator.create(options, sample.origin, {}, sample.random)) == "authenticator_excluded");
  });
}

TEST_CASE("case 005: registration without id") {
  check_created(dropping("/id"), errors::json_member_missing, wire::clauses::registration_json);
  check_created(putting("/id", nullptr), errors::json_member_missing, wire::clauses::registration_json);
}

TEST_CASE("case 006: id of a registration is no text") {
  for (const Json& wrong : no_texts) {
    check_created(both_ids(wrong), errors::json_member_type, wire::clauses::registration_json);
  }
}

TEST_CASE("case 007: id of a registration is not base64url") {
  for (const char* wrong : no_base64url) {
    check_created(both_ids(wrong), errors::base64url_malformed, wire::clauses::registration_json);
  }
}

TEST_CASE("case 008: registration without type") {
  check_created(dropping("/type"), errors::json_member_missing, wire::clauses::registration_json);
  check_created(putting("/type", nullptr), errors::json_member_missing, wire::clauses::registration_json);
}

TEST_CASE("case 009: type of a registration is no text") {
  for (const Json& wrong : no_texts) {
    check_created(putting("/type", wrong), errors::json_member_type, wire::clauses::registration_json);
  }
}

TEST_CASE("case 010: type of a registration is not public-key") {
  for (const char* wrong : {"", "password", "Public-Key", "public-key ", "public_key"}) {
    check_created(putting("/type", wrong), errors::webauthn_credential_type, wire::clauses::credential_json);
  }
}

TEST_CASE("case 011: registration without response") {
  check_created(dropping("/response"), errors::json_member_missing, wire::clauses::registration_json);
  check_created(putting("/response", nullptr), errors::json_member_missing, wire::clauses::registration_json);
}

TEST_CASE("case 012: response of a registration is no object") {
  for (const Json& wrong : no_objects) {
    check_created(putting("/response", wrong), errors::json_member_type, wire::clauses::registration_json);
  }
}

TEST_CASE("case 013: registration without client data") {
  check_created(dropping("/response/clientDataJSON"), errors::json_member_missing, wire::clauses::registration_json);
  check_created(putting("/response/clientDataJSON", nullptr), errors::json_member_missing,
                wire::clauses::registration_json);
}

TEST_CASE("case 014: client data of a registration is no text") {
  for (const Json& wrong : no_texts) {
    check_created(putting("/response/clientDataJSON", wrong), errors::json_member_type,
                  wire::clauses::registration_json);
  }
}

TEST_CASE("case 015: client data of a registration is empty") {
  check_created(putting("/response/clientDataJSON", ""), errors::webauthn_client_data_malformed,
                wire::registration_clauses.client_data);
}

TEST_CASE("case 016: registration without attestation object") {
  check_created(dropping("/response/attestationObject"), errors::json_member_missing, wire::clauses::registration_json);
  check_created(putting("/response/attestationObject", nullptr), errors::json_member_missing,
                wire::clauses::registration_json);
}

TEST_CASE("case 017: attestation object is no text") {
  for (const Json& wrong : no_texts) {
    check_created(putting("/response/attestationObject", wrong), errors::json_member_type,
                  wire::clauses::registration_json);
  }
}

TEST_CASE("case 018: attestation object is empty") {
  check_created(putting("/response/attestationObject", ""), errors::webauthn_cbor_malformed, wire::clauses::cbor);
}

TEST_CASE("case 019: UV is clear in a registration that requires it") {
  check_created(lying(Lie::no_uv), errors::webauthn_user_not_verified, wire::registration_clauses.user_verified);
  under(both_profiles, [](Sample& sample) {
    sample.registration.policy.user_verification = wire::UserVerification::preferred;
    CHECK_ACCEPTED(sample.enrol(lying(Lie::no_uv)));
  });
}

}  // namespace tegata::webauthn::test::conformance
