// The numbered steps of section 7.2, authenticator data and signature (steps.json names the edition): what each
// accepts, and at least three ways to break it. The names are read by tests/checks/conformance.py.
#include <type_traits>

#include "tests/unit/webauthn/steps.h"

namespace tegata::webauthn::test::conformance {
TEST_CASE("7.2 step 15 accepted: the hash of the RP ID") { check_signed(with_rp_id_hash(sha256("localhost"))); }
TEST_CASE("7.2 step 15 refused: the hash of a sibling domain") {
  check_signed(lying(Lie::rp_id), errors::webauthn_rp_id_mismatch, wire::authentication_clauses.rp_id_hash);
}
TEST_CASE("7.2 step 15 refused: the hash of a domain below, above, or of the origin") {
  for (const char* wrong : {"sub.localhost", "host", "", "LOCALHOST", "https://localhost:8443"}) {
    check_signed(with_rp_id_hash(sha256(wrong)), errors::webauthn_rp_id_mismatch,
                 wire::authentication_clauses.rp_id_hash);
  }
}
TEST_CASE("7.2 step 15 refused: a record that was made for another RP ID") {
  bound(every_profile, [](Sample& sample) {
    sample.record.rp_id = "other.example";
    CHECK_REFUSED(sample.sign_in(), errors::webauthn_rp_id_mismatch, wire::authentication_clauses.rp_id_hash);
  });
}

TEST_CASE("7.2 step 16 accepted: UP") { check_signed(Behaviour{}); }
TEST_CASE("7.2 step 16 refused: UP clear under the standard and the w3c profile") {
  bound({"standard", "w3c"}, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(lying(Lie::no_up)), errors::webauthn_user_not_present,
                  wire::authentication_clauses.user_present);
  });
}
TEST_CASE("7.2 step 16 refused: UV is no UP, under the strict profile too") {
  bound({"standard"}, [](Sample& sample) {
    sample.authentication.policy = wire::strict_policy();
    CHECK_REFUSED(sample.sign_in(flagging(0x04, 0x01)), errors::webauthn_user_not_present,
                  wire::authentication_clauses.user_present);
  });
}
TEST_CASE("7.2 step 16 refused: both clear where verification is discouraged") {
  bound({"standard", "w3c"}, [](Sample& sample) {
    sample.authentication.policy.user_verification = wire::UserVerification::discouraged;
    CHECK_REFUSED(sample.sign_in(flagging(0, 0x05)), errors::webauthn_user_not_present,
                  wire::authentication_clauses.user_present);
  });
}

TEST_CASE("7.2 step 17 accepted: UV, and none where it is not required") {
  check_signed(Behaviour{});
  for (const auto wanted : {wire::UserVerification::preferred, wire::UserVerification::discouraged}) {
    bound(every_profile, [&](Sample& sample) {
      sample.authentication.policy.user_verification = wanted;
      const auto verified = sample.sign_in(lying(Lie::no_uv));
      REQUIRE(code_of(verified) == "accepted");
      CHECK_FALSE(verified->user_verified());
    });
  }
}
TEST_CASE("7.2 step 17 refused: UV clear under the standard profile") {
  bound({"standard"}, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(lying(Lie::no_uv)), errors::webauthn_user_not_verified,
                  wire::authentication_clauses.user_verified);
  });
}
TEST_CASE("7.2 step 17 refused: UV clear under the conformance and the strict profile") {
  bound(both_profiles, [](Sample& sample) {
    for (const char* profile : {"fido-conformance", "strict"}) {
      sample.authentication.policy = wire::find_policy(profile).value();
      CHECK_REFUSED(sample.sign_in(lying(Lie::no_uv)), errors::webauthn_user_not_verified,
                    wire::authentication_clauses.user_verified);
    }
  });
}
TEST_CASE("7.2 step 17 refused: that it was verified at registration is no excuse") {
  bound(both_profiles, [](Sample& sample) {
    REQUIRE(sample.record.uv_initialized);
    CHECK_REFUSED(sample.sign_in(lying(Lie::no_uv)), errors::webauthn_user_not_verified,
                  wire::authentication_clauses.user_verified);
  });
}

