// Certificates in statements: their profile, and the paths from them to anchors.
#include "rp/webauthn/attestation/certificate.h"

#include <algorithm>

#include "tests/unit/webauthn/attested_sample.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using conformance::Chain;
using sandbox::authenticator::CborWriter;
using sandbox::test_pki::Profile;

const Behaviour packed_full = attesting(AttestationChoice::packed_x5c);
constexpr const char* aaguid_oid = "1.3.6.1.4.1.45724.1.1.4";

const auto bad_profile = errors::webauthn_attestation_certificate_profile;
const auto untrusted = errors::webauthn_attestation_untrusted;

Result<VerifiedRegistration> with_x5c(const Bytes& x5c) { return judged_with(packed_full, "packed", "x5c", x5c); }

// A packed attestation by a leaf of which one thing is different.
Result<VerifiedRegistration> with_leaf(const std::function<void(Profile&)>& change) {
  Sample sample;
  const Chain chain([&](Chain& c) { change(c.leaf_profile); });
  sample.authenticator.set_attestation(chain.leaf.key, {chain.leaf_der()});
  return sample.enrol(packed_full);
}

Result<VerifiedRegistration> with_subject(const char* attribute, const char* value) {
  return with_leaf([=](Profile& profile) {
    std::erase_if(profile.subject, [&](const auto& part) { return part.first == attribute; });
    if (value) profile.subject.push_back({attribute, value});
  });
}

Result<VerifiedRegistration> with_aaguid(const Bytes& der, bool critical = false, int times = 1) {
  return with_leaf([=](Profile& profile) {
    for (int i = 0; i < times; ++i)
      profile.raw_extensions.push_back({.oid = aaguid_oid, .critical = critical, .der = der});
  });
}

// The answer for a path, when the authenticator's own root is the anchor and a path is asked for, or is not.
Result<VerifiedRegistration> lied_path(Lie lie, wire::AttestationAcceptance acceptance, bool root_allowed = true) {
  Sample sample;
  sample.registration.policy.attestation = acceptance;
  sample.registration.policy.root_in_x5c_allowed = root_allowed;
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  Behaviour behaviour = packed_full;
  behaviour.packed_algorithm = -7;
  behaviour.lie = lie;
  return sample.enrol(behaviour);
}

bool tells(const Result<VerifiedRegistration>& result, const char* what) {
  INFO(result.error().detail());
  return !result && result.error().detail().find(what) != std::string::npos;
}

struct Trusting : Sample {
  Trusting() { registration.policy.attestation = wire::AttestationAcceptance::trust; }
  Result<VerifiedRegistration> show(const Chain& chain, const std::vector<Bytes>& path) {
    authenticator.set_attestation(chain.leaf.key, path);
    return enrol(packed_full);
  }
  Result<VerifiedRegistration> show(const Chain& chain) { return show(chain, {chain.leaf_der(), chain.between_der()}); }
};

}  // namespace

TEST_CASE("x5c: one to eight certificates") {
  CHECK_REFUSED(with_x5c(CborWriter().map(0).out()), statement_malformed, wire::clauses::packed_syntax);
  CHECK_REFUSED(with_x5c(CborWriter().bytes("x"_b).out()), statement_malformed, wire::clauses::packed_syntax);
  CHECK_REFUSED(with_x5c(CborWriter().array(0).out()), statement_malformed, wire::clauses::packed_syntax);
  CHECK_REFUSED(with_x5c(CborWriter().array(1).text("x").out()), statement_malformed, wire::clauses::packed_syntax);
  CborWriter nine;
  nine.array(9);
  for (int i = 0; i < 9; ++i) nine.bytes("x"_b);
  CHECK_REFUSED(with_x5c(nine.out()), statement_malformed, wire::clauses::packed_syntax);
}

