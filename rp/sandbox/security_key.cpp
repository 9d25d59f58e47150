#include "rp/sandbox/security_key.h"

#include <algorithm>
#include <array>

#include "rp/base/errors.h"
#include "rp/sandbox/authenticator/cbor.h"
#include "rp/sandbox/authenticator/client.h"
#include "rp/sandbox/authenticator/errors.h"
#include "rp/sandbox/errors.h"
#include "rp/webauthn/wire/cbor.h"

namespace tegata::sandbox {
namespace {

template <auto release>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    release(&object);
  }
};
using Credential = std::unique_ptr<fido_cred_t, Free<fido_cred_free>>;
using Assertion = std::unique_ptr<fido_assert_t, Free<fido_assert_free>>;
using Information = std::unique_ptr<fido_cbor_info_t, Free<fido_cbor_info_free>>;

constexpr std::array known_to_libfido2{COSE_ES256, COSE_ES384, COSE_EDDSA, COSE_RS256};
// What plugs in answers at once; a person may take their time.
constexpr int open_timeout_ms = 5'000, touch_timeout_ms = 60'000;

struct Words {
  int answer;
  const char* words;
};
constexpr const char* not_touched = "nobody touched the key in time, or it was pulled out";
constexpr std::array words_of_keys{
    Words{FIDO_ERR_RX, not_touched},
    Words{FIDO_ERR_TX, not_touched},
    Words{FIDO_ERR_USER_ACTION_TIMEOUT, not_touched},
    Words{FIDO_ERR_ACTION_TIMEOUT, not_touched},
    Words{FIDO_ERR_PIN_AUTH_BLOCKED, "three wrong PINs: pull the key out and plug it in again"},
    Words{FIDO_ERR_PIN_BLOCKED, "too many wrong PINs: only a reset helps, which deletes all that the key holds"},
    Words{FIDO_ERR_PIN_REQUIRED, "the key does nothing without verifying its person: leave out --no-uv"},
    Words{FIDO_ERR_UV_INVALID, "the key's reader did not know you"},
    Words{FIDO_ERR_UV_BLOCKED, "the key's reader is blocked, and there is no PIN to open it"},
    Words{FIDO_ERR_KEY_STORE_FULL, "the key has no room left"},
};

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
  const auto* const known = std::ranges::find(words_of_keys, answer, &Words::answer);
  const std::string words = known == words_of_keys.end() ? "the key says no" : known->words;
  return Error(errors::security_key_refused, words + " (" + fido_strerr(answer) + ")");
}

// Where a reader fails, a PIN may do.
bool is_of_reader(int answer) {
  return answer == FIDO_ERR_UV_INVALID || answer == FIDO_ERR_UV_BLOCKED || answer == FIDO_ERR_PIN_REQUIRED;
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

// What the key says that it can; ES256 for one that does not say, because it is older than CTAP 2.1.
std::vector<int> algorithms_of(fido_dev_t* device) {
  const Information information(fido_cbor_info_new());
  std::vector<int> algorithms;
  if (fido_dev_get_cbor_info(device, information.get()) == FIDO_OK) {
    for (std::size_t i = 0; i < fido_cbor_info_algorithm_count(information.get()); ++i) {
      algorithms.push_back(fido_cbor_info_algorithm_cose(information.get(), i));
    }
  }
  return algorithms.empty() ? std::vector<int>{COSE_ES256} : algorithms;
}

// The first that is asked for and that the key knows: libfido2 offers it one alone.
Result<int> choose_algorithm(const Json& options, fido_dev_t* device) {
  TEGATA_ASSIGN(const auto asked, asked_algorithms(options));
  const auto found = std::ranges::find_first_of(asked, algorithms_of(device));
  if (found == asked.end()) return Error(errors::authenticator_algorithm_unsupported);
  return *found;
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
  TEGATA_ASSIGN(const auto excluded, authenticator::descriptor_ids(options, "excludeCredentials"));
  Credential request(fido_cred_new());
  fido_cred_t* raw = request.get();
  TEGATA_TRY(
      all_ok({fido_cred_set_type(raw, algorithm), fido_cred_set_uv(raw, option(verify_user)),
              fido_cred_set_clientdata_hash(raw, client_data_hash.data(), client_data_hash.size()),
              fido_cred_set_rp(raw, rp_id.value_or(authenticator::host_of(origin)).c_str(), rp_name.c_str()),
              fido_cred_set_user(raw, user_id.data(), user_id.size(), user_name.c_str(), display_name.c_str(), nullptr),
              fido_cred_set_rk(raw, option(wants_resident_key(options)))}));
  for (const Bytes& id : excluded) TEGATA_TRY(all_ok({fido_cred_exclude(raw, id.data(), id.size())}));
  return request;
}

// As a browser hands it on: a key that was not asked to vouch for its credential does not (webauthn-3 5.1.3).
Json registration(const fido_cred_t* made, const Json& options, const std::string& client_data) {
  const bool vouches = options.value("attestation", "none") != "none";
  const Bytes data = bytes(fido_cred_authdata_raw_ptr(made), fido_cred_authdata_raw_len(made));
  const Bytes statement = vouches ? bytes(fido_cred_attstmt_ptr(made), fido_cred_attstmt_len(made))
                                  : authenticator::CborWriter().map(0).out();
  return authenticator::registration_json(
      bytes(fido_cred_id_ptr(made), fido_cred_id_len(made)), client_data,
      authenticator::attestation_object_cbor(vouches ? fido_cred_fmt(made) : "none", statement, data), data,
      fido_cred_type(made));
}

Result<Json> authentication(const fido_assert_t* made, const std::string& client_data) {
  // Of several, the newest comes first (CTAP 2.1, 6.2.2). libfido2 keeps authenticator data as the byte string it was.
  const Bytes encoded = bytes(fido_assert_authdata_ptr(made, 0), fido_assert_authdata_len(made, 0));
  TEGATA_ASSIGN(const auto item, webauthn::wire::Cbor::scan(encoded));
  Json json = authenticator::authentication_json(bytes(fido_assert_id_ptr(made, 0), fido_assert_id_len(made, 0)),
                                                 client_data, to_bytes(item.byte_string().value_or(ByteView())),
                                                 bytes(fido_assert_sig_ptr(made, 0), fido_assert_sig_len(made, 0)));
  const Bytes user = bytes(fido_assert_user_id_ptr(made, 0), fido_assert_user_id_len(made, 0));
  if (!user.empty()) json["response"]["userHandle"] = base64url(user);
  return json;
}

}  // namespace

