#include "tests/support/metadata_maker.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace tegata::test {
namespace {

using sandbox::test_pki::Identity;
using sandbox::test_pki::Profile;

constexpr std::int64_t still_now = 1'795'200'000;  // where the still clock begins

void require(bool ok) {
  if (!ok) std::abort();
}

Bytes signed_by(const sandbox::test_pki::Key& key, const std::string& message) {
  const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  require(EVP_DigestSign(context.get(), nullptr, &size, data, message.size()) == 1);
  Bytes signature(size);
  require(EVP_DigestSign(context.get(), signature.data(), &size, data, message.size()) == 1);
  signature.resize(size);
  return signature;
}

// DER of an ECDSA signature to r and s of 32 bytes each.
Bytes jose_signature(const Bytes& der) {
  const unsigned char* cursor = der.data();
  const std::shared_ptr<ECDSA_SIG> parts(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())),
                                         ECDSA_SIG_free);
  require(parts != nullptr);
  Bytes out(64);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out.data(), 32) == 32);
  require(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out.data() + 32, 32) == 32);
  return out;
}

void set_time(X509_CRL* list, int (*set)(X509_CRL*, const ASN1_TIME*), std::int64_t seconds) {
  const std::shared_ptr<ASN1_TIME> time(ASN1_TIME_set(nullptr, seconds), ASN1_TIME_free);
  require(set(list, time.get()) == 1);
}

void revoke(X509_CRL* list, X509* certificate) {
  X509_REVOKED* entry = X509_REVOKED_new();
  const std::shared_ptr<ASN1_TIME> when(ASN1_TIME_set(nullptr, still_now - 86400), ASN1_TIME_free);
  require(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate)) == 1);
  require(X509_REVOKED_set_revocationDate(entry, when.get()) == 1);
  require(X509_CRL_add0_revoked(list, entry) == 1);
}

}  // namespace

Profile MetadataMaker::profile(const std::string& name, bool authority) {
  Profile made;
  made.subject = {{"C", "JP"}, {"O", "Sample Metadata"}, {"CN", name}};
  made.not_before = from_unix_seconds(1'700'000'000);
  made.not_after = from_unix_seconds(1'900'000'000);
  if (authority) {
    made.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"}};
  } else {
    made.extensions = {{"basicConstraints", "critical,CA:FALSE"},
                       {"keyUsage", "critical,digitalSignature"},
                       {"subjectAltName", "DNS:" + name}};
  }
  return made;
}

Identity MetadataMaker::issued(const Profile& profile, const Identity& issuer) {
  const auto key = sandbox::test_pki::p256_key();
  return {key, sandbox::test_pki::issue(profile, key, issuer)};
}

MetadataMaker::MetadataMaker(const std::string& host)
    : root(sandbox::test_pki::issue_self_signed(profile("Sample Metadata Root", true), sandbox::test_pki::p256_key())),
      intermediate(issued(profile("Sample Metadata Intermediate", true), root)),
      signer(issued(profile(host, false), intermediate)),
      path{sandbox::test_pki::der(signer.certificate), sandbox::test_pki::der(intermediate.certificate)},
      payload{{"legalHeader", "sample"}, {"no", 42}, {"nextUpdate", "2026-12-15"}, {"entries", Json::array()}} {}

std::string MetadataMaker::make(const std::string& header_text, const std::string& payload_text) const {
  const std::string message = base64url(as_bytes(header_text)) + "." + base64url(as_bytes(payload_text));
  const Bytes signature = signed_by(signer.key, message);
  const bool ec = EVP_PKEY_is_a(signer.key.get(), "EC") == 1;
  return message + "." + base64url(ec ? jose_signature(signature) : signature);
}

std::string MetadataMaker::make() const {
  Json members = header;
  if (!members.contains("alg")) members["alg"] = algorithm;
  if (!members.contains("x5c")) {
    members["x5c"] = Json::array();
    for (const Bytes& der : path) members["x5c"].push_back(base64(der));
  }
  return make(dump_json(members), dump_json(payload));
}

Json MetadataMaker::entry(const Bytes& aaguid, const std::vector<Bytes>& anchors) {
  Json statement{{"description", "Sample Authenticator"},
                 {"aaguid", aaguid_text(aaguid)},
                 {"authenticationAlgorithms", {"secp256r1_ecdsa_sha256_raw"}},
                 {"attestationTypes", {"basic_full"}},
                 {"keyProtection", {"hardware", "tee"}},
                 {"attestationRootCertificates", Json::array()}};
  for (const Bytes& anchor : anchors) statement["attestationRootCertificates"].push_back(base64(anchor));
  return {{"aaguid", aaguid_text(aaguid)},
          {"metadataStatement", statement},
          {"statusReports", Json::array({report("FIDO_CERTIFIED_L1", "2024-01-01")})},
          {"timeOfLastStatusChange", "2024-01-01"}};
}

Json MetadataMaker::report(const std::string& status, const std::string& effective_date) {
  Json made{{"status", status}};
  if (!effective_date.empty()) made["effectiveDate"] = effective_date;
  return made;
}

Bytes MetadataMaker::crl(const Identity& issuer, const std::vector<sandbox::test_pki::Certificate>& revoked,
                         int days_shifted) {
  const std::shared_ptr<X509_CRL> list(X509_CRL_new(), X509_CRL_free);
  const std::int64_t middle = still_now + days_shifted * std::int64_t{86400};
  require(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
  require(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate.get())) == 1);
  set_time(list.get(), X509_CRL_set1_lastUpdate, middle - 30 * 86400);
  set_time(list.get(), X509_CRL_set1_nextUpdate, middle + 30 * 86400);
  for (const auto& certificate : revoked) revoke(list.get(), certificate.get());
  require(X509_CRL_sort(list.get()) == 1);
  require(X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256()) > 0);
  unsigned char* out = nullptr;
  const int size = i2d_X509_CRL(list.get(), &out);
  require(size > 0);
  Bytes der(out, out + size);
  OPENSSL_free(out);
  return der;
}

std::string aaguid_text(const Bytes& aaguid) {
  std::string text = hex(aaguid);
  for (const std::size_t at : {8, 13, 18, 23}) text.insert(at, "-");
  return text;
}

}  // namespace tegata::test
