#include "rp/sandbox/test_pki/crl.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "rp/sandbox/test_pki/openssl.h"

namespace tegata::sandbox::test_pki {
namespace {

std::shared_ptr<ASN1_TIME> to_time(Instant instant) {
  return own<ASN1_TIME, ASN1_TIME_free>(ASN1_TIME_set(nullptr, unix_seconds(instant)));
}

std::shared_ptr<X509_EXTENSION> to_extension(const RawExtension& raw) {
  const auto value = own<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>(ASN1_OCTET_STRING_new());
  require(ASN1_OCTET_STRING_set(value.get(), raw.der.data(), static_cast<int>(raw.der.size())) == 1);
  const auto oid = own<ASN1_OBJECT, ASN1_OBJECT_free>(OBJ_txt2obj(raw.oid.c_str(), 1));
  return own<X509_EXTENSION, X509_EXTENSION_free>(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), raw.critical ? 1 : 0, value.get()));
}

X509_REVOKED* to_entry(const CrlEntry& entry) {
  X509_REVOKED* const out = X509_REVOKED_new();
  require(out && X509_REVOKED_set_serialNumber(out, X509_get_serialNumber(entry.certificate.get())) == 1);
  require(X509_REVOKED_set_revocationDate(out, to_time(entry.revoked_at).get()) == 1);
  if (entry.reason) {
    const auto reason = own<ASN1_ENUMERATED, ASN1_ENUMERATED_free>(ASN1_ENUMERATED_new());
    require(ASN1_ENUMERATED_set(reason.get(), *entry.reason) == 1);
    require(X509_REVOKED_add1_ext_i2d(out, NID_crl_reason, reason.get(), 0, 0) == 1);
  }
  for (const auto& raw : entry.raw_extensions) require(X509_REVOKED_add_ext(out, to_extension(raw).get(), -1) == 1);
  return out;
}

void add_extensions(X509_CRL* crl, const CrlProfile& profile, X509* issuer) {
  if (profile.key_identifier) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, nullptr, nullptr, crl, 0);
    const auto extension = own<X509_EXTENSION, X509_EXTENSION_free>(
        X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
    require(X509_CRL_add_ext(crl, extension.get(), -1) == 1);
  }
  if (profile.number) {
    const auto number = own<ASN1_INTEGER, ASN1_INTEGER_free>(ASN1_INTEGER_new());
    require(ASN1_INTEGER_set_uint64(number.get(), *profile.number) == 1);
    require(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number.get(), 0, 0) == 1);
  }
  for (const auto& raw : profile.raw_extensions) require(X509_CRL_add_ext(crl, to_extension(raw).get(), -1) == 1);
}

// Past the DER element that begins there.
std::size_t behind(ByteView der, std::size_t at) {
  std::size_t length = der[at + 1], header = 2;
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    header += count;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | der[at + 2 + i];
  }
  return at + header + length;
}

std::shared_ptr<X509_NAME> issuer_name(const CrlProfile& profile, const Identity& issuer) {
  const unsigned char* cursor = profile.issuer_name.data();
  X509_NAME* const name = profile.issuer_name.empty()
                              ? X509_NAME_dup(X509_get_subject_name(issuer.certificate.get()))
                              : d2i_X509_NAME(nullptr, &cursor, static_cast<long>(profile.issuer_name.size()));
  require(name != nullptr);
  return own<X509_NAME, X509_NAME_free>(name);
}

Bytes signature_over(const Bytes& data, const std::string& digest, const Key& key) {
  const auto context = own<EVP_MD_CTX, EVP_MD_CTX_free>(EVP_MD_CTX_new());
  require(EVP_DigestSignInit(context.get(), nullptr, EVP_get_digestbyname(digest.c_str()), nullptr, key.get()) == 1);
  std::size_t size = 0;
  require(EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size()) == 1);
  Bytes signature(size);
  require(EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) == 1);
  signature.resize(size);
  return signature;
}

