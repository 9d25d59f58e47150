// The numbered steps of section 7.2, the response and its client data (steps.json names the edition): what each
// accepts, and at least three ways to break it. The names are read by tests/checks/conformance.py.
#include "tests/unit/webauthn/steps.h"

namespace tegata::webauthn::test::conformance {
namespace {

Behaviour silent() {
  Behaviour behaviour;
  behaviour.send_user_handle = false;
  return behaviour;
}

}  // namespace

TEST_CASE("7.2 step 03 accepted: an assertion response") {
  check_signed([](const Json& good) { return good; });
}
TEST_CASE("7.2 step 03 refused: the response of a registration") {
  bound(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.verify_got(without(sample.create(), "/response/authenticatorData")),
                  errors::json_member_missing, wire::clauses::authentication_json);
  });
}
TEST_CASE("7.2 step 03 refused: no response at all") {
  check_signed(dropping("/response"), errors::json_member_missing, wire::clauses::authentication_json);
}
TEST_CASE("7.2 step 03 refused: a response that is no object") {
  for (const Json& wrong : no_objects) {
    check_signed(putting("/response", wrong), errors::json_member_type, wire::clauses::authentication_json);
  }
}
TEST_CASE("7.2 step 03 refused: a credential of another type") {
  check_signed(putting("/type", "password"), errors::webauthn_credential_type, wire::clauses::credential_json);
}

TEST_CASE("7.2 step 04 accepted: results of client extensions, and none") {
  check_signed(putting("/clientExtensionResults", Json{{"appid", false}}));
  check_signed(dropping("/clientExtensionResults"));
}
TEST_CASE("7.2 step 04 refused: results that are a text") {
  check_signed(putting("/clientExtensionResults", "{}"), errors::json_member_type, wire::clauses::authentication_json);
}
TEST_CASE("7.2 step 04 refused: results that are a list") {
  check_signed(putting("/clientExtensionResults", Json::array({Json::object()})), errors::json_member_type,
               wire::clauses::authentication_json);
}
TEST_CASE("7.2 step 04 refused: results that are a number or a truth") {
  for (const Json& wrong : {Json(1), Json(true)}) {
    check_signed(putting("/clientExtensionResults", wrong), errors::json_member_type,
                 wire::clauses::authentication_json);
  }
}

TEST_CASE("7.2 step 05 accepted: one of the credentials that were named, any if none was") {
  bound(every_profile, [](Sample& sample) {
    CHECK_ACCEPTED(sample.sign_in());
    sample.authentication.allow_credentials = {"another"_b, sample.record.id};
    CHECK_ACCEPTED(sample.sign_in());
  });
}
TEST_CASE("7.2 step 05 refused: a credential that was not named") {
  bound(every_profile, [](Sample& sample) {
    const Json json = sample.get();
    sample.authentication.allow_credentials = {"another"_b, "more"_b};
    CHECK_REFUSED(sample.verify_got(json), errors::webauthn_credential_not_allowed, wire::clauses::allow_credentials);
  });
}
TEST_CASE("7.2 step 05 refused: a name that only begins alike") {
  bound(every_profile, [](Sample& sample) {
    const Json json = sample.get();
    Bytes shorter = sample.record.id, longer = sample.record.id;
    shorter.pop_back();
    longer.push_back(0);
    sample.authentication.allow_credentials = {shorter, longer, {}};
    CHECK_REFUSED(sample.verify_got(json), errors::webauthn_credential_not_allowed, wire::clauses::allow_credentials);
  });
}
TEST_CASE("7.2 step 05 refused: the assertion of one credential under the name of another") {
  bound(every_profile, [](Sample& sample) {
    sample.authentication.allow_credentials = {sample.record.id, "another"_b};
    const std::string other = base64url("another"_b);
    CHECK_REFUSED(sample.verify_got(with(with(sample.get(), "/id", other), "/rawId", other)),
                  errors::webauthn_credential_id_mismatch, wire::clauses::allow_credentials);
  });
}

TEST_CASE("7.2 step 06 accepted: the owner's handle, or none where the person is known") {
  bound(every_profile, [](Sample& sample) {
    CHECK_ACCEPTED(sample.sign_in());
    sample.authentication.allow_credentials = {sample.record.id};
    CHECK_ACCEPTED(sample.sign_in());
    CHECK_ACCEPTED(sample.sign_in(silent()));
  });
}
TEST_CASE("7.2 step 06 refused: no handle where nobody is known") {
  bound(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(silent()), errors::webauthn_user_handle_missing, wire::clauses::user_handle);
  });
}
TEST_CASE("7.2 step 06 refused: another person's handle where nobody is known") {
  check_signed(putting("/response/userHandle", base64url("someone-else"_b)), errors::webauthn_user_handle_mismatch,
               wire::clauses::user_handle);
}
TEST_CASE("7.2 step 06 refused: another person's handle where the person is known") {
  bound(every_profile, [](Sample& sample) {
    sample.authentication.allow_credentials = {sample.record.id};
    const Json json = with(sample.get(), "/response/userHandle", base64url("someone-else"_b));
    CHECK_REFUSED(sample.verify_got(json), errors::webauthn_user_handle_mismatch, wire::clauses::user_handle);
  });
}
TEST_CASE("7.2 step 06 refused: the record of another credential") {
  bound(every_profile, [](Sample& sample) {
    const Json json = sample.get();
    sample.record.id = "another"_b;
    CHECK_REFUSED(sample.verify_got(json), errors::webauthn_credential_id_mismatch, wire::clauses::allow_credentials);
  });
}

