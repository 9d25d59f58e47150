// Server conformance cases 69 to 94, but for those about metadata: packed and none. The words are ours.
#include "tests/unit/webauthn/attested_sample.h"

namespace tegata::webauthn::test::conformance {
namespace {

const Behaviour full_packed = attesting(AttestationChoice::packed_x5c);
const Behaviour self_packed = attesting(AttestationChoice::packed_self, -7);

void nothing(Sample&, const Chain&) {}

// A full statement with something else as its x5c; the signature is not reached.
EditJson x5c_of(const std::optional<Bytes>& x5c) {
  return [=](const Json& good) {
    CborWriter statement;
    statement.map(x5c ? 3 : 2).text("alg").integer(-7).text("sig").bytes(Bytes(70, 1));
    if (x5c) statement.text("x5c").raw(*x5c);
    return with_statement(good, "packed", statement.out());
  };
}

// Statements of formats that nobody registered.
void check_unknown_format(const Behaviour& behaviour) {
  for (const char* format : {"", "Packed", "PACKED", "packed ", "fido_u2f", "TPM", "android", "none\n", "sample"}) {
    INFO(format);
    check_created([=](const Json& good) { return with_statement(good, format, CborWriter().map(0).out()); },
                  errors::webauthn_attestation_format_unsupported, wire::clauses::attestation_format, behaviour);
  }
}

}  // namespace

TEST_CASE("case 069: a full packed attestation") {
  check_created(full_packed);
  under(both_profiles, [](Sample& sample) {
    trust(sample, Chain());
    const auto verified = sample.enrol(full_packed);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
  });
}

TEST_CASE("case 074: a format that nobody knows, full") { check_unknown_format(full_packed); }

TEST_CASE("case 075: a full signature that does not verify") {
  Behaviour behaviour = full_packed;
  behaviour.lie = Lie::bogus_signature;
  check_created(behaviour, errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
  behaviour.lie = Lie::nothing;
  behaviour.edit_signature = [](Bytes& signature) { signature.back() ^= 1; };
  check_created(behaviour, errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
}

TEST_CASE("case 076: a full statement without x5c is a self statement with a wrong signature") {
  check_created(x5c_of({}), errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature,
                self_packed);
}

TEST_CASE("case 077: x5c is no array") {
  const Bytes wrong[] = {CborWriter().integer(1).out(), CborWriter().bytes("x5c"_b).out(),
                         CborWriter().text("x5c").out(), CborWriter().map(0).out(), CborWriter().boolean(true).out()};
  for (const Bytes& x5c : wrong) {
    check_created(x5c_of(x5c), errors::webauthn_attestation_statement_malformed, wire::clauses::packed_syntax,
                  self_packed);
  }
}

TEST_CASE("case 078: x5c is empty") {
  check_created(x5c_of(CborWriter().array(0).out()), errors::webauthn_attestation_statement_malformed,
                wire::clauses::packed_syntax, self_packed);
}

TEST_CASE("case 079: the batch certificate has expired") {
  const Chain chain([](Chain& c) { c.leaf_profile.not_after = from_unix_seconds(1'795'000'000); });
  check_attested(nothing, chain, errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  check_known_model(chain, {chain.leaf_der(), chain.between_der()}, {chain.root_der()});
}

TEST_CASE("case 080: the batch certificate is not valid yet") {
  const Chain chain([](Chain& c) { c.leaf_profile.not_before = from_unix_seconds(1'796'000'000); });
  check_attested(nothing, chain, errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  check_known_model(chain, {chain.leaf_der(), chain.between_der()}, {chain.root_der()});
}

TEST_CASE("case 082: the chain cannot be verified") {
  const Chain chain, foreign;
  // A namesake of the trusted root, with another key; and a chain with a gap.
  check_attested([&](Sample& sample, const Chain&) { sample.registration.anchors = {foreign.root_der()}; }, chain,
                 errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  check_attested(
      [&](Sample& sample, const Chain& c) { sample.authenticator.set_attestation(c.leaf.key, {c.leaf_der()}); }, chain,
      errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  check_attested([&](Sample& sample, const Chain&) { sample.registration.anchors.clear(); }, chain,
                 errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  check_known_model(chain, {chain.leaf_der(), chain.between_der()}, {foreign.root_der()});
  check_known_model(chain, {chain.leaf_der()}, {chain.root_der()});
}

TEST_CASE("case 083: x5c carries its root: refused by the conformance profile, no anchor in any other") {
  const Chain chain;
  const auto whole = [&](Sample& sample) {
    sample.authenticator.set_attestation(chain.leaf.key, {chain.leaf_der(), chain.between_der(), chain.root_der()});
  };
  under({"fido-conformance"}, [&](Sample& sample) {
    whole(sample);
    CHECK_REFUSED(sample.enrol(full_packed), errors::webauthn_attestation_root_in_x5c, wire::clauses::x5c_root);
    trust(sample, chain);
    whole(sample);
    CHECK_REFUSED(sample.enrol(full_packed), errors::webauthn_attestation_root_in_x5c, wire::clauses::x5c_root);
  });
  under({"standard"}, [&](Sample& sample) {
    trust(sample, chain);
    whole(sample);
    CHECK_ACCEPTED(sample.enrol(full_packed));
    sample.registration.anchors.clear();
    CHECK_REFUSED(sample.enrol(full_packed), errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  });
}

TEST_CASE("case 084: x5c in the wrong order") {
  const Chain chain;
  // The first certificate is the signer's, whoever else signed.
  check_attested(
      [](Sample& sample, const Chain& c) {
        sample.authenticator.set_attestation(c.leaf.key, {c.between_der(), c.leaf_der()});
      },
      chain, errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
  // Behind it, each certificate issued the one before.
  const Chain other;
  check_attested(
      [&](Sample& sample, const Chain& c) {
        sample.authenticator.set_attestation(c.leaf.key, {c.leaf_der(), other.leaf_der(), c.between_der()});
      },
      chain, errors::webauthn_attestation_x5c_order, wire::clauses::x5c_order);
}

TEST_CASE("case 085: an intermediate certificate has expired") {
  const Chain chain([](Chain& c) { c.between_profile.not_after = from_unix_seconds(1'795'000'000); });
  check_attested(nothing, chain, errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
  check_known_model(chain, {chain.leaf_der(), chain.between_der()}, {chain.root_der()});
}

TEST_CASE("case 086: the signature is by another key than the certificate's") {
  check_attested(
      [](Sample& sample, const Chain& c) {
        sample.authenticator.set_attestation(sandbox::test_pki::p256_key(), {c.leaf_der(), c.between_der()});
      },
      Chain(), errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
}

TEST_CASE("case 087: the signature is by the credential key, not by the batch key") {
  // A self statement's signature, shown beside somebody's certificates.
  const Chain chain;
  under(both_profiles, [&](Sample& sample) {
    trust(sample, chain);
    Bytes signature;
    Behaviour keeping = self_packed;
    keeping.edit_signature = [&](Bytes& made) { signature = made; };
    const Json json = sample.create(keeping);
    CborWriter statement;
    statement.map(3).text("alg").integer(-7).text("sig").bytes(signature);
    statement.text("x5c").array(2).bytes(chain.leaf_der()).bytes(chain.between_der());
    CHECK_REFUSED(sample.verify_created(with_statement(json, "packed", statement.out())),
                  errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
  });
}

TEST_CASE("case 088: a self attestation") { check_created(self_packed); }

TEST_CASE("case 089: a self attestation that does not verify, or names another algorithm") {
  Behaviour behaviour = self_packed;
  behaviour.lie = Lie::bogus_signature;
  check_created(behaviour, errors::webauthn_attestation_signature_invalid, wire::clauses::packed_signature);
  for (const std::int64_t other : {-8, -257, -35, 7}) {
    check_created(
        [=](const Json& good) {
          return with_statement(good, "packed",
                                CborWriter().map(2).text("alg").integer(other).text("sig").bytes(Bytes(70, 1)).out());
        },
        errors::webauthn_attestation_algorithm_mismatch, wire::clauses::packed_self_alg, self_packed);
  }
}

TEST_CASE("case 091: a format that nobody knows, self") { check_unknown_format(self_packed); }

TEST_CASE("case 092: a self attestation although none was asked for") {
  under(both_profiles, [](Sample& sample) {
    const CreationUser user{sample.user_handle, "kensho", "検証 太郎"};
    const Json options = creation_options(sample.registration, "検証機関", user, {}, "none", 300'000);
    CHECK_ACCEPTED(
        sample.verify_created(sample.authenticator.create(options, sample.origin, self_packed, sample.random).value()));
  });
}

TEST_CASE("case 093: none where none was asked for") {
  under(both_profiles, [](Sample& sample) {
    const auto verified = sample.enrol(attesting(AttestationChoice::none));
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "none");
  });
}

TEST_CASE("case 094: none with the statement of packed") {
  const Bytes statement = CborWriter().map(2).text("alg").integer(-7).text("sig").bytes(Bytes(70, 1)).out();
  check_created([&](const Json& good) { return with_statement(good, "none", statement); },
                errors::webauthn_attestation_statement_malformed, wire::clauses::none_empty);
}

}  // namespace tegata::webauthn::test::conformance
