#include "rp/sandbox/security_key.h"

#include <algorithm>
#include <array>

#include "rp/base/errors.h"
#include "rp/sandbox/authenticator_client.h"
#include "rp/sandbox/authenticator_errors.h"
#include "rp/sandbox/errors.h"
#include "rp/webauthn/cbor.h"

namespace tegata::sandbox {
namespace {

struct FreeCredential {
  void operator()(fido_cred_t* credential) const { fido_cred_free(&credential); }
};
using Credential = std::unique_ptr<fido_cred_t, FreeCredential>;
struct FreeAssertion {
  void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
};
using Assertion = std::unique_ptr<fido_assert_t, FreeAssertion>;

constexpr std::array known_to_libfido2{COSE_ES256, COSE_ES384, COSE_EDDSA, COSE_RS256};
// What plugs in answers at once; a person may take their time.
constexpr int open_timeout_ms = 5'000, touch_timeout_ms = 60'000;
constexpr std::size_t aaguid_at = 37, aaguid_size = 16;  // in authenticator data (webauthn-3 6.1)

Bytes bytes(const unsigned char* start, std::size_t size) { return start ? Bytes(start, start + size) : Bytes(); }

fido_opt_t option(bool value) { return value ? FIDO_OPT_TRUE : FIDO_OPT_OMIT; }

Status all_ok(std::initializer_list<int> answers) {
  const auto* const wrong = std::ranges::find_if(answers, [](int answer) { return answer != FIDO_OK; });
  if (wrong == answers.end()) return {};
  return Error(errors::internal, std::string("libfido2: ") + fido_strerr(*wrong));
}

Error refusal(int answer) {
  if (answer == FIDO_ERR_CREDENTIAL_EXCLUDED) return Error(errors::authenticator_excluded, "the key is bound already");
  if (answer == FIDO_ERR_NO_CREDENTIALS)
    return Error(errors::authenticator_no_credential, "the key holds none that would do: enroll it first");
  if (answer == FIDO_ERR_UNSUPPORTED_ALGORITHM) return Error(errors::authenticator_algorithm_unsupported);
  return Error(errors::security_key_refused, std::string("the key answered ") + fido_strerr(answer));
}

Result<std::vector<int>> asked_algorithms(const Json& options) {
  std::vector<int> algorithms;
  for (const Json& parameter : options.value("pubKeyCredParams", Json::array())) {
    TEGATA_ASSIGN(const std::int64_t algorithm, json_integer(parameter, "alg"));
    const auto* const known = std::ranges::find(known_to_libfido2, algorithm);
    if (known != known_to_libfido2.end()) algorithms.push_back(*known);
  }
  return algorithms;
}

bool wants_resident_key(const Json& options) {
  const Json selection = options.value("authenticatorSelection", Json::object());
  const std::string asked = selection.value("residentKey", "discouraged");
  return asked == "required" || asked == "preferred";
}

Result<Credential> new_request(const Json& options, const std::string& origin, const Digest& client_data_hash,
                               bool verify_user, int algorithm) {
  TEGATA_ASSIGN(const Json rp, json_object(options, "rp"));
  TEGATA_ASSIGN(const Json user, json_object(options, "user"));
  TEGATA_ASSIGN(const auto rp_id, json_optional_string(rp, "id"));
  TEGATA_ASSIGN(const auto rp_name, json_string(rp, "name"));
  TEGATA_ASSIGN(const Bytes user_id, json_base64url(user, "id"));
  TEGATA_ASSIGN(const auto user_name, json_string(user, "name"));
  TEGATA_ASSIGN(const auto display_name, json_string(user, "displayName"));
  TEGATA_ASSIGN(const auto excluded, descriptor_ids(options, "excludeCredentials"));
  Credential request(fido_cred_new());
  fido_cred_t* raw = request.get();
  TEGATA_TRY(
      all_ok({fido_cred_set_type(raw, algorithm), fido_cred_set_uv(raw, option(verify_user)),
              fido_cred_set_clientdata_hash(raw, client_data_hash.data(), client_data_hash.size()),
              fido_cred_set_rp(raw, rp_id.value_or(host_of(origin)).c_str(), rp_name.c_str()),
              fido_cred_set_user(raw, user_id.data(), user_id.size(), user_name.c_str(), display_name.c_str(), nullptr),
              fido_cred_set_rk(raw, option(wants_resident_key(options)))}));
  for (const Bytes& id : excluded) TEGATA_TRY(all_ok({fido_cred_exclude(raw, id.data(), id.size())}));
  return request;
}

// As a browser hands it on: who was not asked to vouch for the key does not say what model it is (webauthn-3 5.1.3).
Json registration(const fido_cred_t* made, const Json& options, const std::string& client_data) {
  Bytes data = bytes(fido_cred_authdata_raw_ptr(made), fido_cred_authdata_raw_len(made));
  Bytes statement = bytes(fido_cred_attstmt_ptr(made), fido_cred_attstmt_len(made));
  std::string format = fido_cred_fmt(made);
  if (options.value("attestation", "none") == "none" && data.size() >= aaguid_at + aaguid_size) {
    format = "none";
    statement = {0xa0};  // an empty map
    std::fill_n(data.begin() + aaguid_at, aaguid_size, std::uint8_t{0});
  }
  return registration_json(bytes(fido_cred_id_ptr(made), fido_cred_id_len(made)), client_data,
                           attestation_object_cbor(format, statement, data), data, fido_cred_type(made));
}

Result<Json> authentication(const fido_assert_t* made, const std::vector<Bytes>& allowed,
                            const std::string& client_data) {
  // Of several, the newest comes first (CTAP 2.1, 6.2.2). libfido2 keeps authenticator data as the byte string it was.
  const Bytes encoded = bytes(fido_assert_authdata_ptr(made, 0), fido_assert_authdata_len(made, 0));
  TEGATA_ASSIGN(const auto item, webauthn::Cbor::scan(encoded));
  const Bytes data = to_bytes(item.byte_string().value_or(ByteView()));
  Bytes id = bytes(fido_assert_id_ptr(made, 0), fido_assert_id_len(made, 0));
  if (id.empty() && allowed.size() == 1) id = allowed.front();  // then a key need not say which
  Json json =
      authentication_json(id, client_data, data, bytes(fido_assert_sig_ptr(made, 0), fido_assert_sig_len(made, 0)));
  const Bytes user = bytes(fido_assert_user_id_ptr(made, 0), fido_assert_user_id_len(made, 0));
  if (!user.empty()) json["response"]["userHandle"] = base64url(user);
  return json;
}

}  // namespace

void SecurityKey::Close::operator()(fido_dev_t* device) const {
  fido_dev_close(device);
  fido_dev_free(&device);
}

Result<SecurityKey> SecurityKey::open(const std::string& path, KeyPrompts prompts) {
  fido_init(0);
  Device device(fido_dev_new());
  fido_dev_set_timeout(device.get(), open_timeout_ms);
  if (fido_dev_open(device.get(), path.c_str()) != FIDO_OK) {
    return Error(errors::security_key_unreachable,
                 path + " is no security key, or you may not open it, or another program has it");
  }
  if (!fido_dev_is_fido2(device.get())) {
    return Error(errors::security_key_unreachable, path + " is an older key, without FIDO2");
  }
  fido_dev_set_timeout(device.get(), touch_timeout_ms);
  return SecurityKey(std::move(device), std::move(prompts));
}

std::string SecurityKey::pin_trouble() const {
  int left = 0;
  if (fido_dev_get_retry_count(device_.get(), &left) != FIDO_OK) return "wrong PIN";
  return "wrong PIN; " + std::to_string(left) + " tries left before the key locks itself";
}

Status SecurityKey::with_user(bool verify_user, const std::function<int(const char* pin)>& ceremony) {
  const bool by_pin = verify_user && !fido_dev_has_uv(device_.get());
  if (by_pin && !fido_dev_has_pin(device_.get())) {
    return Error(errors::security_key_cannot_verify, "the key has no reader of its own and no PIN: set one first");
  }
  for (std::string trouble;; trouble = pin_trouble()) {
    std::string pin;
    if (by_pin) {
      TEGATA_ASSIGN(pin, prompts_.pin(trouble));
    }
    prompts_.touch();
    const int answer = ceremony(by_pin ? pin.c_str() : nullptr);
    if (answer == FIDO_OK) return {};
    if (!by_pin || answer != FIDO_ERR_PIN_INVALID) return refusal(answer);
  }
}

Result<Json> SecurityKey::create(const Json& options, const std::string& origin, bool verify_user) {
  TEGATA_TRY(json_base64url(options, "challenge"));
  const std::string client_data = make_client_data("webauthn.create", options, origin);
  TEGATA_ASSIGN(const auto algorithms, asked_algorithms(options));
  std::vector<Credential> requests;  // libfido2 offers a key one algorithm at a time
  for (const int algorithm : algorithms) {
    TEGATA_ASSIGN(requests.emplace_back(), new_request(options, origin, sha256(client_data), verify_user, algorithm));
  }
  const fido_cred_t* made = nullptr;
  TEGATA_TRY(with_user(verify_user, [&](const char* pin) {
    int answer = FIDO_ERR_UNSUPPORTED_ALGORITHM;
    for (const Credential& request : requests) {
      made = request.get();
      answer = fido_dev_make_cred(device_.get(), request.get(), pin);
      if (answer != FIDO_ERR_UNSUPPORTED_ALGORITHM) break;
    }
    return answer;
  }));
  return registration(made, options, client_data);
}

Result<Json> SecurityKey::get(const Json& options, const std::string& origin, bool verify_user) {
  TEGATA_TRY(json_base64url(options, "challenge"));
  TEGATA_ASSIGN(const auto rp_id, json_optional_string(options, "rpId"));
  TEGATA_ASSIGN(const auto allowed, descriptor_ids(options, "allowCredentials"));
  const std::string client_data = make_client_data("webauthn.get", options, origin);
  const Digest hash = sha256(client_data);
  const Assertion request(fido_assert_new());
  TEGATA_TRY(all_ok({fido_assert_set_clientdata_hash(request.get(), hash.data(), hash.size()),
                     fido_assert_set_rp(request.get(), rp_id.value_or(host_of(origin)).c_str()),
                     fido_assert_set_uv(request.get(), option(verify_user))}));
  for (const Bytes& id : allowed) TEGATA_TRY(all_ok({fido_assert_allow_cred(request.get(), id.data(), id.size())}));
  TEGATA_TRY(
      with_user(verify_user, [&](const char* pin) { return fido_dev_get_assert(device_.get(), request.get(), pin); }));
  return authentication(request.get(), allowed, client_data);
}

}  // namespace tegata::sandbox
