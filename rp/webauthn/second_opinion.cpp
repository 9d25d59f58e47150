// libfido2 as the second verifier. It sees only what our own scanner has passed: by itself it would
// allocate whatever length a stranger declares.
#include <fido.h>

#include <algorithm>
#include <array>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/registration.h"
#include "rp/webauthn/wire/openssl.h"

namespace tegata::webauthn {
namespace {

struct CredRelease {
  void operator()(fido_cred_t* cred) const { fido_cred_free(&cred); }
};
using CredPtr = std::unique_ptr<fido_cred_t, CredRelease>;

struct Extension {
  std::string_view name;
  int bit;
};
constexpr std::array extensions_known_to_libfido2{
    Extension{"hmac-secret", FIDO_EXT_HMAC_SECRET},    Extension{"credProtect", FIDO_EXT_CRED_PROTECT},
    Extension{"largeBlobKey", FIDO_EXT_LARGEBLOB_KEY}, Extension{"credBlob", FIDO_EXT_CRED_BLOB},
    Extension{"minPinLength", FIDO_EXT_MINPINLEN},
};

// The value of an extension output that is a small number; 0 if it is not there or something else.
std::size_t number_of(const wire::AuthenticatorData& data, std::string_view name) {
  const auto output = data.extensions->find(name);
  return static_cast<std::size_t>(std::max<std::int64_t>(output ? output->integer().value_or(0) : 0, 0));
}

// libfido2 insists on being told what came, values included, and refuses what nobody asked for.
bool tell_extensions(fido_cred_t* cred, const wire::AuthenticatorData& data) {
  if (!data.extensions) return true;
  int mask = 0;
  for (const auto& extension : extensions_known_to_libfido2) {
    if (data.extensions->find(extension.name)) mask |= extension.bit;
  }
  const std::size_t protection = number_of(data, "credProtect"), pin_length = number_of(data, "minPinLength");
  return fido_cred_set_extensions(cred, mask) == FIDO_OK &&
         (protection == 0 ||
          fido_cred_set_prot(cred, static_cast<int>(std::min<std::size_t>(protection, 4))) == FIDO_OK) &&
         (pin_length == 0 || fido_cred_set_pin_minlen(cred, pin_length) == FIDO_OK);
}

bool fill(fido_cred_t* cred, const ExpectedRegistration& expected, const RegistrationResponse& response,
          const attestation::AttestationObject& object, const wire::AuthenticatorData& data, std::int64_t algorithm) {
  const Digest hash = sha256(response.client_data_json);
  const ByteView statement = object.statement.encoded();
  return fido_cred_set_type(cred, static_cast<int>(algorithm)) == FIDO_OK &&
         fido_cred_set_rp(cred, expected.rp_id.c_str(), nullptr) == FIDO_OK &&
         fido_cred_set_clientdata_hash(cred, hash.data(), hash.size()) == FIDO_OK && tell_extensions(cred, data) &&
         fido_cred_set_uv(cred, data.user_verified ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) == FIDO_OK &&
         fido_cred_set_fmt(cred, std::string(object.format).c_str()) == FIDO_OK &&
         fido_cred_set_authdata_raw(cred, object.authenticator_data.data(), object.authenticator_data.size()) ==
             FIDO_OK &&
         fido_cred_set_attstmt(cred, statement.data(), statement.size()) == FIDO_OK;
}

// libfido2 answers FIDO_ERR_INVALID_SIG for an algorithm that it does not know, too. So this is decided here.
bool knows(std::int64_t algorithm) {
  constexpr std::array known{wire::cose::es256, wire::cose::es384, wire::cose::eddsa, wire::cose::rs256};
  return std::ranges::find(known, algorithm) != known.end();
}

// What a statement was signed with; fido-u2f does not say, because it has no choice.
std::int64_t statement_algorithm(const attestation::AttestationObject& object) {
  const auto item = object.statement.find("alg");
  return item ? item->integer().value_or(0) : object.format == "fido-u2f" ? wire::cose::es256 : 0;
}

bool is_comparable(const attestation::AttestationObject& object, std::int64_t credential_algorithm) {
  const std::int64_t algorithm = statement_algorithm(object);
  if (object.format == "packed") return knows(credential_algorithm) && knows(algorithm);
  if (object.format == "fido-u2f") return credential_algorithm == wire::cose::es256;
  return object.format == "tpm" && credential_algorithm == wire::cose::rs256 && algorithm == wire::cose::rs1;
}

std::string opinion(int answer) {
  if (answer == FIDO_OK) return "agreed";
  return answer == FIDO_ERR_INVALID_SIG ? "refuted" : "not_comparable";
}

}  // namespace

std::string libfido2_second_opinion(const ExpectedRegistration& expected, const RegistrationResponse& response) {
  const ErrorScope errors_stay_here;
  const auto object = attestation::parse_attestation_object(response.attestation_object);
  if (!object) return "not_comparable";
  const auto data = wire::parse_authenticator_data(object->authenticator_data);
  if (!data || !data->attested) return "not_comparable";
  const auto key = wire::SignatureKey::parse_cose(data->attested->public_key);
  if (!key || !is_comparable(*object, key->algorithm())) return "not_comparable";
  const CredPtr cred(fido_cred_new());
  if (!cred || !fill(cred.get(), expected, response, *object, *data, key->algorithm())) return "not_comparable";
  const bool certified = object->statement.find("x5c").has_value();
  return opinion(certified ? fido_cred_verify(cred.get()) : fido_cred_verify_self(cred.get()));
}

}  // namespace tegata::webauthn
