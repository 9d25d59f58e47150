#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {

Result<VerifiedAttestation> verify_none(const AttestationInput& input) {
  TEGATA_REQUIRE(input.statement.size() == 0, Error(errors::webauthn_attestation_statement_malformed,
                                                    "none with a statement", wire::clauses::none_empty));
  return VerifiedAttestation{.type = "none", .paths = {}};
}

}  // namespace tegata::webauthn::attestation
