// The numbered steps of section 7.1, authenticator data (steps.json names the edition): what each accepts, and at least
// three ways to break it. The names are read by tests/checks/conformance.py.
#include "tests/unit/webauthn/steps.h"

namespace tegata::webauthn::test::conformance {

TEST_CASE("7.1 step 13 accepted: fmt, attStmt and authData") { check_created(Behaviour{}); }
TEST_CASE("7.1 step 13 refused: no map") {
  check_created([](const Json& good) { return with_object(good, CborWriter().array(0).out()); },
                errors::webauthn_attestation_object_malformed, wire::clauses::attestation_object);
}
TEST_CASE("7.1 step 13 refused: bytes behind the object") {
  check_created(
      [](const Json& good) {
        Bytes object = part(good, "attestationObject");
        object.push_back(0);
        return with_object(good, object);
      },
      errors::webauthn_cbor_trailing, wire::clauses::cbor);
}
TEST_CASE("7.1 step 13 refused: a key twice") {
  check_created(
      [](const Json& good) {
        return with_object(good, CborWriter().map(2).text("fmt").text("none").text("fmt").text("packed").out());
      },
      errors::webauthn_cbor_duplicate_key, wire::clauses::cbor);
}
TEST_CASE("7.1 step 13 refused: a length without end") {
  check_created(
      [](const Json& good) {
        return with_object(good, {0xbf, 0xff});
      },
      errors::webauthn_cbor_indefinite, wire::clauses::cbor);
}
TEST_CASE("7.1 step 13 refused: cut off, and longer than what there is") {
  check_created(
      [](const Json& good) {
        Bytes object = part(good, "attestationObject");
        object.pop_back();
        return with_object(good, object);
      },
      errors::webauthn_cbor_length, wire::clauses::cbor);
  check_created(
      [](const Json& good) {
        return with_object(good, {0x5b, 0, 0, 0, 1, 0, 0, 0, 0});
      },
      errors::webauthn_cbor_length, wire::clauses::cbor);
}

TEST_CASE("7.1 step 13 refused: flags that mean nothing") {
  for (const unsigned flag : {0x02u, 0x20u}) {
    check_created(flagging(flag), errors::webauthn_reserved_flags, wire::clauses::reserved_flags);
    check_signed(flagging(flag), errors::webauthn_reserved_flags, wire::clauses::reserved_flags);
  }
}

TEST_CASE("7.1 step 14 accepted: the hash of the RP ID") { check_created(with_rp_id_hash(sha256("localhost"))); }
TEST_CASE("7.1 step 14 refused: the hash of a sibling domain") {
  check_created(lying(Lie::rp_id), errors::webauthn_rp_id_mismatch, wire::registration_clauses.rp_id_hash);
}
TEST_CASE("7.1 step 14 refused: the hash of a domain below, and above") {
  for (const char* wrong : {"sub.localhost", "host", "", "LOCALHOST", "localhost."}) {
    check_created(with_rp_id_hash(sha256(wrong)), errors::webauthn_rp_id_mismatch,
                  wire::registration_clauses.rp_id_hash);
  }
}
TEST_CASE("7.1 step 14 refused: the hash of the origin") {
  check_created(with_rp_id_hash(sha256("https://localhost:8443")), errors::webauthn_rp_id_mismatch,
                wire::registration_clauses.rp_id_hash);
}
TEST_CASE("7.1 step 14 refused: one bit of it turned over, or no hash at all") {
  check_created(editing([](Bytes& data) { data[31] ^= 1; }), errors::webauthn_rp_id_mismatch,
                wire::registration_clauses.rp_id_hash);
  check_created(with_rp_id_hash(Bytes(32)), errors::webauthn_rp_id_mismatch, wire::registration_clauses.rp_id_hash);
}

TEST_CASE("7.1 step 15 accepted: UP, and a conditional creation without it") {
  check_created(Behaviour{});
  under(every_profile, [](Sample& sample) {
    sample.registration.conditional_create = true;
    CHECK_ACCEPTED(sample.enrol(lying(Lie::no_up)));
  });
}
TEST_CASE("7.1 step 15 refused: UP clear under every profile") {
  under(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(lying(Lie::no_up)), errors::webauthn_user_not_present,
                  wire::registration_clauses.user_present);
  });
}
TEST_CASE("7.1 step 15 refused: UV is no UP") {
  check_created(flagging(0x04, 0x01), errors::webauthn_user_not_present, wire::registration_clauses.user_present);
}
TEST_CASE("7.1 step 15 refused: a client that says the creation was conditional") {
  Behaviour behaviour = telling("mediation", "conditional");
  behaviour.user_present = false;
  check_created(behaviour, errors::webauthn_user_not_present, wire::registration_clauses.user_present);
}
TEST_CASE("7.1 step 15 refused: both clear where verification is discouraged") {
  under(every_profile, [](Sample& sample) {
    sample.registration.policy.user_verification = wire::UserVerification::discouraged;
    CHECK_REFUSED(sample.enrol(flagging(0, 0x05)), errors::webauthn_user_not_present,
                  wire::registration_clauses.user_present);
  });
}

