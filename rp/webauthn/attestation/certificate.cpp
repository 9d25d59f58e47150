#include "rp/webauthn/attestation/certificate.h"

#include <algorithm>

#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr const char* aaguid_oid = "1.3.6.1.4.1.45724.1.1.4";  // id-fido-gen-ce-aaguid

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Release<ASN1_OBJECT_free>>;
using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, Release<BASIC_CONSTRAINTS_free>>;

Error packed_profile(std::string detail, std::string_view clause = wire::clauses::packed_certificate) {
  return Error(errors::webauthn_attestation_certificate_profile, std::move(detail), clause);
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
  TEGATA_REQUIRE(is_country(subject_text(certificate, NID_countryName)), packed_profile("subject C"));
  TEGATA_REQUIRE(!subject_text(certificate, NID_organizationName).empty(), packed_profile("subject O"));
  TEGATA_REQUIRE(subject_text(certificate, NID_organizationalUnitName) == "Authenticator Attestation",
                 packed_profile("subject OU"));
  TEGATA_REQUIRE(!subject_text(certificate, NID_commonName).empty(), packed_profile("subject CN"));
  return {};
}

Error untrusted(std::string detail) {
  return Error(errors::webauthn_attestation_untrusted, std::move(detail), wire::clauses::attestation_trust);
}

// Which certificate, and what is wrong with it: expired, not yet valid, issuer unknown, signature, no CA.
Error untrusted(X509_STORE_CTX* context) {
  return untrusted("certificate " + std::to_string(X509_STORE_CTX_get_error_depth(context)) + ": " +
                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
}

// Why the certificate before is not one that certificate `at` issued.
Error not_issued_by(int verdict, std::size_t at) {
  const std::string detail = "certificate " + std::to_string(at) + ": " + X509_verify_cert_error_string(verdict);
  switch (verdict) {
    case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
      return Error(errors::webauthn_attestation_x5c_order, detail, wire::clauses::x5c_order);
    case X509_V_ERR_AKID_SKID_MISMATCH:
    case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
      return Error(errors::webauthn_attestation_x5c_authority_key, detail, wire::clauses::x5c_authority_key);
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return Error(errors::webauthn_attestation_x5c_key_usage, detail, wire::clauses::x5c_key_usage);
    case X509_V_ERR_NO_ISSUER_PUBLIC_KEY:
    case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
    case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
      return Error(errors::webauthn_attestation_x5c_algorithm, detail, wire::clauses::x5c_algorithm);
    default:  // extensions that cannot be read
      return Error(errors::webauthn_attestation_certificate_malformed, detail, wire::clauses::certificate_der);
  }
}

}  // namespace

Result<AttestationPath> parse_x5c(const wire::Cbor& x5c, std::string_view clause) {
  const Error malformed(errors::webauthn_attestation_statement_malformed, "x5c", clause);
  TEGATA_REQUIRE(x5c.is_array() && x5c.size() > 0, malformed);
  TEGATA_REQUIRE(x5c.size() <= max_certificates, malformed);
  AttestationPath certificates;
  for (std::size_t i = 0; i < x5c.size(); ++i) {
    const auto der = x5c.at(i).byte_string();
    TEGATA_REQUIRE(der, malformed);
    TEGATA_ASSIGN(wire::CertificatePtr certificate, parse_certificate(*der));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

Result<wire::CertificatePtr> parse_certificate(ByteView der) {
  const ErrorScope errors_stay_here;
  const Error malformed(errors::webauthn_attestation_certificate_malformed, {}, wire::clauses::certificate_der);
  const unsigned char* cursor = der.data();
  wire::CertificatePtr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  TEGATA_REQUIRE(certificate, malformed);
  TEGATA_REQUIRE(cursor == der.data() + der.size(), malformed);
  return certificate;
}

bool is_end_entity(const X509& certificate) {
  auto* found = X509_get_ext_d2i(&certificate, NID_basic_constraints, nullptr, nullptr);
  const BasicConstraintsPtr constraints(static_cast<BASIC_CONSTRAINTS*>(found));
  return constraints && constraints->ca == 0;
}

Result<wire::SignatureKey> certificate_key(std::int64_t algorithm, const X509& certificate, std::string_view clause,
                                           wire::AlgorithmUse use) {
  const ErrorScope errors_stay_here;
  EVP_PKEY* shared = X509_get0_pubkey(&certificate);
  if (shared) EVP_PKEY_up_ref(shared);
  auto key = wire::SignatureKey::make(algorithm, wire::PkeyPtr(shared), use);
  // Only the name of the refusal changes here.
  if (!key && key.error().code() == errors::webauthn_cose_key_invalid) {
    return Error(errors::webauthn_attestation_algorithm_mismatch, key.error().detail(), clause);
  }
  return key;
}

Result<std::optional<CertificateExtension>> find_extension(const X509& certificate, const char* oid) {
  const ObjectPtr object(OBJ_txt2obj(oid, 1));
  const int index = X509_get_ext_by_OBJ(&certificate, object.get(), -1);
  if (index < 0) return std::optional<CertificateExtension>();
  TEGATA_REQUIRE(X509_get_ext_by_OBJ(&certificate, object.get(), index) < 0,
                 packed_profile("extension repeated", wire::clauses::certificate_extension_once));
  X509_EXTENSION* extension = X509_get_ext(&certificate, index);
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
  const ByteView value(ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data)));
  return std::optional(CertificateExtension{value, X509_EXTENSION_get_critical(extension) != 0});
}

