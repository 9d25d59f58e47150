#include "tests/mutation/libfido2_assertion.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>

#include "rp/webauthn/wire/authenticator_data.h"
#include "rp/webauthn/wire/cbor.h"

namespace tegata::mutation {
namespace {

using namespace webauthn;

struct AssertRelease {
  void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
};
using AssertPtr = std::unique_ptr<fido_assert_t, AssertRelease>;

Bytes joined(const webauthn::wire::Cbor& key, std::int64_t first, std::optional<std::int64_t> second) {
  Bytes out;
  for (const auto label : {std::optional(first), second}) {
    const auto item = label ? key.find(*label) : std::nullopt;
    const auto bytes = item ? item->byte_string() : std::nullopt;
    if (bytes) out.insert(out.end(), bytes->begin(), bytes->end());
  }
  return out;
}

template <typename Key, auto make, auto release, auto read>
std::shared_ptr<void> import(const Bytes& raw) {
  Key* key = make();
  const std::shared_ptr<void> owner(key, [](void* made) {
    auto* typed = static_cast<Key*>(made);
    release(&typed);
  });
  return read(key, raw.data(), raw.size()) == FIDO_OK ? owner : nullptr;
}

std::shared_ptr<void> import_key(std::int64_t algorithm, const webauthn::wire::Cbor& key) {
  switch (algorithm) {
    case COSE_ES256:
      return import <es256_pk_t, es256_pk_new, es256_pk_free, es256_pk_from_ptr>(joined(key, -2, -3));
    case COSE_ES384:
      return import <es384_pk_t, es384_pk_new, es384_pk_free, es384_pk_from_ptr>(joined(key, -2, -3));
    case COSE_EDDSA:
      return import <eddsa_pk_t, eddsa_pk_new, eddsa_pk_free, eddsa_pk_from_ptr>(joined(key, -2, {}));
    case COSE_RS256:
      return import <rs256_pk_t, rs256_pk_new, rs256_pk_free, rs256_pk_from_ptr>(joined(key, -1, -2));
    default:
      return nullptr;
  }
}

// libfido2 insists on being told which extension outputs came.
int extension_mask(ByteView authenticator_data) {
  const auto data = webauthn::wire::parse_authenticator_data(authenticator_data);
  int mask = 0;
  if (!data || !data->extensions) return mask;
  if (data->extensions->find("hmac-secret")) mask |= FIDO_EXT_HMAC_SECRET;
  if (data->extensions->find("credBlob")) mask |= FIDO_EXT_CRED_BLOB;
  return mask;
}

bool fill(fido_assert_t* assertion, const ExpectedAuthentication& expected, const AuthenticationResponse& response) {
  const Digest hash = sha256(response.client_data_json);
  const Bytes &data = response.authenticator_data, &signature = response.signature;
  return fido_assert_set_count(assertion, 1) == FIDO_OK &&
         fido_assert_set_rp(assertion, expected.rp_id.c_str()) == FIDO_OK &&
         fido_assert_set_clientdata_hash(assertion, hash.data(), hash.size()) == FIDO_OK &&
         fido_assert_set_extensions(assertion, extension_mask(data)) == FIDO_OK &&
         fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
         fido_assert_set_authdata_raw(assertion, 0, data.data(), data.size()) == FIDO_OK &&
         fido_assert_set_sig(assertion, 0, signature.data(), signature.size()) == FIDO_OK;
}

}  // namespace

std::string libfido2_assertion_opinion(const ExpectedAuthentication& expected, const AuthenticationResponse& response,
                                       ByteView cose_key) {
  const auto map = webauthn::wire::Cbor::scan(cose_key);
  const auto item = map ? map->find(3) : std::nullopt;
  const std::int64_t algorithm = item ? item->integer().value_or(0) : 0;
  const auto key = map ? import_key(algorithm, *map) : nullptr;
  const AssertPtr assertion(fido_assert_new());
  if (!key || !assertion || !fill(assertion.get(), expected, response)) return "not_comparable";
  const int answer = fido_assert_verify(assertion.get(), 0, static_cast<int>(algorithm), key.get());
  if (answer == FIDO_OK) return "agreed";
  return answer == FIDO_ERR_INVALID_SIG ? "refuted" : "not_comparable";
}

}  // namespace tegata::mutation
