// What the judges of cards share: OpenSSL's objects with an owner, certificates read strictly, and the refusals of one
// kind of card. Inside the card room only.
#pragma once

#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/openssl.h"
#include "rp/base/result.h"

namespace tegata::card {

using Certificate = std::unique_ptr<X509, Release<X509_free>>;

struct CertificateStack {
  STACK_OF(X509) * stack = sk_X509_new_null();
  CertificateStack() = default;
  CertificateStack(const CertificateStack&) = delete;
  CertificateStack& operator=(const CertificateStack&) = delete;
  ~CertificateStack() { sk_X509_pop_free(stack, X509_free); }
};

// The codes of one kind of card, cause by cause.
struct Refusals {
  ErrorCode malformed, untrusted, weak, critical_extension, signing_certificate, key_usage, policy, expired,
      not_yet_valid, authority_expired, revoked, authority_revoked, revocation_unknown, authority_malformed;
};
extern const Refusals hpki_refusals;
extern const Refusals mynumber_refusals;

// How the OIDs of policies for signing (non-repudiation) begin: the HPKI certificate policy has them beside those for
// authentication, and a card for signing logs nobody in.
inline constexpr std::string_view signing_policies = "1.2.392.100495.1.5.1.1.";

// Null unless the bytes are one certificate to the last byte.
Certificate decode_certificate(ByteView der);
// Of version 3, in DER, no extension twice, at most 16 KiB. Error: `code`.
Result<Certificate> parse_certificate(ByteView der, ErrorCode code);
Result<Instant> to_instant(const ASN1_TIME* time, ErrorCode code);

std::string dotted(const ASN1_OBJECT* object);
Bytes der_of(const X509_NAME* name);
// Whether the DER is a name that says the same (RFC 5280 section 7.1): whatever the string types, capitals of ASCII and
// spaces at the ends are, however many spaces stand inside, in whatever order a part has its attributes. Parts in
// another order are another name.
bool is_same_name(const X509_NAME* name, ByteView other_der);
// The content of an extension's OCTET STRING; an empty view if it is absent.
ByteView extension_value(const X509* certificate, int nid);
// The content of the INTEGER.
Bytes serial_of(const X509* certificate);
// Names an authority by what its certificates and lists are verified with: name and key.
Digest issuer_identity(const X509* authority);

// RSA of 2048 bits and more, not of CVE-2017-15361; SHA-256 and stronger.
bool is_strong_key(const X509* certificate);
bool is_strong_signature(X509* certificate);

// The one value of an attribute of a name, as UTF-8 without control characters; none is empty, two are an error.
Result<std::string> name_text(const X509_NAME* name, int attribute, ErrorCode code);

}  // namespace tegata::card
