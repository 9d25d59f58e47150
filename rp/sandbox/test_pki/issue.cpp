#include "rp/sandbox/test_pki/issue.h"

#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "rp/sandbox/test_pki/openssl.h"

namespace tegata::sandbox::test_pki {
namespace {

// Turns what an i2d function writes into bytes.
template <typename Write>
Bytes encoded(Write write) {
  unsigned char* out = nullptr;
  const int size = write(&out);
  require(size > 0);
  Bytes bytes(out, out + size);
  OPENSSL_free(out);
  return bytes;
}

template <typename Write>
std::string written(Write write) {
  const auto bio = own<BIO, BIO_free_all>(BIO_new(BIO_s_mem()));
  require(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::shared_ptr<X509_NAME> to_x509_name(const Name& name) {
  auto out = own<X509_NAME, X509_NAME_free>(X509_NAME_new());
  for (const auto& [type, value] : name) {
    // C and serialNumber are PrintableString by definition; the rest is UTF-8.
    const bool printable = type == "C" || type == "serialNumber";
    require(X509_NAME_add_entry_by_txt(out.get(), type.c_str(), printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING,
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0) == 1);
  }
  return out;
}

void set_serial(X509* certificate) {
  const auto serial = own<BIGNUM, BN_free>(BN_new());
  require(BN_rand(serial.get(), 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  require(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_validity(X509* certificate, const Profile& profile) {
  require(ASN1_TIME_set(X509_getm_notBefore(certificate), unix_seconds(profile.not_before)) != nullptr);
  require(ASN1_TIME_set(X509_getm_notAfter(certificate), unix_seconds(profile.not_after)) != nullptr);
}

void add_extensions(X509* certificate, X509* issuer, const Profile& profile) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  // Empty, but some extensions are not made without one.
  const auto configuration = own<CONF, NCONF_free>(NCONF_new(nullptr));
  X509V3_set_nconf(&context, configuration.get());
  for (const auto& [name, value] : profile.extensions) {
    const auto extension = own<X509_EXTENSION, X509_EXTENSION_free>(
        X509V3_EXT_nconf(configuration.get(), &context, name.c_str(), value.c_str()));
    require(X509_add_ext(certificate, extension.get(), -1) == 1);
  }
  for (const auto& raw : profile.raw_extensions) {
    const auto value = own<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>(ASN1_OCTET_STRING_new());
    require(ASN1_OCTET_STRING_set(value.get(), raw.der.data(), static_cast<int>(raw.der.size())) == 1);
    const auto oid = own<ASN1_OBJECT, ASN1_OBJECT_free>(OBJ_txt2obj(raw.oid.c_str(), 1));
    const auto extension = own<X509_EXTENSION, X509_EXTENSION_free>(
        X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), raw.critical ? 1 : 0, value.get()));
    require(X509_add_ext(certificate, extension.get(), -1) == 1);
  }
}

// `issuer` null: self-signed.
Certificate make(const Profile& profile, const Key& subject, X509* issuer, EVP_PKEY* issuer_key) {
  auto certificate = own<X509, X509_free>(X509_new());
  X509* const x = certificate.get();
  require(X509_set_version(x, X509_VERSION_3) == 1);
  set_serial(x);
  set_validity(x, profile);
  const auto name = to_x509_name(profile.subject);
  require(X509_set_subject_name(x, name.get()) == 1);
  require(X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name.get()) == 1);
  require(X509_set_pubkey(x, subject.get()) == 1);
  add_extensions(x, issuer ? issuer : x, profile);
  require(X509_sign(x, issuer_key, EVP_get_digestbyname(profile.digest.c_str())) > 0);
  return certificate;
}

Bytes tlv(std::uint8_t tag, ByteView content) {
  Bytes out;
  out.reserve(content.size() + 4);
  out.push_back(tag);
  if (content.size() >= 0x100) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(content.size() >> 8));
  } else if (content.size() >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes oid(const char* dotted) {
  const auto object = own<ASN1_OBJECT, ASN1_OBJECT_free>(OBJ_txt2obj(dotted, 1));
  return encoded([&](unsigned char** out) { return i2d_ASN1_OBJECT(object.get(), out); });
}

Bytes hc_actor(const CodedRole& role) {
  Bytes coded = tlv(0xa0, oid("1.2.392.100495.1.6.1.1"));
  if (!role.code.empty()) coded = coded + tlv(0xa1, tlv(0x12, as_bytes(role.code)));
  coded = coded + tlv(0xa2, tlv(0x0c, as_bytes(role.name)));
  return tlv(0x30, tlv(0xa0, tlv(0x31, coded)));
}

}  // namespace

Key rsa_key(unsigned bits) { return own<EVP_PKEY, EVP_PKEY_free>(EVP_RSA_gen(bits)); }
Key p256_key() { return ec_key("P-256"); }
Key ec_key(const char* curve) { return own<EVP_PKEY, EVP_PKEY_free>(EVP_EC_gen(curve)); }

Certificate issue(const Profile& profile, const Key& subject, const Identity& issuer) {
  return make(profile, subject, issuer.certificate.get(), issuer.key.get());
}

Identity issue_self_signed(const Profile& profile, const Key& key) {
  return {key, make(profile, key, nullptr, key.get())};
}

Bytes hc_role_extension(const std::vector<CodedRole>& roles) {
  Bytes actors;
  for (const auto& role : roles) actors = actors + hc_actor(role);
  const Bytes values = tlv(0x31, tlv(0x31, actors));
  return tlv(0x30, tlv(0x30, oid("1.0.17090.0.1") + values));
}

Bytes directory_name_extension(const Name& name) {
  const auto inner = to_x509_name(name);
  const Bytes directory = encoded([&](unsigned char** out) { return i2d_X509_NAME(inner.get(), out); });
  return tlv(0x30, tlv(0xa4, directory));
}

Bytes der(const Certificate& certificate) {
  return encoded([&](unsigned char** out) { return i2d_X509(certificate.get(), out); });
}

std::string pem(const Certificate& certificate) {
  return written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string pem(const Key& key) {
  return written(
      [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

Bytes pkcs12(const Identity& identity, const std::vector<Certificate>& chain, const std::string& name,
             const std::string& password) {
  // The stack borrows; its elements stay owned by `chain`.
  const std::shared_ptr<STACK_OF(X509)> stack(sk_X509_new_null(), [](STACK_OF(X509) * s) { sk_X509_free(s); });
  for (const auto& certificate : chain) require(sk_X509_push(stack.get(), certificate.get()) > 0);
  const auto bag = own<PKCS12, PKCS12_free>(PKCS12_create(password.c_str(), name.c_str(), identity.key.get(),
                                                          identity.certificate.get(), stack.get(), 0, 0, 0, 0, 0));
  return encoded([&](unsigned char** out) { return i2d_PKCS12(bag.get(), out); });
}

}  // namespace tegata::sandbox::test_pki
