// Certificates in attestation statements, and paths from them to anchors.
#pragma once

#include <vector>

#include "rp/base/instant.h"
#include "rp/webauthn/attestation.h"
#include "rp/webauthn/cbor.h"
#include "rp/webauthn/signature_key.h"

namespace tegata::webauthn {

// One to eight byte strings. Error: webauthn_attestation_statement_malformed.
Result<AttestationPath> parse_x5c(const Cbor& x5c);

// One certificate and nothing behind it. Error: webauthn_attestation_certificate_malformed.
Result<CertificatePtr> parse_certificate(ByteView der);

// The certificate's key, bound to the algorithm that the statement names.
// Errors: webauthn_algorithm_unsupported, webauthn_attestation_algorithm_mismatch.
Result<SignatureKey> certificate_key(std::int64_t algorithm, const X509& certificate);

// Section 8.2.1: version 3, subject, no CA, and the AAGUID extension, if there is one, equal to `aaguid`.
// Errors: webauthn_attestation_certificate_profile, webauthn_attestation_aaguid_mismatch.
Status verify_packed_certificate(const X509& certificate, ByteView aaguid);

// Whether a path leads at `now` from the first certificate, through the others, to one of `anchors` (DER: a root,
// an intermediate or the leaf itself). What stands in `path` is never an anchor by itself.
// Errors: webauthn_attestation_untrusted, webauthn_attestation_certificate_malformed, webauthn_anchor_malformed.
Status verify_path(const AttestationPath& path, const std::vector<Bytes>& anchors, Instant now);

}  // namespace tegata::webauthn
