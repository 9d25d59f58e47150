#include <algorithm>

#include "rp/sandbox/authenticator_keys.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::CborWriter;
using sandbox::Identity;
using sandbox::Profile;

Behaviour packed(AttestationChoice attestation = AttestationChoice::packed_x5c) {
  Behaviour behaviour;
  behaviour.attestation = attestation;
  return behaviour;
}

Profile profile(const sandbox::Name& subject, const char* constraints) {
  Profile made;
  made.subject = subject;
  made.not_before = from_unix_seconds(1'700'000'000);
  made.not_after = from_unix_seconds(1'900'000'000);
  made.extensions = {{"basicConstraints", constraints}};
  return made;
}

const sandbox::Name leaf_subject = {
    {"C", "JP"}, {"O", "Sample"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}};

struct Chain {
  Identity root = sandbox::issue_self_signed(profile({{"C", "JP"}, {"CN", "Sample Root"}}, "critical,CA:TRUE"),
                                             sandbox::p256_key());
  Identity between = issued(profile({{"C", "JP"}, {"CN", "Sample Between"}}, "critical,CA:TRUE"), root);
  Identity leaf = issued(profile(leaf_subject, "CA:FALSE"), between);

  static Identity issued(const Profile& what, const Identity& issuer) {
    const auto key = sandbox::p256_key();
    return {key, sandbox::issue(what, key, issuer)};
  }
};

// The code for a packed attestation by a leaf of this profile.
std::string judged(const Profile& leaf) {
  Sample sample;
  const Chain chain;
  const Identity made = Chain::issued(leaf, chain.root);
  sample.authenticator.set_attestation(made.key, {sandbox::der(made.certificate)});
  return code_of(sample.enrol(packed()));
}

Profile with_subject(const char* attribute, const char* value) {
  Profile made = profile(leaf_subject, "CA:FALSE");
  std::erase_if(made.subject, [&](const auto& part) { return part.first == attribute; });
  if (value) made.subject.push_back({attribute, value});
  return made;
}

Profile with_aaguid(const Bytes& der, bool critical = false) {
  Profile made = profile(leaf_subject, "CA:FALSE");
  made.raw_extensions = {{.oid = "1.3.6.1.4.1.45724.1.1.4", .critical = critical, .der = der}};
  return made;
}

// The attestation object of a good packed self attestation, with another statement or format.
std::string judged(const std::function<void(Json& parts)>& edit, const Bytes& statement,
                   std::string_view format = "packed") {
  Sample sample;
  Behaviour behaviour;
  behaviour.algorithm = -7;
  Json json = sample.create(behaviour);
  const Bytes data = parse_base64url(json["response"]["authenticatorData"].get<std::string>()).value();
  CborWriter object;
  object.map(3).text("fmt").text(format).text("attStmt").raw(statement).text("authData").bytes(data);
  json["response"]["attestationObject"] = base64url(object.out());
  if (edit) edit(json);
  return code_of(sample.verify_created(json));
}

std::string judged_object(const Bytes& object) {
  return judged([&](Json& json) { json["response"]["attestationObject"] = base64url(object); },
                CborWriter().map(0).out());
}

}  // namespace

TEST_CASE("attestation objects of the wrong shape") {
  const std::string malformed = "webauthn_attestation_object_malformed";
  const auto none = CborWriter().map(0).out();
  CHECK(judged_object({}) == "webauthn_cbor_malformed");
  CHECK(judged_object(CborWriter().array(0).out()) == malformed);
  CHECK(judged_object(CborWriter().integer(1).out()) == malformed);
  CHECK(judged_object(CborWriter().map(2).text("attStmt").map(0).text("authData").bytes("x"_b).out()) == malformed);
  CHECK(judged_object(CborWriter().map(2).text("fmt").text("none").text("authData").bytes("x"_b).out()) == malformed);
  CHECK(judged_object(CborWriter().map(2).text("fmt").text("none").text("attStmt").map(0).out()) == malformed);
  const auto object = [](const Bytes& fmt, const Bytes& statement, const Bytes& data) {
    return CborWriter().map(3).text("fmt").raw(fmt).text("attStmt").raw(statement).text("authData").raw(data).out();
  };
  const auto text = CborWriter().text("none").out(), bytes = CborWriter().bytes("none"_b).out();
  CHECK(judged_object(object(bytes, none, bytes)) == malformed);
  CHECK(judged_object(object(text, text, bytes)) == malformed);
  CHECK(judged_object(object(text, none, text)) == malformed);
  CHECK(judged_object(object(text, none, CborWriter().bytes({}).out())) == "webauthn_authenticator_data_malformed");
}

TEST_CASE("formats: exactly the known ones") {
  const auto empty = CborWriter().map(0).out();
  CHECK(judged(nullptr, empty, "none") == "accepted");
  for (const char* format : {"None", "PACKED", "", "none ", "TPM", "Apple", "fido_u2f", "android"}) {
    INFO(format);
    CHECK(judged(nullptr, empty, format) == "webauthn_attestation_format_unsupported");
  }
}

TEST_CASE("none with a statement is refused") {
  CHECK(judged(nullptr, CborWriter().map(1).text("alg").integer(-7).out(), "none") ==
        "webauthn_attestation_statement_malformed");
}

TEST_CASE("packed statements of the wrong shape") {
  const std::string malformed = "webauthn_attestation_statement_malformed";
  const Bytes signature(70, 1);
  CHECK(judged(nullptr, CborWriter().map(0).out()) == malformed);
  CHECK(judged(nullptr, CborWriter().map(1).text("sig").bytes(signature).out()) == malformed);
  CHECK(judged(nullptr, CborWriter().map(1).text("alg").integer(-7).out()) == malformed);
  const auto statement = [&](const Bytes& alg, const Bytes& sig) {
    return CborWriter().map(2).text("alg").raw(alg).text("sig").raw(sig).out();
  };
  const auto alg = CborWriter().integer(-7).out(), sig = CborWriter().bytes(signature).out();
  CHECK(judged(nullptr, statement(CborWriter().text("-7").out(), sig)) == malformed);
  CHECK(judged(nullptr, statement(alg, CborWriter().text("sig").out())) == malformed);
  CHECK(judged(nullptr, statement(alg, CborWriter().bytes({}).out())) == malformed);
  CHECK(judged(nullptr, statement(alg, sig)) == "webauthn_attestation_signature_invalid");
  CHECK(judged(nullptr, statement(CborWriter().integer(-8).out(), sig)) == "webauthn_attestation_algorithm_mismatch");
  const auto with_x5c = [&](const Bytes& x5c) {
    return CborWriter().map(3).text("alg").raw(alg).text("sig").raw(sig).text("x5c").raw(x5c).out();
  };
  CHECK(judged(nullptr, with_x5c(CborWriter().map(0).out())) == malformed);
  CHECK(judged(nullptr, with_x5c(CborWriter().array(0).out())) == malformed);
  CHECK(judged(nullptr, with_x5c(CborWriter().array(1).text("x").out())) == malformed);
  CHECK(judged(nullptr, with_x5c(CborWriter().array(1).bytes("x"_b).out())) ==
        "webauthn_attestation_certificate_malformed");
  CborWriter nine;
  nine.array(9);
  for (int i = 0; i < 9; ++i) nine.bytes("x"_b);
  CHECK(judged(nullptr, with_x5c(nine.out())) == malformed);
  CHECK(judged(nullptr, CborWriter().map(3).text("alg").raw(alg).text("sig").raw(sig).text("ver").integer(1).out()) ==
        malformed);
}

TEST_CASE("packed signatures by the wrong key or over something else") {
  const auto attestation = GENERATE(AttestationChoice::packed_self, AttestationChoice::packed_x5c);
  Sample sample;
  Behaviour behaviour = packed(attestation);
  behaviour.lie = Lie::bogus_signature;
  CHECK(code_of(sample.enrol(behaviour)) == "webauthn_attestation_signature_invalid");
  if (attestation == AttestationChoice::packed_self) return;
  const Chain chain;
  sample.authenticator.set_attestation(sandbox::p256_key(), {sandbox::der(chain.leaf.certificate)});
  CHECK(code_of(sample.enrol(packed())) == "webauthn_attestation_signature_invalid");
}

TEST_CASE("packed: the certificate's key is of the kind that alg names") {
  Sample sample;
  const Chain chain;
  const auto rsa = sandbox::rsa_key();
  const auto certificate = sandbox::issue(profile(leaf_subject, "CA:FALSE"), rsa, chain.root);
  sample.authenticator.set_attestation(chain.leaf.key, {sandbox::der(certificate)});
  CHECK(code_of(sample.enrol(packed())) == "webauthn_attestation_algorithm_mismatch");
}

TEST_CASE("packed: the profile of the attestation certificate") {
  const std::string refused = "webauthn_attestation_certificate_profile";
  CHECK(judged(profile(leaf_subject, "CA:FALSE")) == "accepted");
  CHECK(judged(profile(leaf_subject, "CA:TRUE")) == refused);
  Profile bare = profile(leaf_subject, "CA:FALSE");
  bare.extensions.clear();
  CHECK(judged(bare) == refused);
  for (const char* attribute : {"C", "O", "OU", "CN"}) {
    INFO(attribute);
    CHECK(judged(with_subject(attribute, nullptr)) == refused);
  }
  CHECK(judged(with_subject("C", "jp")) == refused);
  CHECK(judged(with_subject("OU", "Authenticator attestation")) == refused);
  Profile twice = profile(leaf_subject, "CA:FALSE");
  twice.subject.push_back({"OU", "Authenticator Attestation"});
  CHECK(judged(twice) == refused);
}

TEST_CASE("packed: a certificate of version 1 is refused") {
  Sample sample;
  const auto key = sandbox::p256_key();
  auto certificate = sandbox::issue_self_signed(profile(leaf_subject, "CA:FALSE"), key).certificate;
  while (X509_get_ext_count(certificate.get()) > 0) X509_EXTENSION_free(X509_delete_ext(certificate.get(), 0));
  X509_set_version(certificate.get(), X509_VERSION_1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  sample.authenticator.set_attestation(key, {sandbox::der(certificate)});
  CHECK(code_of(sample.enrol(packed())) == "webauthn_attestation_certificate_profile");
}

TEST_CASE("packed: the AAGUID extension") {
  Bytes other(18, 7);
  other[0] = 0x04, other[1] = 16;
  CHECK(judged(with_aaguid(other)) == "webauthn_attestation_aaguid_mismatch");
  CHECK(judged(with_aaguid(other, true)) == "webauthn_attestation_certificate_profile");
  CHECK(judged(with_aaguid({0x04, 3, 1, 2, 3})) == "webauthn_attestation_aaguid_mismatch");
  CHECK(judged(with_aaguid({0x02, 1, 1})) == "webauthn_attestation_certificate_profile");
  CHECK(judged(with_aaguid({})) == "webauthn_attestation_certificate_profile");
}

TEST_CASE("trust: a path to a root, to an intermediate, to the leaf itself") {
  Sample sample;
  const Chain chain;
  const Bytes root = sandbox::der(chain.root.certificate), between = sandbox::der(chain.between.certificate),
              leaf = sandbox::der(chain.leaf.certificate);
  sample.registration.policy.attestation = AttestationAcceptance::trust;
  sample.authenticator.set_attestation(chain.leaf.key, {leaf, between});
  for (const auto& anchor : {root, between, leaf}) {
    sample.registration.anchors = {anchor};
    const auto verified = sample.enrol(packed());
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().attestation_type == "trusted");
  }
  sample.authenticator.set_attestation(chain.leaf.key, {leaf});
  sample.registration.anchors = {between};
  CHECK(code_of(sample.enrol(packed())) == "accepted");
  sample.registration.anchors = {root};
  CHECK(code_of(sample.enrol(packed())) == "webauthn_attestation_untrusted");
}

TEST_CASE("trust: what the statement brings along is never an anchor") {
  Sample sample;
  const Chain chain, foreign;
  sample.registration.policy.attestation = AttestationAcceptance::trust;
  sample.authenticator.set_attestation(chain.leaf.key,
                                       {sandbox::der(chain.leaf.certificate), sandbox::der(chain.between.certificate),
                                        sandbox::der(chain.root.certificate)});
  CHECK(code_of(sample.enrol(packed())) == "webauthn_attestation_untrusted");
  sample.registration.anchors = {sandbox::der(foreign.root.certificate)};
  CHECK(code_of(sample.enrol(packed())) == "webauthn_attestation_untrusted");
}

TEST_CASE("trust: a namesake of the anchor is a stranger, and none and self reach no anchor") {
  Sample sample;
  const Chain chain;
  sample.registration.policy.attestation = AttestationAcceptance::trust;
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  CHECK(code_of(sample.enrol(packed())) == "accepted");
  CHECK(code_of(sample.enrol(packed(AttestationChoice::none))) == "webauthn_attestation_untrusted");
  CHECK(code_of(sample.enrol(packed(AttestationChoice::packed_self))) == "webauthn_attestation_untrusted");
  sample.registration.anchors = {"no certificate"_b};
  CHECK(code_of(sample.enrol(packed())) == "webauthn_anchor_malformed");
}

TEST_CASE("trust: dates hold at the time that was passed in") {
  Sample sample;
  const Chain chain;
  sample.registration.policy.attestation = AttestationAcceptance::trust;
  sample.registration.anchors = {sandbox::der(chain.root.certificate)};
  sample.authenticator.set_attestation(chain.leaf.key,
                                       {sandbox::der(chain.leaf.certificate), sandbox::der(chain.between.certificate)});
  const auto at = [&](std::int64_t seconds) {
    sample.registration.now = from_unix_seconds(seconds);
    return code_of(sample.enrol(packed()));
  };
  CHECK(at(1'699'999'999) == "webauthn_attestation_untrusted");
  CHECK(at(1'700'000'001) == "accepted");
  CHECK(at(1'899'999'999) == "accepted");
  CHECK(at(1'900'000'001) == "webauthn_attestation_untrusted");
}

TEST_CASE("without asking for trust a path is still noted when there is one") {
  Sample sample;
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  CHECK(sample.enrol(packed())->record().attestation_type == "trusted");
}

TEST_CASE("ignored statements are not judged, the rest is") {
  Sample sample;
  sample.registration.policy.attestation = AttestationAcceptance::ignore;
  Behaviour behaviour = packed();
  behaviour.lie = Lie::bogus_signature;
  const auto verified = sample.enrol(behaviour);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "unverified");
  CHECK(verified->second_opinion() == "not_comparable");
  behaviour.lie = Lie::challenge;
  CHECK(code_of(sample.enrol(behaviour)) == "webauthn_challenge_mismatch");
}

TEST_CASE("a second verifier that refutes has the last word, one that cannot say has none") {
  Sample sample;
  const auto response = parse_registration_response(sample.create(packed()));
  REQUIRE(response);
  const auto ask = [&](SecondVerifier second) { return verify_registration(sample.registration, *response, second); };
  const auto refuted =
      ask([](const ExpectedRegistration&, const RegistrationResponse&) { return std::string("refuted"); });
  CHECK(code_of(refuted) == "webauthn_second_verifier_veto");
  const auto silent =
      ask([](const ExpectedRegistration&, const RegistrationResponse&) { return std::string("not_comparable"); });
  REQUIRE(silent);
  CHECK(silent->second_opinion() == "not_comparable");
}

TEST_CASE("libfido2 refutes a wrong signature and nothing else") {
  Sample sample;
  const auto attestation = GENERATE(AttestationChoice::packed_self, AttestationChoice::packed_x5c);
  const auto opinion = [&](const Behaviour& behaviour) {
    return libfido2_second_opinion(sample.registration, parse_registration_response(sample.create(behaviour)).value());
  };
  Behaviour behaviour = packed(attestation);
  CHECK(opinion(behaviour) == "agreed");
  behaviour.lie = Lie::bogus_signature;
  CHECK(opinion(behaviour) == "refuted");
  behaviour.lie = Lie::rp_id;
  CHECK(opinion(behaviour) == "not_comparable");
  CHECK(opinion(packed(AttestationChoice::none)) == "not_comparable");
}

}  // namespace tegata::webauthn::test