TEST_CASE("x5c: every certificate is one, and nothing stands behind it") {
  const auto wrong = errors::webauthn_attestation_certificate_malformed;
  CHECK_REFUSED(with_x5c(CborWriter().array(1).bytes("x"_b).out()), wrong, wire::clauses::certificate_der);
  CHECK_REFUSED(with_x5c(CborWriter().array(1).bytes({}).out()), wrong, wire::clauses::certificate_der);
  Sample sample;
  const Chain chain;
  Bytes longer = chain.leaf_der();
  longer.push_back(0);
  sample.authenticator.set_attestation(chain.leaf.key, {longer});
  CHECK_REFUSED(sample.enrol(packed_full), wrong, wire::clauses::certificate_der);
  sample.authenticator.set_attestation(chain.leaf.key, {chain.leaf_der(), "x"_b});
  CHECK_REFUSED(sample.enrol(packed_full), wrong, wire::clauses::certificate_der);
}

TEST_CASE("packed certificates: no CA, and basic constraints say so") {
  CHECK_ACCEPTED(with_leaf([](Profile&) {}));
  CHECK_REFUSED(with_leaf([](Profile& profile) {
                  profile.extensions = {{"basicConstraints", "CA:TRUE"}};
                }),
                bad_profile, wire::clauses::packed_certificate);
  CHECK_REFUSED(with_leaf([](Profile& profile) { profile.extensions.clear(); }), bad_profile,
                wire::clauses::packed_certificate);
}

TEST_CASE("packed certificates: the subject") {
  for (const char* attribute : {"C", "O", "OU", "CN"}) {
    INFO(attribute);
    CHECK_REFUSED(with_subject(attribute, nullptr), bad_profile, wire::clauses::packed_certificate);
  }
  CHECK_REFUSED(with_subject("C", "jp"), bad_profile, wire::clauses::packed_certificate);
  CHECK_REFUSED(with_subject("OU", "Authenticator attestation"), bad_profile, wire::clauses::packed_certificate);
  CHECK_REFUSED(with_leaf([](Profile& profile) {
                  profile.subject.push_back({"OU", "Authenticator Attestation"});
                }),
                bad_profile, wire::clauses::packed_certificate);
}

TEST_CASE("packed certificates: version 3") {
  Sample sample;
  const Chain chain;
  // Extensions stay, which version 1 does not have: only the number is wrong.
  const auto certificate = sandbox::test_pki::issue(chain.leaf_profile, chain.leaf.key, chain.root);
  X509_set_version(certificate.get(), X509_VERSION_1);
  X509_sign(certificate.get(), chain.root.key.get(), EVP_sha256());
  sample.authenticator.set_attestation(chain.leaf.key, {sandbox::test_pki::der(certificate)});
  CHECK_REFUSED(sample.enrol(packed_full), bad_profile, wire::clauses::packed_certificate);
}

TEST_CASE("the AAGUID extension: once, not critical, an octet string of this AAGUID") {
  Bytes other(18, 7);
  other[0] = 0x04, other[1] = 16;
  const auto differs = errors::webauthn_attestation_aaguid_mismatch;
  CHECK_REFUSED(with_aaguid(other), differs, wire::clauses::packed_aaguid);
  CHECK_REFUSED(judged([] {
                  Behaviour behaviour = packed_full;
                  behaviour.lie = Lie::packed_certificate_aaguid;
                  return behaviour;
                }()),
                differs, wire::clauses::packed_aaguid);
  CHECK_REFUSED(with_aaguid(other, true), bad_profile, wire::clauses::packed_aaguid);
  CHECK_REFUSED(with_aaguid(other, false, 2), bad_profile, wire::clauses::certificate_extension_once);
  for (const Bytes& wrong : {Bytes{}, Bytes{0x02, 1, 1}, Bytes{0x04, 3, 1, 2, 3}, Bytes(16, 7), Bytes(18, 4)}) {
    INFO(hex(wrong));
    CHECK_REFUSED(with_aaguid(wrong), bad_profile, wire::clauses::packed_aaguid);
  }
}

TEST_CASE("trust: a path to a root, to an intermediate, to the leaf itself") {
  Trusting sample;
  const Chain chain;
  for (const auto& anchor : {chain.root_der(), chain.between_der(), chain.leaf_der()}) {
    sample.registration.anchors = {anchor};
    const auto verified = sample.show(chain);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
  }
  sample.registration.anchors = {chain.between_der()};
  CHECK_ACCEPTED(sample.show(chain, {chain.leaf_der()}));
  sample.registration.anchors = {chain.leaf_der()};
  CHECK_ACCEPTED(sample.show(chain, {chain.leaf_der()}));
  sample.registration.anchors = {chain.root_der()};
  CHECK_REFUSED(sample.show(chain, {chain.leaf_der()}), untrusted, wire::clauses::attestation_trust);
}