Status verify_aaguid_extension(const X509& certificate, ByteView aaguid) {
  TEGATA_ASSIGN(const auto extension, find_extension(certificate, aaguid_oid));
  if (!extension) return {};
  TEGATA_REQUIRE(!extension->critical, packed_profile("AAGUID extension is critical", wire::clauses::packed_aaguid));
  // An OCTET STRING of 16 bytes inside the one that wraps every extension.
  const ByteView value = extension->value;
  TEGATA_REQUIRE(value.size() == 18 && value[0] == 0x04 && value[1] == 16,
                 packed_profile("AAGUID extension", wire::clauses::packed_aaguid));
  TEGATA_REQUIRE(
      std::ranges::equal(value.subspan(2), aaguid),
      Error(errors::webauthn_attestation_aaguid_mismatch, hex(value.subspan(2)), wire::clauses::packed_aaguid));
  return {};
}

Status verify_packed_certificate(const X509& certificate, ByteView aaguid) {
  const ErrorScope errors_stay_here;
  TEGATA_REQUIRE(X509_get_version(&certificate) == X509_VERSION_3, packed_profile("version"));
  TEGATA_TRY(verify_subject(certificate));
  TEGATA_REQUIRE(is_end_entity(certificate), packed_profile("basic constraints"));
  return verify_aaguid_extension(certificate, aaguid);
}

Result<wire::StorePtr> make_store(const std::vector<Bytes>& anchors) {
  wire::StorePtr store(X509_STORE_new());
  for (const Bytes& der : anchors) {
    const auto anchor = parse_certificate(der);
    TEGATA_REQUIRE(anchor, Error(errors::webauthn_anchor_malformed));
    if (X509_STORE_add_cert(store.get(), anchor->get()) != 1)
      return Error(errors::webauthn_anchor_malformed);  // memory
  }
  return store;
}

wire::CertificatesPtr make_stack(const AttestationPath& path) {
  wire::CertificatesPtr all(sk_X509_new_null());
  for (const auto& certificate : path) {
    X509_up_ref(certificate.get());
    sk_X509_push(all.get(), certificate.get());
  }
  return all;
}

Status verify_path_shape(const AttestationPath& path, const wire::Policy& policy) {
  const ErrorScope errors_stay_here;
  for (std::size_t i = 1; i < path.size(); ++i) {
    X509* const issuer = path[i].get();
    // OpenSSL would sort them by itself.
    const int verdict = X509_check_issued(issuer, path[i - 1].get());
    TEGATA_REQUIRE(verdict == X509_V_OK, not_issued_by(verdict, i));
    TEGATA_REQUIRE(
        policy.root_in_x5c_allowed || X509_self_signed(issuer, 0) == 0,
        Error(errors::webauthn_attestation_root_in_x5c, "certificate " + std::to_string(i), wire::clauses::x5c_root));
  }
  return {};
}

Status verify_path(const AttestationPath& path, const std::vector<Bytes>& anchors, std::optional<Instant> now) {
  const ErrorScope errors_stay_here;
  if (path.empty()) return untrusted("no certificates");  // no format makes such a path
  TEGATA_ASSIGN(const wire::StorePtr store, make_store(anchors));
  const wire::CertificatesPtr all = make_stack(path);
  const wire::StoreContextPtr context(X509_STORE_CTX_new());
  X509* const leaf = path.front().get();
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf, all.get()) != 1) return untrusted("no context");  // memory
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  // Metadata lists intermediates and leaves as anchors. Strict mode would refuse most real chains for small omissions.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | (now ? 0 : X509_V_FLAG_NO_CHECK_TIME));
  if (now) X509_VERIFY_PARAM_set_time(parameters, unix_seconds(*now));
  TEGATA_REQUIRE(X509_verify_cert(context.get()) == 1, untrusted(context.get()));
  return {};
}

}  // namespace tegata::webauthn::attestation
