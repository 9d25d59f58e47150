#include "rp/facility/certificate_authority.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "rp/base/asn1_time.h"
#include "rp/base/errors.h"
#include "rp/base/openssl.h"
#include "rp/facility/errors.h"

namespace tegata::facility {

using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;

struct FacilityCa::Parts {
  Key key;
  Certificate certificate;
};

namespace {

constexpr int key_derivation_rounds = 100'000;
using Field = std::pair<const char*, std::string>;
struct Extension {
  int kind;
  const char* value;
};
constexpr Extension of_authority[] = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                      {NID_key_usage, "critical,keyCertSign"},
                                      {NID_subject_key_identifier, "hash"}};
constexpr Extension of_client[] = {{NID_basic_constraints, "critical,CA:FALSE"},
                                   {NID_key_usage, "critical,digitalSignature"},
                                   {NID_ext_key_usage, "clientAuth"},
                                   {NID_subject_key_identifier, "hash"},
                                   {NID_authority_key_identifier, "keyid"}};

Error failed(const char* what) { return Error(errors::internal, std::string("OpenSSL: ") + what); }

Bio memory(const std::string& text = {}) {
  return Bio(text.empty() ? BIO_new(BIO_s_mem()) : BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// RFC 5280 gives a name 64 characters; whole ones of UTF-8 are left out at the end.
std::string at_most_64(const std::string& text) {
  std::string out;
  int characters = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (begins && ++characters > 64) break;
    out += c;
  }
  return out;
}

bool set_name(X509_NAME* name, const std::vector<Field>& fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
    const auto value = at_most_64(field.second);
    return value.empty() || X509_NAME_add_entry_by_txt(name, field.first, MBSTRING_UTF8,
                                                       reinterpret_cast<const unsigned char*>(value.data()),
                                                       static_cast<int>(value.size()), -1, 0) == 1;
  });
}

bool set_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, Release<BN_free>> number(BN_new());
  return number && BN_rand(number.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, Instant from, Instant until) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), unix_seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), unix_seconds(until)) != nullptr;
}

bool add_extensions(X509* certificate, X509* issuer, std::span<const Extension> extensions) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return std::all_of(extensions.begin(), extensions.end(), [&](const Extension& each) {
    const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> made(
        X509V3_EXT_conf_nid(nullptr, &context, each.kind, each.value));
    return made && X509_add_ext(certificate, made.get(), -1) == 1;
  });
}

struct Contents {
  std::vector<Field> subject;
  Instant not_before, not_after;
  std::span<const Extension> extensions;
};

// `issuer` null: signed by its own key.
Result<Certificate> sign(const Contents& contents, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate certificate(X509_new());
  X509* const x = certificate.get();
  const bool filled = x && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
                      set_name(X509_get_subject_name(x), contents.subject) &&
                      set_validity(x, contents.not_before, contents.not_after) && X509_set_pubkey(x, key) == 1;
  if (!filled) return failed("certificate");
  if (X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)) != 1) return failed("issuer");
  if (!add_extensions(x, issuer ? issuer : x, contents.extensions)) return failed("extensions");
  if (X509_sign(x, issuer_key, EVP_sha256()) <= 0) return failed("signature");
  return certificate;
}

template <typename T>
Result<Bytes> encoded(T* object, int (*write)(const T*, unsigned char**)) {
  unsigned char* out = nullptr;
  const int size = object ? write(object, &out) : 0;
  if (size <= 0) return failed("encoding");
  Bytes bytes(out, out + size);
  OPENSSL_free(out);
  return bytes;
}

Result<Bytes> pack(const CertificateOrder& order, EVP_PKEY* key, X509* certificate, X509* authority) {
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> above(sk_X509_new_null(),
                                                                         [](STACK_OF(X509) * s) { sk_X509_free(s); });
  if (!above || sk_X509_push(above.get(), authority) <= 0) return failed("chain");
  const std::unique_ptr<PKCS12, Release<PKCS12_free>> file(
      PKCS12_create(order.password.c_str(), order.client_id.c_str(), key, certificate, above.get(), NID_aes_256_cbc,
                    NID_aes_256_cbc, key_derivation_rounds, key_derivation_rounds, 0));
  return encoded<PKCS12>(file.get(), i2d_PKCS12);
}

}  // namespace

Result<AuthorityPem> make_facility_ca(const std::string& name, int years, Instant now) {
  const ErrorScope errors_stay_here;
  const Key key(EVP_EC_gen("P-384"));
  if (!key) return failed("key");
  const Contents contents{{{"C", "JP"}, {"O", name}, {"CN", name + " Facility CA"}},
                          now - std::chrono::hours(1),
                          now + std::chrono::days(365) * years,
                          of_authority};
  TEGATA_ASSIGN(const auto certificate, sign(contents, key.get(), nullptr, key.get()));
  const Bio first = memory(), second = memory();
  if (PEM_write_bio_X509(first.get(), certificate.get()) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(second.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("PEM");
  }
  return AuthorityPem{text_of(first.get()), text_of(second.get())};
}

Result<FacilityCa> FacilityCa::parse(const AuthorityPem& pem, Instant now) {
  const ErrorScope errors_stay_here;
  const Bio first = memory(pem.certificate), second = memory(pem.key);
  auto parts = std::make_shared<Parts>();
  parts->certificate.reset(PEM_read_bio_X509(first.get(), nullptr, nullptr, nullptr));
  // An empty password: never ask at the terminal.
  char none[] = "";
  parts->key.reset(PEM_read_bio_PrivateKey(second.get(), nullptr, nullptr, none));
  const bool fits = parts->certificate && parts->key &&
                    X509_check_private_key(parts->certificate.get(), parts->key.get()) == 1 &&
                    X509_check_ca(parts->certificate.get()) == 1;
  if (!fits) return Error(errors::facility_ca_unusable, "certificate and key");
  const auto end = instant_of(X509_get0_notAfter(parts->certificate.get()));
  if (!end) return Error(errors::facility_ca_unusable, "validity");
  FacilityCa out;
  out.not_after_ = *end;
  if (out.not_after_ <= now)
    return Error(errors::facility_ca_unusable, "it ended at " + format_rfc3339(out.not_after_));
  out.parts_ = std::move(parts);
  return out;
}

Result<IssuedFile> FacilityCa::issue(const CertificateOrder& order, Instant now) const {
  const ErrorScope errors_stay_here;
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return failed("key");
  X509* const authority = parts_->certificate.get();
  const Contents contents{
      {{"C", "JP"}, {"O", order.facility_name}, {"CN", order.client_id}, {"serialNumber", order.facility_code}},
      now - std::chrono::minutes(5),
      std::min(order.not_after, not_after_),
      of_client};
  TEGATA_ASSIGN(const auto certificate, sign(contents, key.get(), authority, parts_->key.get()));
  IssuedFile out;
  TEGATA_ASSIGN(out.certificate, encoded<X509>(certificate.get(), i2d_X509));
  TEGATA_ASSIGN(out.p12, pack(order, key.get(), certificate.get(), authority));
  return out;
}

}  // namespace tegata::facility
