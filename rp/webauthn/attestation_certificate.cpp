#include "rp/webauthn/attestation_certificate.h"

#include <algorithm>

#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"

namespace tegata::webauthn {
namespace {

constexpr std::size_t max_certificates = 8;
constexpr const char* aaguid_oid = "1.3.6.1.4.1.45724.1.1.4";  // id-fido-gen-ce-aaguid

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Release<ASN1_OBJECT_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, Release<ASN1_OCTET_STRING_free>>;
using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, Release<BASIC_CONSTRAINTS_free>>;

struct StackRelease {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackRelease>;

Error profile(std::string detail) {
  return Error(errors::webauthn_attestation_certificate_profile, std::move(detail), clauses::packed_certificate);
}

// The one value of a subject attribute; empty if it is missing, repeated or no text.
std::string subject_text(const X509& certificate, int nid) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int index = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (index < 0 || X509_NAME_get_index_by_NID(subject, nid, index) >= 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return {};
  const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> owner(text);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

bool is_country(const std::string& text) {
  return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

Status verify_subject(const X509& certificate) {
  if (!is_country(subject_text(certificate, NID_countryName))) return profile("subject C");
  if (subject_text(certificate, NID_organizationName).empty()) return profile("subject O");
  if (subject_text(certificate, NID_organizationalUnitName) != "Authenticator Attestation")
    return profile("subject OU");
  if (subject_text(certificate, NID_commonName).empty()) return profile("subject CN");
  return {};
}

Status verify_basic_constraints(const X509& certificate) {
  int critical = 0;
  auto* found = X509_get_ext_d2i(&certificate, NID_basic_constraints, &critical, nullptr);
  const BasicConstraintsPtr constraints(static_cast<BASIC_CONSTRAINTS*>(found));
  if (!constraints || constraints->ca != 0) return profile("basic constraints");
  return {};
}

// The extension's value is an OCTET STRING of 16 bytes inside the usual one.
Status verify_aaguid(const X509& certificate, ByteView aaguid) {
  const ObjectPtr oid(OBJ_txt2obj(aaguid_oid, 1));
  const int index = X509_get_ext_by_OBJ(&certificate, oid.get(), -1);
  if (index < 0) return {};
  X509_EXTENSION* extension = X509_get_ext(&certificate, index);
  if (X509_EXTENSION_get_critical(extension)) return profile("AAGUID extension is critical");
  if (X509_get_ext_by_OBJ(&certificate, oid.get(), index) >= 0) return profile("AAGUID extension repeated");
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
  const unsigned char* cursor = ASN1_STRING_get0_data(data);
  const OctetsPtr inner(d2i_ASN1_OCTET_STRING(nullptr, &cursor, ASN1_STRING_length(data)));
  if (!inner) return profile("AAGUID extension");
  const ByteView value(ASN1_STRING_get0_data(inner.get()), ASN1_STRING_length(inner.get()));
  if (!std::ranges::equal(value, aaguid)) {
    return Error(errors::webauthn_attestation_aaguid_mismatch, {}, clauses::packed_aaguid);
  }
  return {};
}

Result<StorePtr> make_store(const std::vector<Bytes>& anchors) {
  StorePtr store(X509_STORE_new());
  for (const Bytes& der : anchors) {
    const auto anchor = parse_certificate(der);
    if (!anchor || X509_STORE_add_cert(store.get(), anchor->get()) != 1)
      return Error(errors::webauthn_anchor_malformed);
  }
  return store;
}

Error untrusted(const char* detail) {
  return Error(errors::webauthn_attestation_untrusted, detail, clauses::attestation_trust);
}

}  // namespace

Result<AttestationPath> parse_x5c(const Cbor& x5c) {
  const Error malformed(errors::webauthn_attestation_statement_malformed, "x5c", clauses::packed_syntax);
  if (!x5c.is_array() || x5c.size() == 0 || x5c.size() > max_certificates) return malformed;
  AttestationPath certificates;
  for (std::size_t i = 0; i < x5c.size(); ++i) {
    const auto der = x5c.at(i).byte_string();
    if (!der) return malformed;
    certificates.push_back(to_bytes(*der));
  }
  return certificates;
}

Result<CertificatePtr> parse_certificate(ByteView der) {
  const ErrorScope errors_stay_here;
  const unsigned char* cursor = der.data();
  CertificatePtr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (!certificate || cursor != der.data() + der.size()) {
    return Error(errors::webauthn_attestation_certificate_malformed, {}, clauses::packed_certificate);
  }
  return certificate;
}

Result<SignatureKey> certificate_key(std::int64_t algorithm, const X509& certificate) {
  const ErrorScope errors_stay_here;
  EVP_PKEY* shared = X509_get0_pubkey(&certificate);
  if (shared) EVP_PKEY_up_ref(shared);
  auto key = SignatureKey::make(algorithm, PkeyPtr(shared));
  if (!key && key.error().code() == errors::webauthn_cose_key_invalid) {
    return Error(errors::webauthn_attestation_algorithm_mismatch, {}, clauses::packed_signature);
  }
  return key;
}

Status verify_packed_certificate(const X509& certificate, ByteView aaguid) {
  const ErrorScope errors_stay_here;
  if (X509_get_version(&certificate) != X509_VERSION_3) return profile("version");
  TEGATA_TRY(verify_subject(certificate));
  TEGATA_TRY(verify_basic_constraints(certificate));
  return verify_aaguid(certificate, aaguid);
}

Status verify_path(const AttestationPath& path, const std::vector<Bytes>& anchors, Instant now) {
  const ErrorScope errors_stay_here;
  if (path.empty()) return untrusted("no certificates");
  TEGATA_ASSIGN(const StorePtr store, make_store(anchors));
  TEGATA_ASSIGN(const CertificatePtr leaf, parse_certificate(path.front()));
  const StackPtr between(sk_X509_new_null());
  for (const Bytes& der : std::span(path).subspan(1)) {
    TEGATA_ASSIGN(CertificatePtr certificate, parse_certificate(der));
    sk_X509_push(between.get(), certificate.release());
  }
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), between.get()) != 1) return untrusted("no context");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  // Metadata lists intermediates and leaves as anchors. Strict mode would refuse most real chains for small omissions.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(now));
  if (X509_verify_cert(context.get()) == 1) return {};
  return untrusted(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace tegata::webauthn