void SecurityKey::Close::operator()(fido_dev_t* device) const {
  fido_dev_close(device);
  fido_dev_free(&device);
}

Result<SecurityKey> SecurityKey::open(const std::string& path, bool verify_user, KeyPrompts prompts) {
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
  if (verify_user && !fido_dev_has_uv(device.get()) && !fido_dev_has_pin(device.get())) {
    return Error(errors::security_key_cannot_verify,
                 "the key has no reader of its own and no PIN: set one first, with fido2-token -S " + path);
  }
  fido_dev_set_timeout(device.get(), touch_timeout_ms);
  return SecurityKey(std::move(device), verify_user, std::move(prompts));
}

std::string SecurityKey::pin_trouble() const {
  int left = 0;
  if (fido_dev_get_retry_count(device_.get(), &left) != FIDO_OK) return "wrong PIN";
  return "wrong PIN; " + std::to_string(left) + " tries left before the key locks itself";
}

Status SecurityKey::with_user(const std::function<int(const char* pin)>& ceremony) {
  bool by_pin = verify_user_ && !fido_dev_has_uv(device_.get());
  std::string trouble;
  for (;;) {
    std::string pin;
    if (by_pin) {
      TEGATA_ASSIGN(pin, prompts_.pin(trouble));
    }
    prompts_.touch();
    const int answer = ceremony(by_pin ? pin.c_str() : nullptr);
    if (answer == FIDO_OK) return {};
    if (by_pin && answer == FIDO_ERR_PIN_INVALID) {
      trouble = pin_trouble();
    } else if (verify_user_ && !by_pin && is_of_reader(answer) && fido_dev_has_pin(device_.get())) {
      by_pin = true;
      trouble = "the key's reader did not know you";
    } else {
      return refusal(answer);
    }
  }
}

Result<Json> SecurityKey::create(const Json& options, const std::string& origin) {
  TEGATA_TRY(json_base64url(options, "challenge"));
  TEGATA_ASSIGN(const int algorithm, choose_algorithm(options, device_.get()));
  const std::string client_data = authenticator::make_client_data("webauthn.create", options, origin);
  TEGATA_ASSIGN(const Credential made, new_request(options, origin, sha256(client_data), verify_user_, algorithm));
  TEGATA_TRY(with_user([&](const char* pin) { return fido_dev_make_cred(device_.get(), made.get(), pin); }));
  return registration(made.get(), options, client_data);
}

Result<Json> SecurityKey::get(const Json& options, const std::string& origin) {
  TEGATA_TRY(json_base64url(options, "challenge"));
  TEGATA_ASSIGN(const auto rp_id, json_optional_string(options, "rpId"));
  TEGATA_ASSIGN(const auto allowed, authenticator::descriptor_ids(options, "allowCredentials"));
  const std::string client_data = authenticator::make_client_data("webauthn.get", options, origin);
  const Digest hash = sha256(client_data);
  const Assertion made(fido_assert_new());
  TEGATA_TRY(all_ok({fido_assert_set_clientdata_hash(made.get(), hash.data(), hash.size()),
                     fido_assert_set_rp(made.get(), rp_id.value_or(authenticator::host_of(origin)).c_str()),
                     fido_assert_set_uv(made.get(), option(verify_user_))}));
  for (const Bytes& id : allowed) TEGATA_TRY(all_ok({fido_assert_allow_cred(made.get(), id.data(), id.size())}));
  TEGATA_TRY(with_user([&](const char* pin) { return fido_dev_get_assert(device_.get(), made.get(), pin); }));
  return authentication(made.get(), client_data);
}

}  // namespace tegata::sandbox
