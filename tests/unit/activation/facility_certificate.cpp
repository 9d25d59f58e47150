// Certificates of clients: which may be registered, and what the built-in authority makes.
#include "rp/facility/certificate.h"

#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>

#include "rp/facility/certificate_authority.h"
#include "rp/facility/errors.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "tests/support/roca_key.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;
using tegata::facility::verify_facility_certificate;

namespace {

using Extensions = std::vector<std::pair<std::string, std::string>>;

tegata::sandbox::test_pki::Profile profile(Extensions extensions = {}) {
  tegata::sandbox::test_pki::Profile out{{{"C", "JP"}, {"O", "検証中央病院"}, {"CN", "ehr"}},
                                         still_moment - 24h,
                                         still_moment + 24h,
                                         std::move(extensions)};
  return out;
}

ErrorCode certificate_refusal(std::string_view text, Instant at = still_moment) {
  const auto read = tegata::facility::verify_facility_certificate(text, at);
  REQUIRE_FALSE(read);
  return read.error().code();
}

std::string own(const tegata::sandbox::test_pki::Profile& of,
                const tegata::sandbox::test_pki::Key& key = tegata::sandbox::test_pki::p256_key()) {
  return tegata::sandbox::test_pki::pem(tegata::sandbox::test_pki::issue_self_signed(of, key).certificate);
}

}  // namespace

TEST_CASE("a client's certificate is read, PEM or DER, whoever issued it") {
  const auto made = tegata::sandbox::test_pki::issue_self_signed(profile({{"extendedKeyUsage", "clientAuth"}}),
                                                                 tegata::sandbox::test_pki::p256_key());
  const auto der = tegata::sandbox::test_pki::der(made.certificate);
  for (const auto& text : {tegata::sandbox::test_pki::pem(made.certificate), std::string(as_text(der))}) {
    const auto read = tegata::facility::verify_facility_certificate(text, still_moment);
    REQUIRE(read);
    CHECK(read->thumbprint() == sha256(der));
    CHECK(read->subject() == "CN=ehr,O=検証中央病院,C=JP");
    CHECK((read->not_before() == still_moment - 24h && read->not_after() == still_moment + 24h));
  }
  CHECK(tegata::facility::verify_facility_certificate(own(profile()), still_moment));  // says nothing about its use
  CHECK(tegata::facility::verify_facility_certificate(own(profile(), tegata::sandbox::test_pki::rsa_key()),
                                                      still_moment));
}

TEST_CASE("what may not be registered, each by its code") {
  const auto good = own(profile());
  CHECK(certificate_refusal("") == errors::facility_certificate_malformed);
  CHECK(certificate_refusal("certificate") == errors::facility_certificate_malformed);
  CHECK(certificate_refusal(good + good) == errors::facility_certificate_malformed);
  CHECK(certificate_refusal(tegata::sandbox::test_pki::pem(tegata::sandbox::test_pki::p256_key())) ==
        errors::facility_certificate_malformed);
  CHECK(certificate_refusal(own(profile({{"nsComment", std::string(6000, 'x')}}))) ==
        errors::facility_certificate_malformed);
  CHECK(certificate_refusal(good, still_moment + 24h) == errors::facility_certificate_expired);
  CHECK(tegata::facility::verify_facility_certificate(good, still_moment + 24h - 1s));
  CHECK(certificate_refusal(own(profile(), tegata::sandbox::test_pki::rsa_key(1024))) ==
        errors::facility_certificate_weak);
  auto sha1 = profile();
  sha1.digest = "SHA1";
  CHECK(certificate_refusal(own(sha1)) == errors::facility_certificate_weak);
  CHECK(certificate_refusal(own(profile({{"basicConstraints", "critical,CA:TRUE"}}))) ==
        errors::facility_certificate_use);
  CHECK(certificate_refusal(own(profile({{"extendedKeyUsage", "serverAuth"}}))) == errors::facility_certificate_use);
  CHECK(certificate_refusal(own(profile({{"keyUsage", "critical,keyEncipherment"}}))) ==
        errors::facility_certificate_use);
}

TEST_CASE("defect: a facility's certificate was registered whose modulus tells how to factor it (ROCA)") {
  const auto authority = tegata::sandbox::test_pki::issue_self_signed(profile(), tegata::sandbox::test_pki::p256_key());
  const auto issued_for = [&](const tegata::sandbox::test_pki::Key& key) {
    return tegata::sandbox::test_pki::pem(tegata::sandbox::test_pki::issue(profile(), key, authority));
  };
  CHECK(certificate_refusal(issued_for(rsa_public_key(roca_modulus()))) == errors::facility_certificate_weak);
  CHECK(tegata::facility::verify_facility_certificate(issued_for(tegata::sandbox::test_pki::rsa_key()), still_moment));
}

TEST_CASE("the built-in authority issues what may be registered, in a file that its password opens") {
  const auto pem = tegata::facility::make_facility_ca("TEST", 10, still_moment);
  REQUIRE(pem);
  const auto ca = tegata::facility::FacilityCa::parse(*pem, still_moment);
  REQUIRE(ca);
  const auto issued =
      ca->issue({"1312345679", "検証中央病院", "ehr", still_moment + 24h * 1095, "k7mw-3x9p"}, still_moment);
  REQUIRE(issued);
  const auto read = tegata::facility::verify_facility_certificate(as_text(issued->certificate), still_moment);
  REQUIRE(read);
  CHECK(read->subject() == "serialNumber=1312345679,CN=ehr,O=検証中央病院,C=JP");
  CHECK(read->not_after() == still_moment + 24h * 1095);
  const auto other =
      ca->issue({"1312345679", "検証中央病院", "ehr", still_moment + 24h * 1095, "k7mw-3x9p"}, still_moment);
  REQUIRE(other);
  CHECK(other->certificate != issued->certificate);

  const auto* at = issued->p12.data();
  const std::unique_ptr<PKCS12, void (*)(PKCS12*)> file(d2i_PKCS12(nullptr, &at, static_cast<long>(issued->p12.size())),
                                                        PKCS12_free);
  REQUIRE(file);
  CHECK(PKCS12_verify_mac(file.get(), "k7mw-3x9q", -1) == 0);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  REQUIRE(PKCS12_parse(file.get(), "k7mw-3x9p", &key, &certificate, nullptr) == 1);
  CHECK(X509_check_private_key(certificate, key) == 1);
  EVP_PKEY_free(key);
  X509_free(certificate);
}

TEST_CASE("an authority lives no longer than its certificate, and issues nothing beyond it") {
  const auto pem = tegata::facility::make_facility_ca("TEST", 1, still_moment);
  const auto ca = tegata::facility::FacilityCa::parse(*pem, still_moment);
  REQUIRE(ca);
  const auto issued =
      ca->issue({"1312345679", "検証中央病院", "ehr", still_moment + 24h * 1095, "k7mw-3x9p"}, still_moment);
  CHECK(tegata::facility::verify_facility_certificate(as_text(issued->certificate), still_moment)->not_after() ==
        ca->not_after());
  const auto other = tegata::facility::make_facility_ca("TEST", 1, still_moment);
  for (const auto& [files, at] :
       std::vector<std::pair<tegata::facility::AuthorityPem, Instant>>{{*pem, ca->not_after()},
                                                                       {{pem->certificate, other->key}, still_moment},
                                                                       {{"", pem->key}, still_moment},
                                                                       {{pem->certificate, ""}, still_moment}}) {
    const auto refused = tegata::facility::FacilityCa::parse(files, at);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::facility_ca_unusable);
  }
}
