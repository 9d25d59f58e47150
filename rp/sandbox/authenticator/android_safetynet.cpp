// android-safetynet: {"ver", "response"}, a JWS as Google's service made them.
#include "rp/base/json.h"
#include "rp/sandbox/authenticator/chain.h"
#include "rp/sandbox/authenticator/keys.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr std::int64_t rs256 = -257;

std::string nonce(const StatementInput& input) {
  Bytes message = input.authenticator_data;
  message.insert(message.end(), input.client_data_hash.begin(), input.client_data_hash.end());
  if (input.behaviour.lie == Lie::safetynet_nonce) message.push_back(0);
  return base64(sha256(message));
}

std::string payload(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  std::int64_t timestamp = unix_milliseconds(input.behaviour.now) - 1'000;
  if (lie == Lie::safetynet_future) timestamp += 600'000;
  if (lie == Lie::safetynet_old) timestamp -= 600'000;
  return dump_json({{"nonce", nonce(input)},
                    {"timestampMs", timestamp},
                    {"apkPackageName", "com.google.android.gms"},
                    {"ctsProfileMatch", lie != Lie::safetynet_cts},
                    {"basicIntegrity", true}});
}

test_pki::Certificate service_certificate(const StatementInput& input, const test_pki::Key& key,
                                          const test_pki::Identity& issuer) {
  const bool stranger = input.behaviour.lie == Lie::safetynet_host;
  test_pki::Profile profile = chain_profile({{"C", "US"}, {"CN", "Sample Service"}});
  profile.extensions = {{"subjectAltName", stranger ? "DNS:attest.android.com.example" : "DNS:attest.android.com"}};
  return test_pki::issue(profile, key, issuer);
}

std::string response(const StatementInput& input) {
  if (input.behaviour.lie == Lie::safetynet_response_empty) return {};
  static const test_pki::Key key = test_pki::rsa_key();  // the service has one, and RSA keys are slow to make
  const test_pki::Identity intermediate = issue_intermediate(input.root);
  Json header = {{"alg", "RS256"},
                 {"x5c",
                  {base64(test_pki::der(service_certificate(input, key, intermediate))),
                   base64(test_pki::der(intermediate.certificate))}}};
  if (input.behaviour.lie == Lie::safetynet_x5c_empty) header["x5c"] = Json::array();
  std::string claims = payload(input);
  if (input.behaviour.edit_response) input.behaviour.edit_response(header, claims);
  const std::string text = base64url(as_bytes(dump_json(header))) + "." + base64url(as_bytes(claims));
  return text + "." + base64url(sign_as_told(key, rs256, as_bytes(text), input.behaviour));
}

}  // namespace

Bytes make_android_safetynet(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  const bool other_member = lie == Lie::safetynet_other_member;
  CborWriter statement;
  statement.map(other_member ? 3 : 2).text("ver").text(lie == Lie::safetynet_ver ? "" : "14366018");
  statement.text("response").bytes(as_bytes(response(input)));
  if (other_member) statement.text("alg").integer(rs256);
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
