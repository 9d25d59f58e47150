// A relying party and a software authenticator that agree; each test then breaks one thing.
#pragma once

#include <catch2/catch.hpp>

#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/sandbox/authenticator/cbor.h"
#include "rp/webauthn/options.h"
#include "rp/webauthn/wire/errors.h"
#include "tests/support/still_world.h"

namespace tegata::webauthn::test {

using sandbox::authenticator::AttestationChoice;
using sandbox::authenticator::Behaviour;
using sandbox::authenticator::Lie;

inline std::string code_of(const Error& error) { return std::string(error.code().name()); }
template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "accepted" : code_of(result.error());
}

inline Bytes operator""_b(const char* text, std::size_t size) { return to_bytes(as_bytes({text, size})); }
inline Bytes from_hex(std::string_view text) { return parse_hex(text).value(); }

// An authenticator that is dishonest, or unusual, in one respect.
inline Behaviour lying(Lie lie) {
  Behaviour behaviour;
  behaviour.lie = lie;
  return behaviour;
}
inline Behaviour attesting(AttestationChoice attestation, std::optional<std::int64_t> algorithm = {}) {
  Behaviour behaviour;
  behaviour.attestation = attestation;
  behaviour.algorithm = algorithm;
  return behaviour;
}
inline Behaviour backed_up(bool eligible, bool state) {
  Behaviour behaviour;
  behaviour.backup_eligible = eligible;
  behaviour.backup_state = state;
  return behaviour;
}
inline Behaviour counting(std::uint32_t count) {
  Behaviour behaviour;
  behaviour.sign_count = count;
  return behaviour;
}
inline Behaviour extending(const Bytes& extensions) {
  Behaviour behaviour;
  behaviour.extensions = extensions;
  return behaviour;
}
// Authenticator data with something else in it, before it is signed.
inline Behaviour editing(std::function<void(Bytes& data)> edit) {
  Behaviour behaviour;
  behaviour.edit_authenticator_data = std::move(edit);
  return behaviour;
}
inline Behaviour signing(std::function<void(Bytes&)> edit) {
  Behaviour behaviour;
  behaviour.edit_signature = std::move(edit);
  return behaviour;
}
inline constexpr std::size_t flags_at = 32, attested_at = 37, credential_length_at = 53, credential_id_at = 55;

struct Sample {
  Sample() {
    registration.rp_id = authentication.rp_id = "localhost";
    registration.origins = authentication.origins = {origin};
    registration.policy = authentication.policy = wire::standard_policy();
    registration.policy.backup_eligible_allowed = false;
    registration.challenge = random_bytes(random, 32);
    registration.now = tegata::test::still_moment;
    authentication.challenge = random_bytes(random, 32);
  }

  Json create(const Behaviour& behaviour = {}) {
    const CreationUser user{user_handle, "kensho", "検証 太郎"};
    const Json options = creation_options(registration, "検証機関", user, {}, "direct", 300'000);
    return authenticator.create(options, origin, behaviour, random).value();
  }
  Json get(const Behaviour& behaviour = {}) {
    return authenticator.get(request_options(authentication, 300'000), origin, behaviour, random).value();
  }

  Result<VerifiedRegistration> verify_created(const Json& json) {
    TEGATA_ASSIGN(const RegistrationResponse response, parse_registration_response(json));
    return verify_registration(registration, response);
  }
  Result<VerifiedRegistration> enrol(const Behaviour& behaviour = {}) { return verify_created(create(behaviour)); }

  // Registers, and keeps the record for the authentications that follow.
  void bind(const Behaviour& behaviour = {}) {
    registration.policy.backup_eligible_allowed = behaviour.backup_eligible;
    const auto verified = enrol(behaviour);
    REQUIRE(code_of(verified) == "accepted");
    record = verified->record();
  }
  Result<VerifiedAuthentication> verify_got(const Json& json) {
    TEGATA_ASSIGN(const AuthenticationResponse response, parse_authentication_response(json));
    TEGATA_ASSIGN(const PublicKey key, PublicKey::parse(record.public_key));
    return verify_authentication(authentication, response, record, user_handle, key);
  }
  Result<VerifiedAuthentication> sign_in(const Behaviour& behaviour = {}) { return verify_got(get(behaviour)); }

  const std::string origin = "https://localhost:8443";
  const Bytes user_handle = "sample-user-handle"_b;
  tegata::test::RepeatableRandom random;
  sandbox::authenticator::Authenticator authenticator = sandbox::authenticator::Authenticator::make(random);
  ExpectedRegistration registration;
  ExpectedAuthentication authentication;
  CredentialRecord record;
};

}  // namespace tegata::webauthn::test
