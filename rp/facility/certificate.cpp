#include "rp/facility/certificate.h"

#include <openssl/ec.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "rp/base/asn1_time.h"
#include "rp/base/openssl.h"
#include "rp/base/pem.h"
#include "rp/base/roca.h"
#include "rp/facility/errors.h"

namespace tegata::facility {
namespace {

namespace e = errors;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;

// What fits into a header line of the proxy as RFC 9440 writes it.
constexpr std::size_t most_octets = 6000;

Error certificate_malformed(const std::string& what) {
  return Error(e::facility_certificate_malformed, what, "rfc5280#section-4.1: certificate");
}

Result<Bytes> der_of(std::string_view text) {
  if (text.find("-----BEGIN") == std::string_view::npos) return to_bytes(as_bytes(text));
  const auto blocks = parse_pem(text);
  if (!blocks || blocks->size() != 1 || blocks->front().label != "CERTIFICATE") {
    return certificate_malformed("must be one certificate, and nothing else");
  }
  return blocks->front().der;
}

Result<Certificate> parse(ByteView der) {
  const unsigned char* at = der.data();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate || at != der.data() + der.size()) return certificate_malformed("no certificate");
  if (der.size() > most_octets) return certificate_malformed("larger than a header of the proxy may be");
  return certificate;
}

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, Release<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<Instant> validity_of(const ASN1_TIME* time) {
  const auto instant = instant_of(time);
  if (!instant) return certificate_malformed("validity");
  return *instant;
}

Status verify_strength(X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  const int kind = key ? EVP_PKEY_get_base_id(key) : 0;
  const bool strong = (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= 2048 && !has_roca_form(key)) ||
                      (kind == EVP_PKEY_EC && EVP_PKEY_get_bits(key) >= 256) || kind == EVP_PKEY_ED25519;
  int digest_bits = 0;
  const bool known = X509_get_signature_info(certificate, nullptr, nullptr, &digest_bits, nullptr) == 1;
  // OpenSSL counts 63 security bits for SHA-1, 128 for SHA-256 and for Ed25519.
  if (!strong || !known || digest_bits < 112) {
    return Error(e::facility_certificate_weak, text_of(X509_get_subject_name(certificate)),
                 "nist-sp-800-131a: keys and digests of 112 bits and more");
  }
  return {};
}

Status verify_use(X509* certificate) {
  const auto wrong = [&](const char* what) {
    return Error(e::facility_certificate_use, what, "rfc5280#section-4.2.1.12: usable by a TLS client");
  };
  const auto flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) return certificate_malformed("an extension cannot be read");
  if ((flags & EXFLAG_CA) != 0) return wrong("it is an authority's");
  // Where an extension is absent OpenSSL answers with every bit set.
  if ((X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0) return wrong("it may not sign");
  if ((X509_get_extended_key_usage(certificate) & (XKU_SSL_CLIENT | XKU_ANYEKU)) == 0) return wrong("not for clients");
  return {};
}

}  // namespace

class FacilityCertificateReader {
 public:
  static Result<FacilityCertificate> read(X509* certificate, ByteView der) {
    FacilityCertificate out;
    out.thumbprint_ = sha256(der);
    out.subject_ = text_of(X509_get_subject_name(certificate));
    out.issuer_ = text_of(X509_get_issuer_name(certificate));
    TEGATA_ASSIGN(out.not_before_, validity_of(X509_get0_notBefore(certificate)));
    TEGATA_ASSIGN(out.not_after_, validity_of(X509_get0_notAfter(certificate)));
    return out;
  }
};

Result<FacilityCertificate> verify_facility_certificate(std::string_view text, Instant now) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const Bytes der, der_of(text));
  TEGATA_ASSIGN(const auto certificate, parse(der));
  TEGATA_TRY(verify_strength(certificate.get()));
  TEGATA_TRY(verify_use(certificate.get()));
  TEGATA_ASSIGN(auto out, FacilityCertificateReader::read(certificate.get(), der));
  if (out.not_after() <= now) return Error(e::facility_certificate_expired, format_rfc3339(out.not_after()));
  return out;
}

}  // namespace tegata::facility
