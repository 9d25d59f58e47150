#include "rp/webauthn/attestation.h"
#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"

namespace tegata::webauthn {

Result<VerifiedAttestation> verify_none(const AttestationInput& input) {
  if (input.statement.size() != 0) {
    return Error(errors::webauthn_attestation_statement_malformed, "none with a statement", clauses::none_empty);
  }
  return VerifiedAttestation{.type = "none", .paths = {}};
}

}  // namespace tegata::webauthn
