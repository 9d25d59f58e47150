#include "rp/server/keys/key_material.h"

#include <filesystem>

#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/pass/errors.h"
#include "rp/server/config/errors.h"

namespace tegata::server::keys {
namespace {

constexpr std::string_view in_file = "file:";
constexpr std::string_view in_token = "pkcs11:";

Result<pass::SigningKey> read_signing_key(const std::string& path) {
  const auto pem = host::read_private_file(path);
  if (!pem && pem.error().code() == errors::file_open_to_others) return pem.error();
  if (!pem) return Error(errors::signing_key_unusable, pem.error().detail());
  auto key = pass::SigningKey::parse_pem(*pem);
  if (!key) return Error(errors::signing_key_unusable, path + ": " + key.error().detail());
  return key;
}

// A draw in 2^32 is no secret number of the curve.
Result<std::string> draw_pem(Random& random) {
  auto pem = pass::signing_key_pem(random_bytes(random, 32));
  return pem ? pem : pass::signing_key_pem(random_bytes(random, 32));
}

}  // namespace

KeyMaterial::KeyMaterial(config::SigningKeysConfig config)
    : config_(std::move(config)),
      refused_(std::make_shared<RefusedPin>(config_.module + " " + config_.token,
                                            (std::filesystem::path(config_.directory) / "refused-pin").string())) {}

bool KeyMaterial::is_in_token(const std::string& material) { return material.starts_with(in_token); }

std::optional<std::string> KeyMaterial::refused_pin() const { return refused_->current(); }

Result<MadeKey> KeyMaterial::make(Random& random, Instant now) {
  return config_.in_token() ? make_in_token(random, now) : make_file(random, now);
}

Result<MadeKey> KeyMaterial::make_file(Random& random, Instant now) {
  TEGATA_ASSIGN(const std::string pem, draw_pem(random));
  TEGATA_ASSIGN(auto key, pass::SigningKey::parse_pem(pem));
  const std::string name = "signing-" + japan_date(now) + "-" + key.kid().substr(0, 12) + ".key";
  MadeKey made{std::move(key), std::string(in_file) + name};
  TEGATA_TRY(host::make_private_directory(config_.directory));
  TEGATA_TRY(host::write_private_file(path_of(made.material), pem, true));
  return made;
}

Result<MadeKey> KeyMaterial::make_in_token(Random& random, Instant now) {
  TEGATA_ASSIGN(const auto device, token());
  const std::string label = "tegata-" + japan_date(now) + "-" + hex(random_bytes(random, 6));
  TEGATA_ASSIGN(const Json jwk, device->make_key(label));
  TEGATA_ASSIGN(auto key, load_from_token(label, jwk));
  return MadeKey{std::move(key), std::string(in_token) + label};
}

void KeyMaterial::discard(const MadeKey& made) {
  std::error_code ignored;
  if (made.material.starts_with(in_file)) std::filesystem::remove(path_of(made.material), ignored);
  // One that stays signs nothing: nobody has published it.
  if (made.material.starts_with(in_token) && token_) {
    (void)token_->destroy_key(made.material.substr(in_token.size()));
  }
}

Result<pass::SigningKey> KeyMaterial::load(const std::string& material, const Json& public_jwk) {
  if (material.starts_with(in_token)) return load_from_token(material.substr(in_token.size()), public_jwk);
  TEGATA_ASSIGN(const auto expected, pass::SigningKey::parse_jwk(public_jwk));
  TEGATA_ASSIGN(auto key, load_file(material));
  if (key.kid() != expected.kid()) {
    return Error(errors::signing_key_unusable, material + " holds another key than " + expected.kid());
  }
  return key;
}

Result<pass::SigningKey> KeyMaterial::load_file(const std::string& material) {
  if (!material.starts_with(in_file)) return Error(errors::signing_key_unusable, "no such place: " + material);
  return read_signing_key(path_of(material));
}

Status KeyMaterial::verify_file(const std::string& material) const {
  if (material.starts_with(in_file)) TEGATA_TRY(host::verify_private_file(path_of(material)));
  return {};
}

Result<pass::SigningKey> KeyMaterial::load_from_token(const std::string& label, const Json& public_jwk) {
  TEGATA_ASSIGN(const auto device, token());
  const auto signer = [device, label](const Digest& digest) -> Result<Bytes> {
    auto signature = device->sign(label, digest);
    if (!signature) return Error(errors::jws_signing_failed, signature.error().detail());
    return signature;
  };
  TEGATA_ASSIGN(auto key, pass::SigningKey::parse_jwk(public_jwk, signer));
  // Whether it is there, and the one that we think it is.
  constexpr std::string_view trial = "tegata signs";
  TEGATA_ASSIGN(const Bytes signature, key.sign(as_bytes(trial)));
  if (!key.verify(as_bytes(trial), signature)) {
    return Error(errors::signing_key_unusable, label + " is another key than " + key.kid());
  }
  return key;
}

Result<std::shared_ptr<Pkcs11Token>> KeyMaterial::token() {
  if (!config_.in_token()) return Error(errors::pkcs11_unusable, "[signing_keys] names no module");
  if (!token_) {
    TEGATA_ASSIGN(token_, Pkcs11Token::open({config_.module, config_.token, config_.pin_file}, refused_));
  }
  return token_;
}

std::string KeyMaterial::path_of(const std::string& material) const {
  return (std::filesystem::path(config_.directory) / material.substr(in_file.size())).string();
}

Result<MadeKey> first_key(const config::Config& config) {
  if (config.signing_key.empty()) {
    return Error(errors::signing_key_unusable, "there is no key yet: make one with `tegata key rotate`");
  }
  TEGATA_ASSIGN(auto key, read_signing_key(config.signing_key));
  return MadeKey{std::move(key), std::string(in_file) + config.signing_key};
}

}  // namespace tegata::server::keys