TEST_CASE("7.1 step 16 accepted: UV, and none where it is not required") {
  check_created(Behaviour{});
  for (const auto wanted : {wire::UserVerification::preferred, wire::UserVerification::discouraged}) {
    under(every_profile, [&](Sample& sample) {
      sample.registration.policy.user_verification = wanted;
      const auto verified = sample.enrol(lying(Lie::no_uv));
      REQUIRE(code_of(verified) == "accepted");
      CHECK_FALSE(verified->record().uv_initialized);
    });
  }
}
TEST_CASE("7.1 step 16 refused: UV clear under the standard profile") {
  under({"standard"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(lying(Lie::no_uv)), errors::webauthn_user_not_verified,
                  wire::registration_clauses.user_verified);
  });
}
TEST_CASE("7.1 step 16 refused: UV clear under the strict and the conformance profile") {
  under({"strict", "fido-conformance"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(lying(Lie::no_uv)), errors::webauthn_user_not_verified,
                  wire::registration_clauses.user_verified);
  });
}
TEST_CASE("7.1 step 16 refused: a conditional creation does not excuse UV") {
  under(both_profiles, [](Sample& sample) {
    sample.registration.conditional_create = true;
    CHECK_REFUSED(sample.enrol(flagging(0, 0x05)), errors::webauthn_user_not_verified,
                  wire::registration_clauses.user_verified);
  });
}
TEST_CASE("7.1 step 16 refused: every other flag is no UV") {
  check_created(flagging(0x18, 0x04), errors::webauthn_user_not_verified, wire::registration_clauses.user_verified);
}

TEST_CASE("7.1 step 17 accepted: neither, BE alone, and both") {
  under(every_profile, [](Sample& sample) {
    CHECK_ACCEPTED(sample.enrol(backed_up(false, false)));
    CHECK_ACCEPTED(sample.enrol(backed_up(true, false)));
    CHECK_ACCEPTED(sample.enrol(backed_up(true, true)));
  });
}
TEST_CASE("7.1 step 17 refused: BS without BE under every profile") {
  under(every_profile, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(backed_up(false, true)), errors::webauthn_backup_state_without_eligibility,
                  wire::registration_clauses.backup_state);
  });
}
TEST_CASE("7.1 step 17 refused: BS without BE, attested to an anchor") {
  under(both_profiles, [](Sample& sample) {
    trust(sample, Chain());
    Behaviour behaviour = backed_up(false, true);
    behaviour.attestation = AttestationChoice::packed_x5c;
    CHECK_REFUSED(sample.enrol(behaviour), errors::webauthn_backup_state_without_eligibility,
                  wire::registration_clauses.backup_state);
  });
}
TEST_CASE("7.1 step 17 refused: BS without BE where synced credentials are refused anyway") {
  under({"strict"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(backed_up(false, true)), errors::webauthn_backup_state_without_eligibility,
                  wire::registration_clauses.backup_state);
  });
}

