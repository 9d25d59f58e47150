// android-key: {"alg", "sig", "x5c"}, the credential key certified by Android with a description of it.
#include "rp/sandbox/authenticator/chain.h"
#include "rp/sandbox/authenticator/der.h"
#include "rp/sandbox/authenticator/keys.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr const char* key_description_oid = "1.3.6.1.4.1.11129.2.1.17";

Bytes purpose(std::uint8_t value) { return der_item({0xa1}, {der_item({0x31}, {der_integer(value)})}); }
Bytes origin(std::uint8_t value) { return der_item({0xbf, 0x85, 0x3e}, {der_integer(value)}); }     // [702]
Bytes all_applications() { return der_item({0xbf, 0x84, 0x58}, {der_item({0x05}, {})}); }           // [600]
Bytes algorithm_ec() { return der_item({0xa2}, {der_integer(3)}); }                                 // [2]
Bytes created() { return der_item({0xbf, 0x85, 0x3d}, {der_item({0x02}, {{0x01, 0x8b, 0xcd}})}); }  // [701]
Bytes enumerated(std::uint8_t value) { return der_item({0x0a}, {{value}}); }

Bytes authorizations(Lie lie) {
  if (lie == Lie::android_no_authorizations) return {};
  Bytes out = purpose(lie == Lie::android_purpose ? 3 : 2);  // VERIFY, SIGN
  for (const Bytes& more : {algorithm_ec(), lie == Lie::android_all_applications ? all_applications() : Bytes{},
                            origin(lie == Lie::android_origin ? 2 : 0)}) {  // IMPORTED, GENERATED
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

Bytes key_description(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  Bytes challenge = input.client_data_hash;
  if (lie == Lie::android_challenge) challenge.back() ^= 1;
  const bool software_only = lie == Lie::android_software_only;
  const Bytes used = authorizations(lie), other = created();
  Bytes out = der_item(
      {0x30}, {der_item({0x02}, {{0x01, 0x2c}}), enumerated(input.behaviour.android_statement_level),
               der_item({0x02}, {{0x01, 0x2c}}), enumerated(input.behaviour.android_key_level),
               der_item({0x04}, {challenge}), der_item({0x04}, {}), der_item({0x30}, {software_only ? used : other}),
               der_item({0x30}, {software_only ? Bytes{} : used})});
  if (input.behaviour.edit_key_description) input.behaviour.edit_key_description(out);
  return out;
}

test_pki::Profile android_key_profile(const StatementInput& input) {
  test_pki::Profile profile = chain_profile({{"CN", "Android Keystore Key"}});
  profile.extensions = {{"keyUsage", "critical,digitalSignature"}};
  if (input.behaviour.lie != Lie::android_extension_missing) {
    profile.raw_extensions = {{.oid = key_description_oid, .critical = false, .der = key_description(input)}};
  }
  return profile;
}

}  // namespace

Bytes make_android_key(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  const std::int64_t algorithm = input.credential.algorithm;
  const test_pki::Key key = lie == Lie::android_key_differs ? make_key(algorithm) : input.credential.key;
  const test_pki::Identity intermediate = issue_intermediate(input.root);
  Bytes message = input.authenticator_data;
  message.insert(message.end(), input.client_data_hash.begin(), input.client_data_hash.end());
  const bool other_member = lie == Lie::android_other_member;
  CborWriter statement;
  statement.map(other_member ? 4 : 3).text("alg").integer(algorithm);
  statement.text("sig").bytes(sign_as_told(key, algorithm, message, input.behaviour));
  write_x5c(statement, test_pki::issue(android_key_profile(input), key, intermediate), intermediate.certificate,
            input.behaviour);
  if (other_member) statement.text("ver").text("1");
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
