// Certificates in attestation statements, and paths from them to anchors. No URL that stands in one is ever fetched.
#pragma once

#include <optional>
#include <vector>

#include "rp/base/instant.h"
#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/wire/cbor.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/signature_key.h"

namespace tegata::webauthn::attestation {

// A path of more certificates is nobody's.
inline constexpr std::size_t max_certificates = 8;

// One to eight certificates. `clause` is the syntax of the caller's format.
// Errors: webauthn_attestation_statement_malformed, webauthn_attestation_certificate_malformed.
Result<AttestationPath> parse_x5c(const wire::Cbor& x5c, std::string_view clause = wire::clauses::packed_syntax);

// One certificate and nothing behind it. Error: webauthn_attestation_certificate_malformed.
Result<wire::CertificatePtr> parse_certificate(ByteView der);

// Anchors as OpenSSL's store. Error: webauthn_anchor_malformed.
Result<wire::StorePtr> make_store(const std::vector<Bytes>& anchors);

// All of a path, as OpenSSL's stack.
wire::CertificatesPtr make_stack(const AttestationPath& path);

// The certificate's key, bound to the algorithm that the statement names.
// Errors: webauthn_algorithm_unsupported, webauthn_attestation_algorithm_mismatch.
Result<wire::SignatureKey> certificate_key(std::int64_t algorithm, const X509& certificate,
                                           std::string_view clause = wire::clauses::packed_signature,
                                           wire::AlgorithmUse use = wire::AlgorithmUse::credential);

// Basic constraints are there and say that this is no CA.
bool is_end_entity(const X509& certificate);

// The extension of this OID, if there is one. The view lives as long as the certificate.
// Error: webauthn_attestation_certificate_profile where it is repeated.
struct CertificateExtension {
  ByteView value;
  bool critical = false;
};
Result<std::optional<CertificateExtension>> find_extension(const X509& certificate, const char* oid);

// The extension id-fido-gen-ce-aaguid, if there is one, is not critical and holds `aaguid`.
// Errors: webauthn_attestation_certificate_profile, webauthn_attestation_aaguid_mismatch.
Status verify_aaguid_extension(const X509& certificate, ByteView aaguid);

// Section 8.2.1: version 3, subject, no CA, and verify_aaguid_extension.
Status verify_packed_certificate(const X509& certificate, ByteView aaguid);

// The shape of a path, whoever trusts it: each certificate names the next as its issuer, and none behind the first
// is self-signed unless the policy lets paths carry their root.
// Errors: webauthn_attestation_x5c_*, webauthn_attestation_root_in_x5c, webauthn_attestation_certificate_malformed.
Status verify_path_shape(const AttestationPath& path, const wire::Policy& policy);

// Whether a path leads at `now` (at whatever time without one) from the first certificate, through the others, to one
// of `anchors` (DER: a root, an intermediate or the leaf itself). What stands in `path` is never an anchor by itself.
// Errors: webauthn_attestation_untrusted, webauthn_anchor_malformed.
Status verify_path(const AttestationPath& path, const std::vector<Bytes>& anchors, std::optional<Instant> now);

}  // namespace tegata::webauthn::attestation
