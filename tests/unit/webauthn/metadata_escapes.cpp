// Ways in which a model that metadata warns of once slipped through.
#include <openssl/ecdsa.h>

#include "tests/support/still_world.h"
#include "tests/unit/webauthn/metadata_sample.h"

namespace tegata::webauthn::test {
namespace {

// The same certificate with its ECDSA signature (r, s) written as (r, n - s), which is as good.
Bytes with_other_s(const Bytes& der) {
  const auto certificate = attestation::parse_certificate(der).value();
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, certificate.get());
  const unsigned char* cursor = ASN1_STRING_get0_data(signature);
  const std::shared_ptr<ECDSA_SIG> parts(d2i_ECDSA_SIG(nullptr, &cursor, ASN1_STRING_length(signature)),
                                         ECDSA_SIG_free);
  REQUIRE(parts);
  BIGNUM* order = nullptr;
  REQUIRE(BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551") == 64);
  REQUIRE(BN_sub(order, order, ECDSA_SIG_get0_s(parts.get())) == 1);
  REQUIRE(ECDSA_SIG_set0(parts.get(), BN_dup(ECDSA_SIG_get0_r(parts.get())), order) == 1);
  Bytes encoded(80);
  unsigned char* out = encoded.data();
  const int size = i2d_ECDSA_SIG(parts.get(), &out);
  REQUIRE(size > 0);
  REQUIRE(ASN1_STRING_set(const_cast<ASN1_BIT_STRING*>(signature), encoded.data(), size) == 1);
  return sandbox::test_pki::der(sandbox::test_pki::Certificate(certificate.get(), [](X509*) {}));
}

sandbox::test_pki::Profile batch_profile() {
  auto profile = MetadataMaker::profile("Sample Batch", false);
  profile.subject = {{"C", "JP"}, {"O", "Sample"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}};
  return profile;
}

// A model whose maker's root stands in metadata, with one report of a compromised key.
struct Compromised : Known {
  Batch batch;
  Compromised() { name(batch.leaf.certificate); }
  void name(const sandbox::test_pki::Certificate& named) {
    statement()["attestationRootCertificates"] = Json::array({base64(sandbox::test_pki::der(batch.root.certificate))});
    entry()["statusReports"] = Json::array({compromise(named)});
  }
  std::string showing(const Bytes& leaf) {
    authenticator.set_attestation(batch.leaf.key, {leaf, batch.path().back()});
    return judged();
  }
  // A phone that was bound before anything was known, judged at `then`.
  std::string bound_and_judged(Instant then) {
    const Json reports =
        std::exchange(entry()["statusReports"], Json::array({MetadataMaker::report("FIDO_CERTIFIED")}));
    authenticator.set_attestation(batch.leaf.key, batch.path());
    publish();
    bind(attesting(AttestationChoice::packed_x5c, -7));
    entry()["statusReports"] = reports;
    publish();
    return code_of(judge_key(&*metadata, record, registration.now, then));
  }
};

std::string judged_record(const metadata::Metadata& metadata, const char* format, const Bytes& statement,
                          const Bytes& aaguid) {
  CredentialRecord record;
  record.aaguid = aaguid;
  record.attestation_format = format;
  record.attestation_object = object_with(format, statement);
  return code_of(judge_key(&metadata, record, tegata::test::still_moment, tegata::test::still_moment));
}

Bytes compound_of(const std::vector<Bytes>& u2f_statements) {
  CborWriter out;
  out.array(u2f_statements.size());
  for (const Bytes& one : u2f_statements) out.map(2).text("fmt").text("fido-u2f").text("attStmt").raw(one);
  return out.out();
}

Bytes safetynet_statement(const Batch& batch) {
  const std::string header = dump_json({{"alg", "RS256"}, {"x5c", {base64(batch.path().front())}}});
  return CborWriter()
      .map(2)
      .text("ver")
      .text("1")
      .text("response")
      .bytes(to_bytes(as_bytes(base64url(as_bytes(header)) + ".e30.AA")))
      .out();
}

}  // namespace

TEST_CASE("metadata: a compromised batch key whose certificate is signed with (r, n - s) does not escape") {
  Compromised known;
  const Bytes other = with_other_s(known.batch.path().front());
  REQUIRE(other != known.batch.path().front());
  CHECK(known.showing(other) == unwanted_code);
  known.entry()["statusReports"] = Json::array({MetadataMaker::report("FIDO_CERTIFIED")});
  CHECK(known.showing(other) == "accepted");
}

TEST_CASE("metadata: a compromised batch key in a renewed certificate does not escape") {
  Compromised known;
  auto later = batch_profile();
  later.not_before = from_unix_seconds(1'790'000'000);
  const auto renewed = sandbox::test_pki::issue(later, known.batch.leaf.key, known.batch.between);
  CHECK(known.showing(sandbox::test_pki::der(renewed)) == unwanted_code);
  // Another key under the same name and issuer is another batch.
  known.batch.leaf.key = sandbox::test_pki::p256_key();
  const auto next = sandbox::test_pki::issue(batch_profile(), known.batch.leaf.key, known.batch.between);
  CHECK(known.showing(sandbox::test_pki::der(next)) == "accepted");
}

TEST_CASE("metadata: a compromised issuer concerns a phone whose leaf has expired") {
  Compromised known;
  known.name(known.batch.root.certificate);
  CHECK(known.bound_and_judged(tegata::test::still_moment) == unwanted_code);
  CHECK(known.bound_and_judged(from_unix_seconds(1'950'000'000)) == unwanted_code);
}

TEST_CASE("metadata: a compromised issuer is known by a certificate that has expired") {
  Compromised known;
  auto past = MetadataMaker::profile("Sample Maker Root", true);
  past.not_after = from_unix_seconds(1'750'000'000);
  known.name(sandbox::test_pki::issue_self_signed(past, known.batch.root.key).certificate);
  CHECK(known.bound_and_judged(tegata::test::still_moment) == unwanted_code);
  known.name(sandbox::test_pki::issue_self_signed(past, sandbox::test_pki::p256_key()).certificate);
  CHECK(known.bound_and_judged(tegata::test::still_moment) == "accepted");
}

TEST_CASE("metadata: a revoked model of U2F in a compound is refused at the registration") {
  Known known;
  known.registration.policy.attestation = wire::AttestationAcceptance::verify;
  const Batch batch, other;
  known.maker.add(revoked_u2f({&batch}));
  known.publish();
  Behaviour behaviour = attesting(AttestationChoice::compound, -7);
  behaviour.compound = {AttestationChoice::none, AttestationChoice::fido_u2f};
  behaviour.edit_authenticator_data = [](Bytes& data) { std::fill_n(data.begin() + 37, 16, std::uint8_t{0}); };
  known.authenticator.set_attestation(other.leaf.key, other.path());
  CHECK_ACCEPTED(known.enrol(behaviour));
  known.authenticator.set_attestation(batch.leaf.key, batch.path());
  CHECK_REFUSED(known.enrol(behaviour), errors::webauthn_metadata_status_unwanted, wire::clauses::metadata_status);
}

TEST_CASE("metadata: a bound phone is judged by every part of its compound") {
  Known known;
  const Batch batch, good, other;
  Json certified = revoked_u2f({&good});
  certified["statusReports"] = Json::array({MetadataMaker::report("FIDO_CERTIFIED")});
  known.maker.add(certified);
  known.maker.add(revoked_u2f({&batch}));
  known.publish();
  const Bytes bad = u2f_statement(batch), harmless = u2f_statement(good), unknown = u2f_statement(other), zero(16);
  const auto judged = [&](const std::vector<Bytes>& parts) {
    return judged_record(*known.metadata, "compound", compound_of(parts), zero);
  };
  CHECK(judged({harmless, unknown}) == "accepted");
  CHECK(judged({bad, harmless}) == unwanted_code);
  CHECK(judged({harmless, bad}) == unwanted_code);
  CHECK(judged({unknown, bad}) == unwanted_code);
}

TEST_CASE("metadata: a compromised key that is named is looked for in compound and android-safetynet too") {
  Compromised known;
  const Batch other;
  known.publish();
  const Bytes& model = known.authenticator.aaguid();
  const auto judged = [&](const char* format, const Bytes& statement) {
    return judged_record(*known.metadata, format, statement, model);
  };
  CHECK(judged("compound", compound_of({u2f_statement(other), u2f_statement(known.batch)})) == unwanted_code);
  CHECK(judged("compound", compound_of({u2f_statement(other), u2f_statement(other)})) == "accepted");
  CHECK(judged("android-safetynet", safetynet_statement(known.batch)) == unwanted_code);
  CHECK(judged("android-safetynet", safetynet_statement(other)) == "accepted");
}

TEST_CASE("metadata: a second entry for a key of U2F does not hide its revocation") {
  Known known;
  const Batch batch, second;
  Json certified = revoked_u2f({&batch});
  certified["statusReports"] = Json::array({MetadataMaker::report("FIDO_CERTIFIED")});
  known.maker.add(certified);
  known.maker.add(revoked_u2f({&batch, &second, &second}));
  known.publish();
  REQUIRE(known.metadata->skipped().size() == 1);
  CHECK(known.metadata->skipped()[0].reason == "attestationCertificateKeyIdentifiers repeated");
  for (const Batch* one : {&batch, &second}) {
    CHECK(judged_record(*known.metadata, "fido-u2f", u2f_statement(*one), Bytes(16)) == unwanted_code);
  }
}

}  // namespace tegata::webauthn::test
