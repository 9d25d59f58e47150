// Server conformance cases 120 to 141 and 159 to 171: assertions. The words are ours.
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {
namespace {

// Older conformance tests want these accepted; Level 3 says that presence is a MUST.
void check_absent_user(wire::UserVerification verification) {
  const Behaviour nobody = [] {
    Behaviour behaviour;
    behaviour.user_present = behaviour.user_verified = false;
    return behaviour;
  }();
  under(both_profiles, [&](Sample& sample) {
    sample.bind();
    sample.authentication.policy.user_verification = verification;
    if (sample.authentication.policy.assertion_without_user_presence_allowed) {
      CHECK_ACCEPTED(sample.sign_in(nobody));
    } else {
      CHECK_REFUSED(sample.sign_in(nobody), errors::webauthn_user_not_present,
                    wire::authentication_clauses.user_present);
    }
  });
  CHECK(wire::find_policy("fido-conformance")->assertion_without_user_presence_allowed);
  CHECK_FALSE(wire::find_policy("standard")->assertion_without_user_presence_allowed);
}

void check_accepted_with(wire::UserVerification verification, bool present, bool verified) {
  Behaviour behaviour;
  behaviour.user_present = present;
  behaviour.user_verified = verified;
  under(both_profiles, [&](Sample& sample) {
    sample.bind();
    sample.authentication.policy.user_verification = verification;
    const auto result = sample.sign_in(behaviour);
    REQUIRE(code_of(result) == "accepted");
    CHECK(result->user_verified() == verified);
  });
}

}  // namespace

TEST_CASE("case 120: an assertion is accepted") {
  check_signed(Behaviour{});
  under(both_profiles, [](Sample& sample) {
    sample.bind();
    sample.authentication.allow_credentials = {sample.record.id};
    CHECK_ACCEPTED(sample.sign_in());
  });
}

TEST_CASE("case 121: assertion without id") {
  check_signed(dropping("/id"), errors::json_member_missing, wire::clauses::authentication_json);
  check_signed(putting("/id", nullptr), errors::json_member_missing, wire::clauses::authentication_json);
}

TEST_CASE("case 122: id of an assertion is no text") {
  for (const Json& wrong : no_texts) {
    check_signed(both_ids(wrong), errors::json_member_type, wire::clauses::authentication_json);
  }
}

TEST_CASE("case 123: id of an assertion is not base64url") {
  for (const char* wrong : no_base64url) {
    check_signed(both_ids(wrong), errors::base64url_malformed, wire::clauses::authentication_json);
  }
}

TEST_CASE("case 124: assertion without type") {
  check_signed(dropping("/type"), errors::json_member_missing, wire::clauses::authentication_json);
  check_signed(putting("/type", nullptr), errors::json_member_missing, wire::clauses::authentication_json);
}

TEST_CASE("case 125: type of an assertion is no text") {
  for (const Json& wrong : no_texts) {
    check_signed(putting("/type", wrong), errors::json_member_type, wire::clauses::authentication_json);
  }
}

TEST_CASE("case 126: type of an assertion is not public-key") {
  for (const char* wrong : {"", "password", "Public-Key", "public-key ", "public_key"}) {
    check_signed(putting("/type", wrong), errors::webauthn_credential_type, wire::clauses::credential_json);
  }
}

TEST_CASE("case 127: assertion without response") {
  check_signed(dropping("/response"), errors::json_member_missing, wire::clauses::authentication_json);
  check_signed(putting("/response", nullptr), errors::json_member_missing, wire::clauses::authentication_json);
}

TEST_CASE("case 128: response of an assertion is no object") {
  for (const Json& wrong : no_objects) {
    check_signed(putting("/response", wrong), errors::json_member_type, wire::clauses::authentication_json);
  }
}

TEST_CASE("case 129: assertion without client data") {
  check_signed(dropping("/response/clientDataJSON"), errors::json_member_missing, wire::clauses::authentication_json);
  check_signed(putting("/response/clientDataJSON", nullptr), errors::json_member_missing,
               wire::clauses::authentication_json);
}

TEST_CASE("case 130: client data of an assertion is no text") {
  for (const Json& wrong : no_texts) {
    check_signed(putting("/response/clientDataJSON", wrong), errors::json_member_type,
                 wire::clauses::authentication_json);
  }
}

TEST_CASE("case 131: client data of an assertion is empty") {
  check_signed(putting("/response/clientDataJSON", ""), errors::webauthn_client_data_malformed,
               wire::authentication_clauses.client_data);
}

TEST_CASE("case 132: assertion without authenticator data") {
  check_signed(dropping("/response/authenticatorData"), errors::json_member_missing,
               wire::clauses::authentication_json);
  check_signed(putting("/response/authenticatorData", nullptr), errors::json_member_missing,
               wire::clauses::authentication_json);
}

TEST_CASE("case 133: authenticator data of an assertion is no text") {
  for (const Json& wrong : no_texts) {
    check_signed(putting("/response/authenticatorData", wrong), errors::json_member_type,
                 wire::clauses::authentication_json);
  }
}

TEST_CASE("case 134: authenticator data of an assertion is not base64url") {
  for (const char* wrong : no_base64url) {
    check_signed(putting("/response/authenticatorData", wrong), errors::base64url_malformed,
                 wire::clauses::authentication_json);
  }
}

TEST_CASE("case 135: authenticator data of an assertion is empty") {
  check_signed(putting("/response/authenticatorData", ""), errors::webauthn_authenticator_data_malformed,
               wire::clauses::authenticator_data);
}

TEST_CASE("case 136: assertion without signature") {
  check_signed(dropping("/response/signature"), errors::json_member_missing, wire::clauses::authentication_json);
  check_signed(putting("/response/signature", nullptr), errors::json_member_missing,
               wire::clauses::authentication_json);
}

TEST_CASE("case 137: signature of an assertion is no text") {
  for (const Json& wrong : no_texts) {
    check_signed(putting("/response/signature", wrong), errors::json_member_type, wire::clauses::authentication_json);
  }
}

TEST_CASE("case 138: signature of an assertion is not base64url") {
  for (const char* wrong : no_base64url) {
    check_signed(putting("/response/signature", wrong), errors::base64url_malformed,
                 wire::clauses::authentication_json);
  }
}

TEST_CASE("case 139: signature of an assertion is empty") {
  check_signed(putting("/response/signature", ""), errors::webauthn_signature_invalid, wire::clauses::signature);
}

TEST_CASE("case 140: signature of an assertion does not verify") {
  check_signed(lying(Lie::bogus_signature), errors::webauthn_signature_invalid, wire::clauses::signature);
}

TEST_CASE("case 141: userHandle is no text; null and absent are fine where the user is known") {
  for (const Json& wrong : no_texts) {
    check_signed(putting("/response/userHandle", wrong), errors::json_member_type, wire::clauses::authentication_json);
  }
  under(both_profiles, [](Sample& sample) {
    sample.bind();
    sample.authentication.allow_credentials = {sample.record.id};
    CHECK_ACCEPTED(sample.verify_got(with(sample.get(), "/response/userHandle", nullptr)));
    CHECK_ACCEPTED(sample.verify_got(without(sample.get(), "/response/userHandle")));
  });
}

TEST_CASE("case 159: a counter that stays at zero") {
  under(both_profiles, [](Sample& sample) {
    sample.bind(counting(0));
    for (int i = 0; i < 3; ++i) {
      const auto verified = sample.sign_in(counting(0));
      REQUIRE(code_of(verified) == "accepted");
      CHECK(verified->sign_count() == 0);
    }
  });
}

TEST_CASE("case 160: UV set where it is required, without UP in the conformance profile alone") {
  under(both_profiles, [](Sample& sample) {
    sample.bind();
    if (sample.authentication.policy.assertion_without_user_presence_allowed) {
      CHECK_ACCEPTED(sample.sign_in(lying(Lie::no_up)));
    } else {
      CHECK_REFUSED(sample.sign_in(lying(Lie::no_up)), errors::webauthn_user_not_present,
                    wire::authentication_clauses.user_present);
    }
  });
}

TEST_CASE("case 161: UV and UP set where UV is required") {
  check_accepted_with(wire::UserVerification::required, true, true);
}

TEST_CASE("case 162: UP and UV clear where UV is preferred: the conformance profile alone") {
  check_absent_user(wire::UserVerification::preferred);
}

TEST_CASE("case 163: UP alone where UV is discouraged") {
  check_accepted_with(wire::UserVerification::discouraged, true, false);
}

TEST_CASE("case 164: UV set where it is discouraged") {
  check_accepted_with(wire::UserVerification::discouraged, true, true);
}

TEST_CASE("case 165: UP and UV clear where UV is discouraged: the conformance profile alone") {
  check_absent_user(wire::UserVerification::discouraged);
}

TEST_CASE("case 166: extension outputs with ED set in an assertion") {
  check_signed(extending(CborWriter().map(1).text("sample").integer(1).out()));
}

TEST_CASE("case 167: bytes are left over behind the authenticator data of an assertion") {
  check_signed(editing([](Bytes& data) { data.push_back(0); }), errors::webauthn_authenticator_data_leftover,
               wire::clauses::authenticator_data);
}

TEST_CASE("case 168: rpIdHash of an assertion is another's") {
  check_signed(lying(Lie::rp_id), errors::webauthn_rp_id_mismatch, wire::authentication_clauses.rp_id_hash);
}

TEST_CASE("case 169: the signature covers other client data") {
  const EditJson other_client_data = [](const Json& good) {
    std::string text(as_text(part(good, "clientDataJSON")));
    text.insert(text.size() - 1, ",\"more\":1");
    return with(good, "/response/clientDataJSON", base64url(as_bytes(text)));
  };
  check_signed(other_client_data, errors::webauthn_signature_invalid, wire::clauses::signature);
}

TEST_CASE("case 170: the counter did not grow") {
  under(both_profiles, [](Sample& sample) {
    sample.bind(counting(7));
    for (const std::uint32_t count : {7u, 6u, 1u, 0u}) {
      CHECK_REFUSED(sample.sign_in(counting(count)), errors::webauthn_counter_went_back, wire::clauses::sign_count);
    }
    CHECK_ACCEPTED(sample.sign_in(counting(8)));
  });
}

TEST_CASE("case 171: UP alone where UV is required") {
  check_signed(lying(Lie::no_uv), errors::webauthn_user_not_verified, wire::authentication_clauses.user_verified);
}

}  // namespace tegata::webauthn::test::conformance
