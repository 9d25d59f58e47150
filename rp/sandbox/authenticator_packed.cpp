// packed: {"alg", "sig"} by the credential key, or with "x5c" by the batch key.
#include "rp/sandbox/authenticator_cbor.h"
#include "rp/sandbox/authenticator_keys.h"
#include "rp/sandbox/authenticator_statement.h"

namespace tegata::sandbox {

Bytes sign_as_told(const Key& key, std::int64_t algorithm, ByteView message, const Behaviour& behaviour) {
  Bytes signature = sign(key, algorithm, message);
  if (behaviour.lie == Lie::bogus_signature) signature = sign(key, algorithm, as_bytes("something else"));
  if (behaviour.edit_signature) behaviour.edit_signature(signature);
  return signature;
}

Bytes make_packed(const StatementInput& input) {
  const bool certified = input.behaviour.attestation == AttestationChoice::packed_x5c;
  const Key& key = certified ? input.attestation_key : input.credential.key;
  const std::int64_t algorithm = certified ? -7 : input.credential.algorithm;
  Bytes message = input.authenticator_data;
  message.insert(message.end(), input.client_data_hash.begin(), input.client_data_hash.end());
  CborWriter statement;
  statement.map(certified ? 3 : 2).text("alg").integer(algorithm);
  statement.text("sig").bytes(sign_as_told(key, algorithm, message, input.behaviour));
  if (!certified) return statement.out();
  statement.text("x5c").array(input.attestation_path.size());
  for (const Bytes& certificate : input.attestation_path) statement.bytes(certificate);
  return statement.out();
}

}  // namespace tegata::sandbox
