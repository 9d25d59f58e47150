#include "rp/webauthn/attestation.h"
#include "rp/webauthn/check.h"
#include "rp/webauthn/clauses.h"
#include "rp/webauthn/errors.h"

namespace tegata::webauthn {

Result<VerifiedAttestation> verify_none(const AttestationInput& input) {
  TEGATA_REQUIRE(input.statement.size() == 0,
                 Error(errors::webauthn_attestation_statement_malformed, "none with a statement", clauses::none_empty));
  return VerifiedAttestation{.type = "none", .paths = {}};
}

}  // namespace tegata::webauthn