Bytes joined(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

CrlProfile crl_profile(Instant this_update, std::uint64_t number, std::vector<CrlEntry> revoked) {
  CrlProfile profile;
  profile.this_update = this_update;
  profile.next_update = this_update + crl_life;
  profile.number = number;
  profile.revoked = std::move(revoked);
  return profile;
}

Bytes issue_crl(const CrlProfile& profile, const Identity& issuer) {
  const auto crl = own<X509_CRL, X509_CRL_free>(X509_CRL_new());
  require(X509_CRL_set_version(crl.get(), profile.version_2 ? X509_CRL_VERSION_2 : X509_CRL_VERSION_1) == 1);
  require(X509_CRL_set_issuer_name(crl.get(), issuer_name(profile, issuer).get()) == 1);
  require(X509_CRL_set1_lastUpdate(crl.get(), to_time(profile.this_update).get()) == 1);
  if (profile.next_update) require(X509_CRL_set1_nextUpdate(crl.get(), to_time(*profile.next_update).get()) == 1);
  for (const auto& entry : profile.revoked) require(X509_CRL_add0_revoked(crl.get(), to_entry(entry)) == 1);
  add_extensions(crl.get(), profile, issuer.certificate.get());
  require(X509_CRL_sign(crl.get(), issuer.key.get(), EVP_get_digestbyname(profile.digest.c_str())) > 0);
  unsigned char* out = nullptr;
  const int size = i2d_X509_CRL(crl.get(), &out);
  require(size > 0);
  const Bytes der(out, out + size);
  OPENSSL_free(out);
  return der;
}

Bytes issue_crl_with_entries(const CrlProfile& profile, const Bytes& entries, const Identity& issuer) {
  CrlProfile empty = profile;
  empty.revoked.clear();
  const Bytes whole = issue_crl(empty, issuer);
  const auto content_of = [&](std::size_t at) { return at + (whole[at + 1] < 0x80 ? 2 : 2 + (whole[at + 1] & 0x7f)); };
  const std::size_t signed_part = content_of(0), algorithm = behind(whole, signed_part);
  std::size_t extensions = content_of(signed_part);
  for (int field = 0; field < 5; ++field) extensions = behind(whole, extensions);  // version to nextUpdate
  const auto part = [&](std::size_t from, std::size_t to) {
    return Bytes(whole.begin() + static_cast<std::ptrdiff_t>(from), whole.begin() + static_cast<std::ptrdiff_t>(to));
  };
  const Bytes content = joined(joined(part(content_of(signed_part), extensions), der_element(0x30, entries)),
                               part(extensions, algorithm));
  const Bytes to_sign = der_element(0x30, content);
  const Bytes signature = joined({0}, signature_over(to_sign, profile.digest, issuer.key));
  return der_element(0x30,
                     joined(joined(to_sign, part(algorithm, behind(whole, algorithm))), der_element(0x03, signature)));
}

std::vector<Certificate> read_certificates(const std::string& text) {
  const auto bio = own<BIO, BIO_free_all>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Certificate> out;
  while (X509* const one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    out.push_back(own<X509, X509_free>(one));
  ERR_clear_error();
  return out;
}

Key read_key(const std::string& text) {
  const auto bio = own<BIO, BIO_free_all>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  ERR_clear_error();
  return key ? own<EVP_PKEY, EVP_PKEY_free>(key) : nullptr;
}

Bytes der_element(std::uint8_t tag, ByteView content) {
  Bytes out = {tag};
  if (content.size() >= 0x80) {
    Bytes length;
    for (std::size_t rest = content.size(); rest > 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<std::uint8_t>(rest & 0xff));
    }
    out.push_back(static_cast<std::uint8_t>(0x80 | length.size()));
    out = joined(std::move(out), length);
  } else {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes issuing_distribution_point_extension(const std::vector<std::string>& addresses, const Bytes& scope) {
  Bytes names;
  for (const auto& address : addresses) names = joined(names, der_element(0x86, as_bytes(address)));
  const Bytes point = names.empty() ? Bytes() : der_element(0xa0, der_element(0xa0, names));
  return der_element(0x30, joined(point, scope));
}

}  // namespace tegata::sandbox::test_pki