TEST_CASE("7.2 step 18 accepted: neither, and BE with and without BS") {
  check_signed(backed_up(false, false));
  bound(
      every_profile,
      [](Sample& sample) {
        CHECK_ACCEPTED(sample.sign_in(backed_up(true, false)));
        CHECK_ACCEPTED(sample.sign_in(backed_up(true, true)));
      },
      backed_up(true, false));
}
TEST_CASE("7.2 step 18 refused: BS without BE on a credential of one device") {
  bound(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(backed_up(false, true)), errors::webauthn_backup_state_without_eligibility,
                  wire::authentication_clauses.backup_state);
  });
}
TEST_CASE("7.2 step 18 refused: BS without BE on a credential that may be synced") {
  bound(
      every_profile,
      [](Sample& sample) {
        CHECK_REFUSED(sample.sign_in(backed_up(false, true)), errors::webauthn_backup_state_without_eligibility,
                      wire::authentication_clauses.backup_state);
      },
      backed_up(true, true));
}
TEST_CASE("7.2 step 18 refused: BS without BE under the strict profile") {
  bound({"standard"}, [](Sample& sample) {
    sample.authentication.policy = wire::strict_policy();
    CHECK_REFUSED(sample.sign_in(backed_up(false, true)), errors::webauthn_backup_state_without_eligibility,
                  wire::authentication_clauses.backup_state);
  });
}

TEST_CASE("7.2 step 19 accepted: BE as it was, the state as it is now") {
  bound(
      every_profile,
      [](Sample& sample) {
        for (const bool state : {true, false}) {
          const auto verified = sample.sign_in(backed_up(true, state));
          REQUIRE(code_of(verified) == "accepted");
          CHECK(verified->backup_state() == state);
        }
      },
      backed_up(true, false));
}
TEST_CASE("7.2 step 19 refused: a credential of one device says that it may be synced") {
  bound(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(backed_up(true, false)), errors::webauthn_backup_eligibility_changed,
                  wire::clauses::backup_unchanged);
  });
}
TEST_CASE("7.2 step 19 refused: a credential of one device says that it is synced") {
  bound(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.sign_in(backed_up(true, true)), errors::webauthn_backup_eligibility_changed,
                  wire::clauses::backup_unchanged);
  });
}
TEST_CASE("7.2 step 19 refused: a credential that may be synced says that it may not") {
  bound(
      every_profile,
      [](Sample& sample) {
        CHECK_REFUSED(sample.sign_in(backed_up(false, false)), errors::webauthn_backup_eligibility_changed,
                      wire::clauses::backup_unchanged);
      },
      backed_up(true, true));
}

TEST_CASE("7.2 step 20 accepted: the hash is of the bytes as they came, spaces and all") {
  check_signed(writing([](std::string& text) { text = "\n " + text + " \n"; }));
}
TEST_CASE("7.2 step 20 refused: a space that was not signed") {
  check_signed(reading([](std::string& text) { text.insert(1, " "); }), errors::webauthn_signature_invalid,
               wire::clauses::signature);
}
TEST_CASE("7.2 step 20 refused: a byte order mark that was not signed") {
  check_signed(reading([](std::string& text) { text.insert(0, "\xef\xbb\xbf"); }), errors::webauthn_signature_invalid,
               wire::clauses::signature);
}
TEST_CASE("7.2 step 20 refused: a member that was not signed") {
  check_signed(reading([](std::string& text) { text.insert(text.size() - 1, ",\"more\":1"); }),
               errors::webauthn_signature_invalid, wire::clauses::signature);
}

TEST_CASE("7.2 step 21 accepted: signatures of every kind of key") {
  for (const std::int64_t algorithm : {-7, -8, -257}) {
    Behaviour behaviour;
    behaviour.algorithm = algorithm;
    bound(
        {"standard"}, [](Sample& sample) { CHECK_ACCEPTED(sample.sign_in()); }, behaviour);
  }
}
TEST_CASE("7.2 step 21 refused: a signature over something else") {
  check_signed(lying(Lie::bogus_signature), errors::webauthn_signature_invalid, wire::clauses::signature);
}
TEST_CASE("7.2 step 21 refused: by the key of another credential") {
  bound(every_profile, [](Sample& sample) {
    const auto other = sample.enrol();
    REQUIRE(code_of(other) == "accepted");
    const Json json = sample.get();  // by the newest
    sample.record.id = other->record().id;
    CHECK_REFUSED(sample.verify_got(json), errors::webauthn_signature_invalid, wire::clauses::signature);
  });
}
TEST_CASE("7.2 step 21 refused: authenticator data that was not signed") {
  check_signed(
      [](const Json& good) {
        Bytes data = part(good, "authenticatorData");
        data.back() ^= 2;  // the counter
        return with(good, "/response/authenticatorData", base64url(data));
      },
      errors::webauthn_signature_invalid, wire::clauses::signature);
}
TEST_CASE("7.2 step 21 refused: a signature cut short, made longer, or empty") {
  check_signed(signing([](Bytes& signature) { signature.pop_back(); }), errors::webauthn_signature_invalid,
               wire::clauses::signature);
  check_signed(signing([](Bytes& signature) { signature.push_back(0); }), errors::webauthn_signature_invalid,
               wire::clauses::signature);
  check_signed(signing([](Bytes& signature) { signature.clear(); }), errors::webauthn_signature_invalid,
               wire::clauses::signature);
}

