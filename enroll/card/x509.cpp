#include "enroll/card/x509.h"

#include <algorithm>

#include "enroll/card/errors.h"
#include "rp/base/asn1_time.h"
#include "rp/base/json.h"
#include "rp/base/roca.h"

namespace tegata::card {
namespace {

constexpr std::size_t largest_certificate = 16 * 1024;
constexpr std::size_t longest_name = 256;  // bytes

Error malformed(ErrorCode code, const char* what) { return Error(code, what, "rfc5280#section-4.1: certificate"); }

bool has_doubled_extension(const X509* certificate) {
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    ASN1_OBJECT* const type = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    if (X509_get_ext_by_OBJ(certificate, type, i) >= 0) return true;
  }
  return false;
}

template <typename Write>
Bytes encoded(Write write) {
  unsigned char* out = nullptr;
  const int size = write(&out);
  const Bytes bytes = size > 0 ? Bytes(out, out + size) : Bytes();
  OPENSSL_free(out);
  return bytes;
}

Result<std::string> entry_text(const X509_NAME_ENTRY* entry, ErrorCode code) {
  unsigned char* out = nullptr;
  const int size = ASN1_STRING_to_UTF8(&out, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return malformed(code, "name encoding");
  const std::string text(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  const bool control = std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > longest_name || control || !is_utf8(text)) return malformed(code, "name text");
  return text;
}

}  // namespace

const Refusals hpki_refusals = {errors::card_malformed,
                                errors::card_untrusted,
                                errors::card_weak,
                                errors::card_critical_extension,
                                errors::card_signing_certificate,
                                errors::card_key_usage,
                                errors::card_policy,
                                errors::card_expired,
                                errors::card_not_yet_valid,
                                errors::card_authority_expired,
                                errors::card_revoked,
                                errors::card_authority_revoked,
                                errors::card_revocation_unknown,
                                errors::card_authority_malformed};
const Refusals mynumber_refusals = {errors::mynumber_malformed,
                                    errors::mynumber_untrusted,
                                    errors::mynumber_weak,
                                    errors::mynumber_critical_extension,
                                    errors::mynumber_signature_certificate,
                                    errors::mynumber_key_usage,
                                    errors::mynumber_policy,
                                    errors::mynumber_expired,
                                    errors::mynumber_not_yet_valid,
                                    errors::mynumber_authority_expired,
                                    errors::mynumber_revoked,
                                    errors::mynumber_revoked,
                                    errors::mynumber_revocation_unknown,
                                    errors::mynumber_authority_malformed};

Certificate decode_certificate(ByteView der) {
  const unsigned char* cursor = der.data();
  Certificate certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  return certificate && cursor == der.data() + der.size() ? std::move(certificate) : nullptr;
}

Result<Certificate> parse_certificate(ByteView der, ErrorCode code) {
  if (der.empty() || der.size() > largest_certificate) return malformed(code, "size");
  Certificate certificate = decode_certificate(der);
  if (!certificate) return malformed(code, "DER");
  const Bytes again = encoded([&](unsigned char** out) { return i2d_X509(certificate.get(), out); });
  // What OpenSSL would write itself differs where the outer lengths were not DER.
  if (!std::ranges::equal(again, der)) return malformed(code, "not DER");
  if (X509_get_version(certificate.get()) != X509_VERSION_3) return malformed(code, "version");
  if (has_doubled_extension(certificate.get())) return malformed(code, "extension twice");
  if (X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) return malformed(code, "extensions");
  return certificate;
}

Result<Instant> to_instant(const ASN1_TIME* time, ErrorCode code) {
  const auto instant = instant_of(time);
  if (!instant) return malformed(code, "validity");
  return *instant;
}

std::string dotted(const ASN1_OBJECT* object) {
  char text[128] = {};
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return size > 0 && size < static_cast<int>(sizeof text) ? text : std::string();
}

Bytes der_of(const X509_NAME* name) {
  return encoded([&](unsigned char** out) { return i2d_X509_NAME(name, out); });
}

bool is_same_name(const X509_NAME* name, ByteView other_der) {
  const unsigned char* cursor = other_der.data();
  const std::unique_ptr<X509_NAME, Release<X509_NAME_free>> other(
      d2i_X509_NAME(nullptr, &cursor, static_cast<long>(other_der.size())));
  return other && cursor == other_der.data() + other_der.size() && X509_NAME_cmp(name, other.get()) == 0;
}

ByteView extension_value(const X509* certificate, int nid) {
  const int index = X509_get_ext_by_NID(certificate, nid, -1);
  if (index < 0) return {};
  const ASN1_OCTET_STRING* const value = X509_EXTENSION_get_data(X509_get_ext(certificate, index));
  return {ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))};
}

Bytes serial_of(const X509* certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
  Bytes der = encoded([&](unsigned char** out) { return i2d_ASN1_INTEGER(serial, out); });
  // Longer ones are found on no list, see RevocationList.
  return der.size() < 2 || der[1] >= 0x80 ? Bytes() : Bytes(der.begin() + 2, der.end());
}

Digest issuer_identity(const X509* authority) {
  Bytes both = der_of(X509_get_subject_name(authority));
  const Bytes key = encoded([&](unsigned char** out) { return i2d_X509_PUBKEY(X509_get_X509_PUBKEY(authority), out); });
  both.insert(both.end(), key.begin(), key.end());
  return sha256(both);
}

bool is_strong_key(const X509* certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  return key && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) && EVP_PKEY_get_bits(key) >= 2048 &&
         !has_roca_form(key);
}

bool is_strong_signature(X509* certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) return false;
  return digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
}

Result<std::string> name_text(const X509_NAME* name, int attribute, ErrorCode code) {
  const int index = X509_NAME_get_index_by_NID(name, attribute, -1);
  if (index < 0) return std::string();
  if (X509_NAME_get_index_by_NID(name, attribute, index) >= 0) return malformed(code, "name attribute twice");
  return entry_text(X509_NAME_get_entry(name, index), code);
}

}  // namespace tegata::card
