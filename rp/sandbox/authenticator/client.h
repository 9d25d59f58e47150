// The browser's half of a ceremony: what it makes of the options, and of what an authenticator answers.
#pragma once

#include "rp/sandbox/authenticator/authenticator.h"

namespace tegata::sandbox::authenticator {

// clientDataJSON. `type`: "webauthn.create" or "webauthn.get".
std::string make_client_data(const char* type, const Json& options, const std::string& origin,
                             const Behaviour& behaviour = {});

// The RP ID where the options name none: the host of the origin.
std::string host_of(const std::string& origin);

// The IDs in excludeCredentials or allowCredentials. Errors: json_*, base64url_malformed.
Result<std::vector<Bytes>> descriptor_ids(const Json& options, const char* name);

// The attestation object (webauthn-3 6.5.4). `statement`: CBOR.
Bytes attestation_object_cbor(const std::string& format, ByteView statement, ByteView authenticator_data);

// RegistrationResponseJSON, AuthenticationResponseJSON, of the authenticator that the phone has inside.
Json registration_json(const Bytes& id, const std::string& client_data, const Bytes& attestation_object,
                       const Bytes& authenticator_data, std::int64_t algorithm);
Json authentication_json(const Bytes& id, const std::string& client_data, const Bytes& authenticator_data,
                         const Bytes& signature);

}  // namespace tegata::sandbox::authenticator