TEST_CASE("7.1 step 18 accepted: a credential that may be synced, where the policy lets it") {
  under(every_profile, [](Sample& sample) {
    const auto verified = sample.enrol(backed_up(true, false));
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().backup_eligible);
  });
}
TEST_CASE("7.1 step 18 refused: a credential that may be synced under the strict profile") {
  under({"strict"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(backed_up(true, false)), errors::webauthn_backup_eligible_refused,
                  wire::clauses::backup_policy);
  });
}
TEST_CASE("7.1 step 18 refused: a credential that is synced already") {
  under({"strict"}, [](Sample& sample) {
    CHECK_REFUSED(sample.enrol(backed_up(true, true)), errors::webauthn_backup_eligible_refused,
                  wire::clauses::backup_policy);
  });
}
TEST_CASE("7.1 step 18 refused: an attestation does not bind a credential to its device") {
  under(both_profiles, [](Sample& sample) {
    trust(sample, Chain());
    sample.registration.policy.backup_eligible_allowed = false;
    Behaviour behaviour = backed_up(true, false);
    behaviour.attestation = AttestationChoice::packed_x5c;
    CHECK_REFUSED(sample.enrol(behaviour), errors::webauthn_backup_eligible_refused, wire::clauses::backup_policy);
  });
}

TEST_CASE("7.1 step 19 accepted: the state is written down") {
  under(every_profile, [](Sample& sample) {
    for (const bool state : {false, true}) {
      const auto verified = sample.enrol(backed_up(true, state));
      REQUIRE(code_of(verified) == "accepted");
      CHECK(verified->record().backup_state == state);
    }
  });
}

TEST_CASE("7.1 step 20 accepted: each algorithm that was asked for") {
  under(every_profile, [](Sample& sample) {
    sample.registration.algorithms = {-8, -7};
    for (const std::int64_t algorithm : sample.registration.algorithms) {
      CHECK_ACCEPTED(sample.enrol(attesting(AttestationChoice::none, algorithm)));
    }
  });
}
TEST_CASE("7.1 step 20 refused: an algorithm that was not asked for") {
  under(every_profile, [](Sample& sample) {
    sample.registration.algorithms = {-7};
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::none, -8)), errors::webauthn_algorithm_not_asked,
                  wire::clauses::algorithm_asked);
  });
}
TEST_CASE("7.1 step 20 refused: an attestation does not make up for the algorithm") {
  under(both_profiles, [](Sample& sample) {
    trust(sample, Chain());
    sample.registration.algorithms = {-8, -257};
    CHECK_REFUSED(sample.enrol(attesting(AttestationChoice::packed_x5c, -7)), errors::webauthn_algorithm_not_asked,
                  wire::clauses::algorithm_asked);
  });
}
TEST_CASE("7.1 step 20 refused: nothing was asked for") {
  under(both_profiles, [](Sample& sample) {
    sample.registration.algorithms = {-7};
    const Json json = sample.create();
    sample.registration.algorithms.clear();
    CHECK_REFUSED(sample.verify_created(json), errors::webauthn_algorithm_not_asked, wire::clauses::algorithm_asked);
  });
}

TEST_CASE("7.1 step 20 refused: a key that lacks a parameter of its algorithm") {
  const Bytes key = CborWriter().map(3).integer(1).integer(2).integer(3).integer(-7).integer(-1).integer(1).out();
  check_created(
      [&](const Json& good) {
        Bytes data = part(good, "authenticatorData");
        data.resize(credential_id_at + 32);
        data.insert(data.end(), key.begin(), key.end());
        return with_object(
            good,
            CborWriter().map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes(data).out());
      },
      errors::webauthn_cose_key_malformed, wire::clauses::cose_key);
}

}  // namespace tegata::webauthn::test::conformance
