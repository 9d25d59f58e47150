#include "rp/webauthn/attestation.h"
#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"

namespace tegata::webauthn {

Result<VerifiedAttestation> verify_fido_u2f(const AttestationInput&) {
  return Error(errors::webauthn_attestation_format_unsupported, "fido_u2f", clauses::attestation_format);
}

}  // namespace tegata::webauthn
