// An attestation object, and what its format's procedure says of it, whoever signed what.
#include "rp/webauthn/attestation/attestation.h"
#include "tests/support/still_world.h"

#include <cstdlib>

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto object = tegata::webauthn::attestation::parse_attestation_object({data, size});
  if (!object) return 0;
  const auto parsed = tegata::webauthn::wire::parse_authenticator_data(object->authenticator_data);
  if (!parsed || !parsed->attested) return 0;
  const auto key = tegata::webauthn::wire::SignatureKey::parse_cose(parsed->attested->public_key);
  if (!key) return 0;
  Bytes message = to_bytes(object->authenticator_data);
  message.resize(message.size() + 32, 7);
  auto policy = tegata::webauthn::wire::w3c_policy();
  policy.android_safetynet_allowed = true;
  const tegata::webauthn::attestation::AttestationInput input{.statement = object->statement,
                                                              .rp_id_hash = parsed->rp_id_hash,
                                                              .credential = *parsed->attested,
                                                              .credential_key = *key,
                                                              .signed_bytes = message,
                                                              .client_data_hash = ByteView(message).last(32),
                                                              .policy = policy,
                                                              .now = tegata::test::still_moment};
  const auto verified = tegata::webauthn::attestation::verify_attestation(object->format, input);
  // Nobody signed a client data hash of sevens. What can come out as good all the same is `none`, a compound of nothing
  // else, and `apple`, whose only signature is the issuer's, which this procedure leaves to the path.
  if (verified && verified->type != "none" && object->format != "apple" && object->format != "compound") std::abort();
  return 0;
}