TEST_CASE("trust: a batch certificate that signed itself is trusted as an anchor, and only then") {
  Trusting sample;
  sample.registration.policy.root_in_x5c_allowed = false;
  Chain chain;
  chain.leaf = sandbox::test_pki::issue_self_signed(chain.leaf_profile, chain.leaf.key);
  CHECK_REFUSED(sample.show(chain, {chain.leaf_der()}), untrusted, wire::clauses::attestation_trust);
  sample.registration.anchors = {chain.leaf_der()};
  CHECK_ACCEPTED(sample.show(chain, {chain.leaf_der()}));
}

TEST_CASE("trust: what the statement brings along is never an anchor (GHSA-6hxq-p678-4hr2)") {
  Trusting sample;
  const Chain chain, foreign;
  const std::vector<Bytes> path = {chain.leaf_der(), chain.between_der(), chain.root_der()};
  CHECK_REFUSED(sample.show(chain, path), untrusted, wire::clauses::attestation_trust);
  // An anchor of the same name, and one that has nothing to do with it.
  sample.registration.anchors = {foreign.root_der()};
  CHECK_REFUSED(sample.show(chain, path), untrusted, wire::clauses::attestation_trust);
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  CHECK_REFUSED(sample.show(chain, path), untrusted, wire::clauses::attestation_trust);
  sample.registration.anchors = {chain.root_der()};
  CHECK_ACCEPTED(sample.show(chain, path));
}

TEST_CASE("trust: names alone make no path") {
  Trusting sample;
  const Chain chain, namesakes;
  sample.registration.anchors = {chain.root_der()};
  CHECK_REFUSED(sample.show(namesakes, {namesakes.leaf_der(), chain.between_der()}), untrusted,
                wire::clauses::attestation_trust);
  const Chain no_ca([](Chain& c) { c.between_profile.extensions = {{"basicConstraints", "CA:FALSE"}}; });
  sample.registration.anchors = {no_ca.root_der()};
  CHECK_REFUSED(sample.show(no_ca), untrusted, wire::clauses::attestation_trust);
}

TEST_CASE("trust: none and self attestation reach no anchor") {
  Trusting sample;
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  CHECK_ACCEPTED(sample.enrol(packed_full));
  for (const auto choice : {AttestationChoice::none, AttestationChoice::packed_self}) {
    CHECK_REFUSED(sample.enrol(attesting(choice)), untrusted, wire::clauses::attestation_trust);
  }
}

TEST_CASE("trust: an anchor that is no certificate is our own mistake, and said so") {
  Trusting sample;
  sample.registration.anchors = {"no certificate"_b};
  CHECK(code_of(sample.enrol(packed_full)) == "webauthn_anchor_malformed");
}

TEST_CASE("trust: every certificate of the path holds at the time that was passed in") {
  const auto trust = wire::AttestationAcceptance::trust;
  CHECK_ACCEPTED(lied_path(Lie::nothing, trust));
  const auto expired = lied_path(Lie::certificate_expired, trust),
             early = lied_path(Lie::certificate_not_yet_valid, trust),
             between = lied_path(Lie::intermediate_expired, trust);
  CHECK_REFUSED(expired, untrusted, wire::clauses::attestation_trust);
  CHECK(tells(expired, "certificate 0: certificate has expired"));
  CHECK_REFUSED(early, untrusted, wire::clauses::attestation_trust);
  CHECK(tells(early, "certificate 0: certificate is not yet valid"));
  CHECK_REFUSED(between, untrusted, wire::clauses::attestation_trust);
  CHECK(tells(between, "certificate 2: certificate has expired"));
}

TEST_CASE("trust: to the second") {
  Trusting sample;
  const Chain chain;
  sample.registration.anchors = {chain.root_der()};
  const auto at = [&](std::int64_t seconds) {
    sample.registration.now = from_unix_seconds(seconds);
    return code_of(sample.show(chain));
  };
  CHECK(at(conformance::chain_begins - 1) == "webauthn_attestation_untrusted");
  CHECK(at(conformance::chain_begins + 1) == "accepted");
  CHECK(at(conformance::chain_ends - 1) == "accepted");
  CHECK(at(conformance::chain_ends + 1) == "webauthn_attestation_untrusted");
}