TEST_CASE("7.2 step 07 accepted: the three parts in base64url, whatever stands beside them") {
  check_signed(putting("/response/other", Json::object()));
}
TEST_CASE("7.2 step 07 refused: client data that is not base64url") {
  check_signed(putting("/response/clientDataJSON", "e30="), errors::base64url_malformed,
               wire::clauses::authentication_json);
}
TEST_CASE("7.2 step 07 refused: authenticator data that is an array of numbers") {
  check_signed(putting("/response/authenticatorData", Json::array({1, 2, 3})), errors::json_member_type,
               wire::clauses::authentication_json);
}
TEST_CASE("7.2 step 07 refused: a signature that is larger than any") {
  check_signed(putting("/response/signature", base64url(Bytes(8 * 1024 + 1))), errors::webauthn_response_too_large,
               wire::clauses::authentication_json);
}

TEST_CASE("7.2 step 08 accepted: one byte order mark, and letters of every length") {
  check_signed(writing([](std::string& text) { text.insert(0, "\xef\xbb\xbf"); }));
  check_signed(telling("name", "aé検𝄞"));
}
TEST_CASE("7.2 step 08 refused: a byte that begins no letter") {
  check_signed(writing([](std::string& text) { text.insert(text.size() - 1, ",\"x\":\"\xff\""); }),
               errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}
TEST_CASE("7.2 step 08 refused: a letter in too many bytes") {
  check_signed(writing([](std::string& text) { text.insert(text.size() - 1, ",\"x\":\"\xc0\xaf\""); }),
               errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}
TEST_CASE("7.2 step 08 refused: half a surrogate pair, and a second byte order mark") {
  check_signed(writing([](std::string& text) { text.insert(text.size() - 1, ",\"x\":\"\xed\xa0\x80\""); }),
               errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
  check_signed(writing([](std::string& text) { text.insert(0, "\xef\xbb\xbf\xef\xbb\xbf"); }),
               errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}

TEST_CASE("7.2 step 09 accepted: members that nobody knows") { check_signed(telling("other", Json{{"a", {1, 2}}})); }
TEST_CASE("7.2 step 09 refused: something behind the object") {
  check_signed(writing([](std::string& text) { text += "}"; }), errors::webauthn_client_data_malformed,
               wire::authentication_clauses.client_data);
}
TEST_CASE("7.2 step 09 refused: a list") {
  check_signed(writing([](std::string& text) { text = "[" + text + "]"; }), errors::webauthn_client_data_malformed,
               wire::authentication_clauses.client_data);
}
TEST_CASE("7.2 step 09 refused: a member twice") {
  check_signed(writing([](std::string& text) { text.insert(1, "\"origin\":\"https://localhost:8443\","); }),
               errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}

TEST_CASE("7.2 step 10 accepted: webauthn.get") { check_signed(telling("type", "webauthn.get")); }
TEST_CASE("7.2 step 10 refused: webauthn.create") {
  check_signed(telling("type", "webauthn.create"), errors::webauthn_type_mismatch, wire::authentication_clauses.type);
}
TEST_CASE("7.2 step 10 refused: in capitals") {
  check_signed(telling("type", "WEBAUTHN.GET"), errors::webauthn_type_mismatch, wire::authentication_clauses.type);
}
TEST_CASE("7.2 step 10 refused: a payment, a beginning of it, and more than it") {
  for (const char* wrong : {"payment.get", "webauthn", "webauthn.get.more", ""}) {
    check_signed(telling("type", wrong), errors::webauthn_type_mismatch, wire::authentication_clauses.type);
  }
}

TEST_CASE("7.2 step 11 accepted: the challenge of these options") { check_signed(Behaviour{}); }
TEST_CASE("7.2 step 11 refused: a challenge that somebody else chose") {
  check_signed(lying(Lie::challenge), errors::webauthn_challenge_mismatch, wire::authentication_clauses.challenge);
}
TEST_CASE("7.2 step 11 refused: one letter more, one letter less, the right bytes padded") {
  for (const int more : {1, -1}) {
    check_signed(telling([=](Json& json) {
                   std::string text = json["challenge"];
                   text.resize(text.size() + more, 'A');
                   json["challenge"] = text;
                 }),
                 errors::webauthn_challenge_mismatch, wire::authentication_clauses.challenge);
  }
  check_signed(telling([](Json& json) { json["challenge"] = json["challenge"].get<std::string>() + "="; }),
               errors::webauthn_challenge_mismatch, wire::authentication_clauses.challenge);
}
TEST_CASE("7.2 step 11 refused: an assertion that was used before") {
  bound(every_profile, [](Sample& sample) {
    const Json json = sample.get();
    CHECK_ACCEPTED(sample.verify_got(json));
    sample.authentication.challenge = random_bytes(sample.random, 32);
    CHECK_REFUSED(sample.verify_got(json), errors::webauthn_challenge_mismatch, wire::authentication_clauses.challenge);
  });
}
TEST_CASE("7.2 step 11 refused: none was given out") {
  bound(every_profile, [](Sample& sample) {
    sample.authentication.challenge.clear();
    CHECK_REFUSED(sample.sign_in(telling("challenge", "")), errors::webauthn_challenge_mismatch,
                  wire::authentication_clauses.challenge);
  });
}

TEST_CASE("7.2 step 12 accepted: any of the origins that are expected") {
  bound(every_profile, [](Sample& sample) {
    sample.authentication.origins = {"https://www.example", "https://localhost:8443"};
    for (const auto& origin : sample.authentication.origins) CHECK_ACCEPTED(sample.sign_in(telling("origin", origin)));
  });
}
TEST_CASE("7.2 step 12 refused: another host") {
  check_signed(lying(Lie::origin), errors::webauthn_origin_mismatch, wire::authentication_clauses.origin);
}
TEST_CASE("7.2 step 12 refused: another scheme") {
  check_signed(telling("origin", "http://localhost:8443"), errors::webauthn_origin_mismatch,
               wire::authentication_clauses.origin);
}
TEST_CASE("7.2 step 12 refused: another port, or none") {
  for (const char* wrong : {"https://localhost:443", "https://localhost"}) {
    check_signed(telling("origin", wrong), errors::webauthn_origin_mismatch, wire::authentication_clauses.origin);
  }
}
TEST_CASE("7.2 step 12 refused: names that only begin or end alike") {
  for (const char* wrong : {"https://localhost:8443.evil.example", "https://evil-localhost:8443",
                            "https://sub.localhost:8443", "https://localhost:8443@evil.example"}) {
    check_signed(telling("origin", wrong), errors::webauthn_origin_mismatch, wire::authentication_clauses.origin);
  }
}

TEST_CASE("7.2 step 13 accepted: no frame, said or not said, and a frame that is expected") {
  check_signed(telling("crossOrigin", false));
  check_signed(silent_about("crossOrigin"));
  bound({"w3c"}, [](Sample& sample) { CHECK_ACCEPTED(sample.sign_in(telling("crossOrigin", true))); });
}
TEST_CASE("7.2 step 13 refused: a frame under the standard profile") {
  bound({"standard"}, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(telling("crossOrigin", true)), errors::webauthn_cross_origin,
                  wire::authentication_clauses.cross_origin);
  });
}
TEST_CASE("7.2 step 13 refused: a frame under the conformance and the strict profile") {
  bound(both_profiles, [](Sample& sample) {
    for (const char* profile : {"fido-conformance", "strict"}) {
      sample.authentication.policy = wire::find_policy(profile).value();
      CHECK_REFUSED(sample.sign_in(telling("crossOrigin", true)), errors::webauthn_cross_origin,
                    wire::authentication_clauses.cross_origin);
    }
  });
}
TEST_CASE("7.2 step 13 refused: a frame where only a list of frames was given, not the leave") {
  bound({"standard"}, [](Sample& sample) {
    sample.authentication.top_origins = {"https://ehr.example"};
    CHECK_REFUSED(sample.sign_in(framed(true, "https://ehr.example")), errors::webauthn_cross_origin,
                  wire::authentication_clauses.cross_origin);
  });
}

TEST_CASE("7.2 step 14 accepted: the frame that is expected") {
  bound(both_profiles, [](Sample& sample) {
    sample.authentication.policy.cross_origin_allowed = true;
    sample.authentication.top_origins = {"https://other.example", "https://ehr.example"};
    CHECK_ACCEPTED(sample.sign_in(framed(true, "https://ehr.example")));
  });
}
TEST_CASE("7.2 step 14 refused: a top origin where no framing is expected") {
  check_signed(framed(false, "https://ehr.example"), errors::webauthn_top_origin,
               wire::authentication_clauses.top_origin);
}
TEST_CASE("7.2 step 14 refused: a frame of somebody else") {
  bound(both_profiles, [](Sample& sample) {
    sample.authentication.policy.cross_origin_allowed = true;
    sample.authentication.top_origins = {"https://ehr.example"};
    CHECK_REFUSED(sample.sign_in(framed(true, "https://evil.example")), errors::webauthn_top_origin,
                  wire::authentication_clauses.top_origin);
  });
}
TEST_CASE("7.2 step 14 refused: almost the frame that is expected") {
  bound(both_profiles, [](Sample& sample) {
    sample.authentication.policy.cross_origin_allowed = true;
    sample.authentication.top_origins = {"https://ehr.example"};
    for (const char* wrong : {"http://ehr.example", "https://ehr.example:444", "https://ehr.example/", ""}) {
      CHECK_REFUSED(sample.sign_in(framed(true, wrong)), errors::webauthn_top_origin,
                    wire::authentication_clauses.top_origin);
    }
  });
}

}  // namespace tegata::webauthn::test::conformance
