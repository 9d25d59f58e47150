#include <openssl/rand.h>

#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/webauthn/options.h"
#include "rp/webauthn/wire/signature_key.h"
#include "tests/mutation/differential.h"
#include "tests/support/still_world.h"

namespace tegata::mutation {
namespace {

using namespace webauthn;
using sandbox::authenticator::AttestationChoice;

constexpr const char* own_origin = "https://localhost:8443";
const Bytes user_handle(16, 7);

struct MadeKind {
  const char* name;
  AttestationChoice choice;
  std::int64_t algorithm;
};

constexpr MadeKind kinds[] = {
    {"packed self ES256", AttestationChoice::packed_self, -7},
    {"packed self ES384", AttestationChoice::packed_self, -35},
    {"packed self EdDSA", AttestationChoice::packed_self, -8},
    {"packed self RS256", AttestationChoice::packed_self, -257},
    {"packed full ES256", AttestationChoice::packed_x5c, -7},
    {"packed full ES384", AttestationChoice::packed_x5c, -35},
    {"packed full EdDSA", AttestationChoice::packed_x5c, -8},
    {"packed full RS256", AttestationChoice::packed_x5c, -257},
    {"fido-u2f ES256", AttestationChoice::fido_u2f, -7},
    {"tpm RS256", AttestationChoice::tpm, -257},
};

// OpenSSL's randomness while this lives, by a call that OpenSSL 3 would rather have no more: keys and signatures are
// the same in every run, so that a run over mutants of them can be had again, and fails for nobody by chance.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
class RepeatableOpenssl {
 public:
  RepeatableOpenssl() : before_(RAND_get_rand_method()) {
    chance() = tegata::test::RepeatableRandom(11);
    method_.bytes = &fill;
    method_.status = [] { return 1; };
    RAND_set_rand_method(&method_);
  }
  ~RepeatableOpenssl() { RAND_set_rand_method(before_); }
  RepeatableOpenssl(const RepeatableOpenssl&) = delete;

 private:
  static tegata::test::RepeatableRandom& chance() {
    static tegata::test::RepeatableRandom one(11);
    return one;
  }
  static int fill(unsigned char* to, int size) {
    chance().fill({to, static_cast<std::size_t>(size)});
    return 1;
  }

  const RAND_METHOD* before_;
  RAND_METHOD method_{};
};
#pragma GCC diagnostic pop

struct Maker {
  tegata::test::RepeatableRandom random{7};
  sandbox::authenticator::Authenticator authenticator = sandbox::authenticator::Authenticator::make(random);

  Registration registration(const MadeKind& kind) {
    Registration one{std::string("own ") + kind.name, {}, {}};
    one.expected.policy = webauthn::wire::w3c_policy();
    one.expected.policy.attestation = webauthn::wire::AttestationAcceptance::verify;
    one.expected.rp_id = "localhost";
    one.expected.origins = {own_origin};
    one.expected.challenge = random_bytes(random, 32);
    one.expected.algorithms = webauthn::wire::supported_algorithms();
    one.expected.now = tegata::test::still_moment;
    const Json options =
        creation_options(one.expected, "検証機関", {user_handle, "kensho", "検証 太郎"}, {}, "direct", 1);
    sandbox::authenticator::Behaviour behaviour{.attestation = kind.choice, .algorithm = kind.algorithm};
    if (kind.choice == AttestationChoice::packed_x5c) behaviour.packed_algorithm = kind.algorithm;
    // The one form that libfido2 knows.
    behaviour.tpm_algorithm = -65535;
    behaviour.tpm_policy = Bytes(32, 0x11);
    one.response =
        parse_registration_response(authenticator.create(options, own_origin, behaviour, random).value()).value();
    return one;
  }

  Assertion assertion(const Registration& registered, const CredentialRecord& record) {
    Assertion one{registered.name, {}, {}, record};
    one.expected.policy = webauthn::wire::w3c_policy();
    one.expected.rp_id = "localhost";
    one.expected.origins = {own_origin};
    one.expected.challenge = random_bytes(random, 32);
    one.expected.allow_credentials = {record.id};
    const sandbox::authenticator::Behaviour behaviour{.send_user_handle = false};
    const Json got = authenticator.get(request_options(one.expected, 1), own_origin, behaviour, random).value();
    one.response = parse_authentication_response(got).value();
    return one;
  }
};

}  // namespace

Ceremonies own_ceremonies() {
  const RepeatableOpenssl same_keys;
  Ceremonies out;
  Maker maker;
  for (const MadeKind& kind : kinds) {
    Registration one = maker.registration(kind);
    const auto verified = verify_registration(one.expected, one.response, nullptr);
    if (verified) out.assertions.push_back(maker.assertion(one, verified->record()));
    out.registrations.push_back(std::move(one));
  }
  return out;
}

}  // namespace tegata::mutation
