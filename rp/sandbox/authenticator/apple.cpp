// apple: {"x5c"}, a certificate for the credential key with the nonce inside.
#include "rp/sandbox/authenticator/chain.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr const char* nonce_oid = "1.2.840.113635.100.8.2";

Bytes nonce_extension(const StatementInput& input) {
  Bytes message = input.authenticator_data;
  message.insert(message.end(), input.client_data_hash.begin(), input.client_data_hash.end());
  if (input.behaviour.lie == Lie::apple_nonce) message.push_back(0);
  const Digest nonce = sha256(message);
  Bytes der{0x30, 0x24, 0xa1, 0x22, 0x04, 0x20};
  der.insert(der.end(), nonce.begin(), nonce.end());
  return der;
}

test_pki::Certificate credential_certificate(const StatementInput& input, const test_pki::Identity& issuer) {
  const Lie lie = input.behaviour.lie;
  test_pki::Profile profile = chain_profile({{"C", "JP"}, {"O", "Tegata Sandbox"}, {"CN", "Sample Credential"}});
  profile.extensions = {{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", "critical,digitalSignature"}};
  if (lie != Lie::apple_extension_missing) {
    profile.raw_extensions = {{.oid = nonce_oid, .critical = false, .der = nonce_extension(input)}};
  }
  return test_pki::issue(profile, lie == Lie::apple_key ? test_pki::p256_key() : input.credential.key, issuer);
}

}  // namespace

Bytes make_apple(const StatementInput& input) {
  const test_pki::Identity intermediate = issue_intermediate(input.root);
  const bool other_member = input.behaviour.lie == Lie::apple_other_member;
  CborWriter statement;
  statement.map(other_member ? 2 : 1);
  if (other_member) statement.text("ver").integer(2);
  write_x5c(statement, credential_certificate(input, intermediate), intermediate.certificate, input.behaviour);
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