TEST_CASE("without asking for trust, dates are not judged and a path is noted where there is one") {
  const auto verify = wire::AttestationAcceptance::verify;
  for (const Lie lie : {Lie::certificate_expired, Lie::certificate_not_yet_valid, Lie::intermediate_expired}) {
    const auto verified = lied_path(lie, verify);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "unverified");
  }
  CHECK(lied_path(Lie::nothing, verify)->record().attestation_type == "trusted");
}

TEST_CASE("paths: each certificate is issued by the next, whoever trusts them") {
  for (const auto acceptance : {wire::AttestationAcceptance::trust, wire::AttestationAcceptance::verify}) {
    CHECK_REFUSED(lied_path(Lie::x5c_order, acceptance), errors::webauthn_attestation_x5c_order,
                  wire::clauses::x5c_order);
  }
  Trusting sample;
  const Chain chain;
  sample.registration.anchors = {chain.root_der()};
  const std::vector<Bytes> twice = {chain.leaf_der(), chain.between_der(), chain.between_der()};
  CHECK_REFUSED(sample.show(chain, twice), errors::webauthn_attestation_x5c_order, wire::clauses::x5c_order);
}

TEST_CASE("defect: whatever the next certificate lacked, the order was called wrong") {
  const auto shown = [](const std::function<void(Chain&)>& change) {
    Trusting sample;
    const Chain chain(change);
    sample.registration.anchors = {chain.root_der()};
    return sample.show(chain);
  };
  CHECK_ACCEPTED(shown([](Chain& chain) {
    chain.between_profile.extensions.push_back({"keyUsage", "critical,keyCertSign"});
    chain.between_profile.extensions.push_back({"subjectKeyIdentifier", "01:02:03:04"});
    chain.leaf_profile.raw_extensions.push_back({"2.5.29.35", false, {0x30, 0x06, 0x80, 0x04, 1, 2, 3, 4}});
  }));
  CHECK_REFUSED(shown([](Chain& chain) {
                  chain.between_profile.extensions.push_back({"keyUsage", "critical,digitalSignature"});
                }),
                errors::webauthn_attestation_x5c_key_usage, wire::clauses::x5c_key_usage);
  CHECK_REFUSED(
      shown([](Chain& chain) {
        chain.between_profile.extensions.push_back({"subjectKeyIdentifier", "01:02:03:04"});
        chain.leaf_profile.raw_extensions.push_back({"2.5.29.35", false, {0x30, 0x06, 0x80, 0x04, 1, 2, 3, 5}});
      }),
      errors::webauthn_attestation_x5c_authority_key, wire::clauses::x5c_authority_key);
  CHECK_REFUSED(shown([](Chain& chain) {
                  chain.between_profile.raw_extensions.push_back({"2.5.29.15", true, {0x30}});
                }),
                errors::webauthn_attestation_certificate_malformed, wire::clauses::certificate_der);
}

// The issuer by name, with a key of another kind than the one that signed.
TEST_CASE("paths: an issuer whose key cannot have made the signature") {
  Trusting sample;
  const Chain chain;
  sample.registration.anchors = {chain.root_der()};
  const auto other = sandbox::test_pki::issue(chain.between_profile, sandbox::test_pki::rsa_key(), chain.root);
  CHECK_REFUSED(sample.show(chain, {chain.leaf_der(), sandbox::test_pki::der(other)}),
                errors::webauthn_attestation_x5c_algorithm, wire::clauses::x5c_algorithm);
}

TEST_CASE("paths: one that carries its root is refused unless the policy lets it") {
  for (const auto acceptance : {wire::AttestationAcceptance::trust, wire::AttestationAcceptance::verify}) {
    CHECK_REFUSED(lied_path(Lie::x5c_root, acceptance, false), errors::webauthn_attestation_root_in_x5c,
                  wire::clauses::x5c_root);
    CHECK_ACCEPTED(lied_path(Lie::x5c_root, acceptance, true));
    CHECK_ACCEPTED(lied_path(Lie::nothing, acceptance, false));
  }
}

}  // namespace tegata::webauthn::test
