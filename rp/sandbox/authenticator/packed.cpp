// packed: {"alg", "sig"} by the credential key, or with "x5c" by the batch key.
#include <algorithm>
#include <array>

#include "rp/sandbox/authenticator/chain.h"
#include "rp/sandbox/authenticator/keys.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr std::int64_t es256 = -7, es384 = -35;
constexpr std::int64_t long_ago = 1'600'000'000, far_ahead = 4'000'000'000;

struct Batch {
  std::int64_t algorithm;
  test_pki::Key key;
  std::vector<Bytes> path;
};

test_pki::Profile packed_profile(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  test_pki::Profile profile = chain_profile(
      {{"C", "JP"}, {"O", "Tegata Sandbox"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}});
  if (lie == Lie::certificate_expired) profile.not_after = from_unix_seconds(long_ago);
  if (lie == Lie::certificate_not_yet_valid) profile.not_before = from_unix_seconds(far_ahead);
  profile.extensions = {{"basicConstraints", "critical,CA:FALSE"}};
  Bytes aaguid = input.aaguid;
  if (lie == Lie::packed_certificate_aaguid) aaguid.back() ^= 1;
  aaguid.insert(aaguid.begin(), {0x04, 16});  // the head of an OCTET STRING
  profile.raw_extensions = {{.oid = "1.3.6.1.4.1.45724.1.1.4", .critical = false, .der = aaguid}};
  return profile;
}

test_pki::Identity issue_ca(const char* name, const test_pki::Identity& issuer, bool expired = false) {
  test_pki::Profile profile = chain_profile({{"C", "JP"}, {"O", "Tegata Sandbox"}, {"CN", name}});
  if (expired) profile.not_after = from_unix_seconds(long_ago);
  profile.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
  const test_pki::Key key = test_pki::p256_key();
  return {key, test_pki::issue(profile, key, issuer)};
}

// A leaf under two intermediates, made for this one statement.
Batch make_batch(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  const std::int64_t algorithm = input.behaviour.packed_algorithm.value_or(es256);
  const test_pki::Key key = make_key(algorithm);
  const test_pki::Identity upper = issue_ca("Sample Upper CA", input.root, lie == Lie::intermediate_expired);
  const test_pki::Identity lower = issue_ca("Sample Lower CA", upper);
  std::vector<Bytes> path = {test_pki::der(test_pki::issue(packed_profile(input), key, lower)),
                             test_pki::der(lower.certificate), test_pki::der(upper.certificate)};
  if (lie == Lie::x5c_order) std::swap(path[1], path[2]);
  if (lie == Lie::x5c_root) path.push_back(test_pki::der(input.root.certificate));
  return {algorithm, key, path};
}

Batch batch_of(const StatementInput& input) {
  constexpr std::array of_certificates{
      Lie::packed_certificate_aaguid, Lie::x5c_order,           Lie::x5c_root, Lie::certificate_expired,
      Lie::certificate_not_yet_valid, Lie::intermediate_expired};
  const Behaviour& behaviour = input.behaviour;
  if (behaviour.attestation != AttestationChoice::packed_x5c)
    return {input.credential.algorithm, input.credential.key, {}};
  if (behaviour.packed_algorithm || std::ranges::find(of_certificates, behaviour.lie) != of_certificates.end())
    return make_batch(input);
  return {es256, input.attestation_key, input.attestation_path};
}

}  // namespace

Bytes sign_as_told(const test_pki::Key& key, std::int64_t algorithm, ByteView message, const Behaviour& behaviour) {
  Bytes signature = sign(key, algorithm, message);
  if (behaviour.lie == Lie::bogus_signature) signature = sign(key, algorithm, as_bytes("something else"));
  if (behaviour.edit_signature) behaviour.edit_signature(signature);
  return signature;
}

Bytes make_packed(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  const Batch batch = batch_of(input);
  const bool no_alg = lie == Lie::packed_alg_missing, no_sig = lie == Lie::packed_sig_missing;
  const bool other_member = lie == Lie::packed_other_member, certified = !batch.path.empty();
  std::int64_t named = batch.algorithm;
  if (lie == Lie::packed_self_algorithm) named = named == es256 ? es384 : es256;
  Bytes message = input.authenticator_data;
  message.insert(message.end(), input.client_data_hash.begin(), input.client_data_hash.end());
  const test_pki::Key& key = lie == Lie::batch_key_is_credential_key ? input.credential.key : batch.key;
  CborWriter statement;
  statement.map(2u - no_alg - no_sig + other_member + certified);
  if (!no_alg) statement.text("alg").integer(named);
  if (!no_sig) statement.text("sig").bytes(sign_as_told(key, batch.algorithm, message, input.behaviour));
  if (other_member) statement.text("ver").text("1");
  if (!certified) return statement.out();
  statement.text("x5c").array(batch.path.size());
  for (const Bytes& certificate : batch.path) statement.bytes(certificate);
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
