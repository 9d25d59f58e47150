// The numbered steps of section 7.1, the response and its client data (steps.json names the edition): what each
// accepts, and at least three ways to break it. The names are read by tests/checks/conformance.py.
#include "tests/unit/webauthn/steps.h"

namespace tegata::webauthn::test::conformance {
namespace {

void check_created_after(const EditJson& edit, ErrorCode code, std::string_view clause) {
  check_created(edit, code, clause, attesting(AttestationChoice::packed_x5c));
}

}  // namespace

TEST_CASE("7.1 step 03 accepted: an attestation response") {
  check_created([](const Json& good) { return good; });
}
TEST_CASE("7.1 step 03 refused: the response of an assertion") {
  check_created(
      [](const Json& good) {
        return with(without(without(good, "/response/attestationObject"), "/response/publicKeyAlgorithm"),
                    "/response/signature", "YWJj");
      },
      errors::json_member_missing, wire::clauses::registration_json);
}
TEST_CASE("7.1 step 03 refused: no response at all") {
  check_created(dropping("/response"), errors::json_member_missing, wire::clauses::registration_json);
}
TEST_CASE("7.1 step 03 refused: a response that is no object") {
  for (const Json& wrong : no_objects) {
    check_created(putting("/response", wrong), errors::json_member_type, wire::clauses::registration_json);
  }
}
TEST_CASE("7.1 step 03 refused: a credential of another type") {
  check_created(putting("/type", "password"), errors::webauthn_credential_type, wire::clauses::credential_json);
}
TEST_CASE("7.1 step 03 refused: two different ids") {
  check_created(putting("/rawId", "YW5vdGhlcg"), errors::webauthn_raw_id_mismatch, wire::clauses::credential_json);
}

TEST_CASE("7.1 step 04 accepted: results of client extensions, and none") {
  check_created(putting("/clientExtensionResults", Json{{"credProps", {{"rk", true}}}}));
  check_created(putting("/clientExtensionResults", Json::object()));
  check_created(dropping("/clientExtensionResults"));
}
TEST_CASE("7.1 step 04 refused: results that are a text") {
  check_created(putting("/clientExtensionResults", "{}"), errors::json_member_type, wire::clauses::registration_json);
}
TEST_CASE("7.1 step 04 refused: results that are a list") {
  check_created(putting("/clientExtensionResults", Json::array({Json::object()})), errors::json_member_type,
                wire::clauses::registration_json);
}
TEST_CASE("7.1 step 04 refused: results that are a number or a truth") {
  for (const Json& wrong : {Json(1), Json(true)}) {
    check_created(putting("/clientExtensionResults", wrong), errors::json_member_type,
                  wire::clauses::registration_json);
  }
}

TEST_CASE("7.1 step 05 accepted: one byte order mark, and letters of every length") {
  check_created(writing([](std::string& text) { text.insert(0, "\xef\xbb\xbf"); }));
  check_created(telling("name", "aé検𝄞"));
}
TEST_CASE("7.1 step 05 refused: a byte that begins no letter") {
  check_created(writing([](std::string& text) { text.insert(text.size() - 1, ",\"x\":\"\xff\""); }),
                errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}
TEST_CASE("7.1 step 05 refused: a letter in too many bytes") {
  check_created(writing([](std::string& text) { text.insert(text.size() - 1, ",\"x\":\"\xc0\xaf\""); }),
                errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}
TEST_CASE("7.1 step 05 refused: half a surrogate pair") {
  check_created(writing([](std::string& text) { text.insert(text.size() - 1, ",\"x\":\"\xed\xa0\x80\""); }),
                errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}
TEST_CASE("7.1 step 05 refused: a second byte order mark") {
  check_created(writing([](std::string& text) { text.insert(0, "\xef\xbb\xbf\xef\xbb\xbf"); }),
                errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("7.1 step 06 accepted: members that nobody knows") { check_created(telling("other", Json{{"a", {1, 2}}})); }
TEST_CASE("7.1 step 06 refused: something behind the object") {
  check_created(writing([](std::string& text) { text += "}"; }), errors::webauthn_client_data_malformed,
                wire::registration_clauses.client_data);
}
TEST_CASE("7.1 step 06 refused: a list") {
  check_created(writing([](std::string& text) { text = "[" + text + "]"; }), errors::webauthn_client_data_malformed,
                wire::registration_clauses.client_data);
}
TEST_CASE("7.1 step 06 refused: a member twice") {
  check_created(writing([](std::string& text) { text.insert(1, "\"origin\":\"https://localhost:8443\","); }),
                errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}
TEST_CASE("7.1 step 06 refused: nested without end") {
  check_created(writing([](std::string& text) {
                  text.insert(text.size() - 1, ",\"x\":" + std::string(64, '[') + std::string(64, ']'));
                }),
                errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("7.1 step 07 accepted: webauthn.create") { check_created(telling("type", "webauthn.create")); }
TEST_CASE("7.1 step 07 refused: webauthn.get") {
  check_created(telling("type", "webauthn.get"), errors::webauthn_type_mismatch, wire::registration_clauses.type);
}
TEST_CASE("7.1 step 07 refused: in capitals") {
  check_created(telling("type", "WEBAUTHN.CREATE"), errors::webauthn_type_mismatch, wire::registration_clauses.type);
}
TEST_CASE("7.1 step 07 refused: a beginning of it, and more than it") {
  for (const char* wrong : {"webauthn", "webauthn.create.more", ""}) {
    check_created(telling("type", wrong), errors::webauthn_type_mismatch, wire::registration_clauses.type);
  }
}

TEST_CASE("7.1 step 08 accepted: the challenge of these options") { check_created(Behaviour{}); }
TEST_CASE("7.1 step 08 refused: a challenge that somebody else chose") {
  check_created(lying(Lie::challenge), errors::webauthn_challenge_mismatch, wire::registration_clauses.challenge);
}
TEST_CASE("7.1 step 08 refused: one letter more, one letter less") {
  for (const int more : {1, -1}) {
    check_created(telling([=](Json& json) {
                    std::string text = json["challenge"];
                    text.resize(text.size() + more, 'A');
                    json["challenge"] = text;
                  }),
                  errors::webauthn_challenge_mismatch, wire::registration_clauses.challenge);
  }
}
TEST_CASE("7.1 step 08 refused: the right bytes, padded") {
  check_created(telling([](Json& json) { json["challenge"] = json["challenge"].get<std::string>() + "="; }),
                errors::webauthn_challenge_mismatch, wire::registration_clauses.challenge);
}
TEST_CASE("7.1 step 08 refused: the challenge that was given out before") {
  under(every_profile, [](Sample& sample) {
    const Json json = sample.create();
    sample.registration.challenge = random_bytes(sample.random, 32);
    CHECK_REFUSED(sample.verify_created(json), errors::webauthn_challenge_mismatch,
                  wire::registration_clauses.challenge);
  });
}
TEST_CASE("7.1 step 08 refused: none was given out") {
  under(every_profile, [](Sample& sample) {
    sample.registration.challenge.clear();
    CHECK_REFUSED(sample.enrol(telling("challenge", "")), errors::webauthn_challenge_mismatch,
                  wire::registration_clauses.challenge);
  });
}

TEST_CASE("7.1 step 09 accepted: any of the origins that are expected") {
  under(every_profile, [](Sample& sample) {
    sample.registration.origins = {"https://www.example", "https://localhost:8443", "android:apk-key-hash:c2FtcGxl"};
    for (const auto& origin : sample.registration.origins) CHECK_ACCEPTED(sample.enrol(telling("origin", origin)));
  });
}
TEST_CASE("7.1 step 09 refused: another host") {
  check_created(lying(Lie::origin), errors::webauthn_origin_mismatch, wire::registration_clauses.origin);
}
TEST_CASE("7.1 step 09 refused: another scheme") {
  check_created(telling("origin", "http://localhost:8443"), errors::webauthn_origin_mismatch,
                wire::registration_clauses.origin);
}
TEST_CASE("7.1 step 09 refused: another port, or none") {
  for (const char* wrong : {"https://localhost:443", "https://localhost"}) {
    check_created(telling("origin", wrong), errors::webauthn_origin_mismatch, wire::registration_clauses.origin);
  }
}
TEST_CASE("7.1 step 09 refused: names that only begin or end alike") {
  for (const char* wrong : {"https://localhost:8443.evil.example", "https://evil-localhost:8443",
                            "https://sub.localhost:8443", "https://localhost:8443@evil.example"}) {
    check_created(telling("origin", wrong), errors::webauthn_origin_mismatch, wire::registration_clauses.origin);
  }
}

TEST_CASE("7.1 step 10 accepted: no frame, said or not said, and a frame that is expected") {
  check_created(telling("crossOrigin", false));
  check_created(silent_about("crossOrigin"));
  under({"w3c"}, [](Sample& sample) { CHECK_ACCEPTED(sample.enrol(telling("crossOrigin", true))); });
}
TEST_CASE("7.1 step 10 refused: a frame under the standard profile") {
  under({"standard"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(telling("crossOrigin", true)), errors::webauthn_cross_origin,
                  wire::registration_clauses.cross_origin);
  });
}
TEST_CASE("7.1 step 10 refused: a frame under the strict and the conformance profile") {
  under({"strict", "fido-conformance"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(telling("crossOrigin", true)), errors::webauthn_cross_origin,
                  wire::registration_clauses.cross_origin);
  });
}
TEST_CASE("7.1 step 10 refused: a frame where only a list of frames was given, not the leave") {
  under({"standard"}, [](Sample& sample) {
    sample.registration.top_origins = {"https://ehr.example"};
    CHECK_REFUSED(sample.enrol(framed(true, "https://ehr.example")), errors::webauthn_cross_origin,
                  wire::registration_clauses.cross_origin);
  });
}
TEST_CASE("7.1 step 10 refused: crossOrigin that is no truth value") {
  for (const Json& wrong : {Json("true"), Json(1), Json::array()}) {
    check_created(telling("crossOrigin", wrong), errors::webauthn_client_data_malformed,
                  wire::registration_clauses.client_data);
  }
}

TEST_CASE("7.1 step 11 accepted: the frame that is expected") {
  under(both_profiles, [](Sample& sample) {
    sample.registration.policy.cross_origin_allowed = true;
    sample.registration.top_origins = {"https://other.example", "https://ehr.example"};
    CHECK_ACCEPTED(sample.enrol(framed(true, "https://ehr.example")));
  });
}
TEST_CASE("7.1 step 11 refused: a top origin where no framing is expected") {
  check_created(framed(false, "https://ehr.example"), errors::webauthn_top_origin,
                wire::registration_clauses.top_origin);
}
TEST_CASE("7.1 step 11 refused: a frame of somebody else") {
  under(both_profiles, [](Sample& sample) {
    sample.registration.policy.cross_origin_allowed = true;
    sample.registration.top_origins = {"https://ehr.example"};
    CHECK_REFUSED(sample.enrol(framed(true, "https://evil.example")), errors::webauthn_top_origin,
                  wire::registration_clauses.top_origin);
  });
}
TEST_CASE("7.1 step 11 refused: almost the frame that is expected") {
  under(both_profiles, [](Sample& sample) {
    sample.registration.policy.cross_origin_allowed = true;
    sample.registration.top_origins = {"https://ehr.example"};
    for (const char* wrong : {"http://ehr.example", "https://ehr.example:444", "https://ehr.example/", ""}) {
      CHECK_REFUSED(sample.enrol(framed(true, wrong)), errors::webauthn_top_origin,
                    wire::registration_clauses.top_origin);
    }
  });
}
TEST_CASE("7.1 step 11 refused: the own origin, unless it stands in the list") {
  under(both_profiles, [](Sample& sample) {
    sample.registration.policy.cross_origin_allowed = true;
    CHECK_REFUSED(sample.enrol(framed(false, sample.origin)), errors::webauthn_top_origin,
                  wire::registration_clauses.top_origin);
  });
}

TEST_CASE("7.1 step 12 accepted: the hash is of the bytes as they came, spaces and all") {
  Behaviour behaviour = writing([](std::string& text) { text = "\n " + text + " \n"; });
  behaviour.attestation = AttestationChoice::packed_x5c;
  check_created(behaviour);
}
TEST_CASE("7.1 step 12 refused: a space that was not signed") {
  check_created_after(reading([](std::string& text) { text.insert(1, " "); }),
                      errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
}
TEST_CASE("7.1 step 12 refused: the same members in another order") {
  check_created_after(reading([](std::string& text) {
                        const Json json = Json::parse(text);
                        text = "{\"type\":" + json["type"].dump() + ",\"origin\":" + json["origin"].dump() +
                               ",\"crossOrigin\":false,\"challenge\":" + json["challenge"].dump() + "}";
                      }),
                      errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
}
TEST_CASE("7.1 step 12 refused: a byte order mark that was not signed") {
  check_created_after(reading([](std::string& text) { text.insert(0, "\xef\xbb\xbf"); }),
                      errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
}

}  // namespace tegata::webauthn::test::conformance
