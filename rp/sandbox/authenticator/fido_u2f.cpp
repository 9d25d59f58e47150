// fido-u2f: {"sig", "x5c"}, by the batch key, over what a U2F authenticator signs when it registers.
#include <openssl/evp.h>

#include "rp/sandbox/authenticator/cbor.h"
#include "rp/sandbox/authenticator/keys.h"
#include "rp/sandbox/authenticator/statement.h"

namespace tegata::sandbox::authenticator {
namespace {

Bytes verification_data(const StatementInput& input) {
  Bytes out{0x00};
  append(out, ByteView(input.authenticator_data).first(32));
  if (input.behaviour.lie == Lie::u2f_rp_id_hash) out.back() ^= 1;
  append(out, input.client_data_hash);
  append(out, input.credential.id);
  // An uncompressed point, as U2F writes keys.
  Bytes point(65);
  std::size_t size = point.size();
  EVP_PKEY_get_octet_string_param(input.credential.key.get(), "pub", point.data(), point.size(), &size);
  append(out, point);
  return out;
}

}  // namespace

Bytes make_fido_u2f(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  const std::size_t certificates = lie == Lie::u2f_two_certificates ? 2 : 1;
  const bool other_member = lie == Lie::u2f_other_member;
  CborWriter statement;
  statement.map(other_member ? 3 : 2).text("sig");
  statement.bytes(sign_as_told(input.attestation_key, -7, verification_data(input), input.behaviour));
  statement.text("x5c").array(certificates);
  for (std::size_t i = 0; i < certificates; ++i) statement.bytes(input.attestation_path.front());
  if (other_member) statement.text("alg").integer(-7);
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