TEST_CASE("7.2 step 22 accepted: a counter that grows, or stays at zero") {
  bound(every_profile, [](Sample& sample) {
    CHECK_ACCEPTED(sample.sign_in(counting(0)));
    sample.record.sign_count = 5;
    CHECK_ACCEPTED(sample.sign_in(counting(6)));
    CHECK_ACCEPTED(sample.sign_in(counting(UINT32_MAX)));
  });
}
TEST_CASE("7.2 step 22 refused: the count that was seen already") {
  bound(every_profile, [](Sample& sample) {
    sample.record.sign_count = 5;
    CHECK_REFUSED(sample.sign_in(counting(5)), errors::webauthn_counter_went_back, wire::clauses::sign_count);
  });
}
TEST_CASE("7.2 step 22 refused: a smaller count") {
  bound(every_profile, [](Sample& sample) {
    sample.record.sign_count = UINT32_MAX;
    CHECK_REFUSED(sample.sign_in(counting(UINT32_MAX - 1)), errors::webauthn_counter_went_back,
                  wire::clauses::sign_count);
  });
}
TEST_CASE("7.2 step 22 refused: back to zero") {
  bound(every_profile, [](Sample& sample) {
    sample.record.sign_count = 1;
    CHECK_REFUSED(sample.sign_in(counting(0)), errors::webauthn_counter_went_back, wire::clauses::sign_count);
  });
}

TEST_CASE("7.2 step 23 accepted: outputs that were asked for, that were not, and none") {
  check_signed(extending(CborWriter().map(1).text("sample").map(1).text("a").bytes("b"_b).out()));
  check_signed(putting("/clientExtensionResults", Json{{"sample", 1}}));
  check_signed(Behaviour{});
}
TEST_CASE("7.2 step 23 refused: outputs that are no map, or not by name") {
  for (const Bytes& wrong : {CborWriter().array(0).out(), CborWriter().map(1).integer(1).integer(2).out()}) {
    check_signed(extending(wrong), errors::webauthn_extensions_malformed, wire::clauses::extensions);
  }
}
TEST_CASE("7.2 step 23 refused: an output of the authenticator that nobody asked for, where the policy says so") {
  bound(every_profile, [](Sample& sample) {
    sample.authentication.policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse;
    CHECK_ACCEPTED(sample.sign_in());
    CHECK_REFUSED(sample.sign_in(extending(CborWriter().map(1).text("sample").boolean(true).out())),
                  errors::webauthn_extension_unsolicited, wire::authentication_clauses.extensions);
  });
}
TEST_CASE("7.2 step 23 refused: an output of the client that nobody asked for, where the policy says so") {
  bound(every_profile, [](Sample& sample) {
    sample.authentication.policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse;
    CHECK_REFUSED(sample.verify_got(with(sample.get(), "/clientExtensionResults", Json{{"sample", 1}})),
                  errors::webauthn_extension_unsolicited, wire::authentication_clauses.extensions);
  });
}
TEST_CASE("7.2 step 23 refused: ED is set and nothing follows") {
  check_signed(flagging(0x80), errors::webauthn_cbor_malformed, wire::clauses::cbor);
}

TEST_CASE("7.2 step 24 accepted: what the record becomes is what was verified") {
  bound(
      every_profile,
      [](Sample& sample) {
        Behaviour behaviour = backed_up(true, true);
        behaviour.sign_count = 12;
        const auto verified = sample.sign_in(behaviour);
        REQUIRE(code_of(verified) == "accepted");
        CHECK(verified->credential_id() == sample.record.id);
        CHECK(verified->sign_count() == 12);
        CHECK(verified->backup_state());
        CHECK(verified->user_verified());
        CHECK_FALSE(verified->counter_went_back());
      },
      backed_up(true, false));
}

TEST_CASE("what goes on is made by the verifier alone") {
  CHECK_FALSE(std::is_default_constructible_v<VerifiedAuthentication>);
}

}  // namespace tegata::webauthn::test::conformance
