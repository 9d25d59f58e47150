// WebAuthn Level 3 section 7.2, verifying an authentication assertion. Pure.
#pragma once

#include "rp/webauthn/registration.h"

namespace tegata::webauthn {

struct ExpectedAuthentication {
  std::string rp_id;
  std::vector<std::string> origins;
  Bytes challenge;
  wire::Policy policy;
  std::vector<std::string> top_origins;
  std::vector<std::string> extensions;   // identifiers that were asked for
  std::vector<Bytes> allow_credentials;  // empty: discoverable
  std::vector<std::string> hints;        // a wish
};

// An AuthenticationResponseJSON: parsed, typed, bounded, not judged.
struct AuthenticationResponse {
  Bytes id;
  Bytes client_data_json;
  Bytes authenticator_data;
  Bytes signature;
  std::optional<Bytes> user_handle;
  std::string authenticator_attachment;
  Json client_extension_results = Json::object();
};
Result<AuthenticationResponse> parse_authentication_response(const Json& json);

// A COSE public key, checked and imported once; keep it, importing costs as much as verifying.
class PublicKey {
 public:
  static Result<PublicKey> parse(ByteView cose_key);
  std::int64_t algorithm() const;
  // Whether `signature` over `message` is right; false for malformed signatures too.
  bool verify(ByteView message, ByteView signature) const;

 private:
  struct Key;
  explicit PublicKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

// Made by verify_authentication alone.
class VerifiedAuthentication {
 public:
  const Bytes& credential_id() const { return credential_id_; }
  std::uint32_t sign_count() const { return sign_count_; }
  bool user_verified() const { return user_verified_; }
  bool backup_state() const { return backup_state_; }
  bool counter_went_back() const { return counter_went_back_; }  // under CounterPolicy::signal

 private:
  friend class AuthenticationVerifier;
  VerifiedAuthentication() = default;
  Bytes credential_id_;
  std::uint32_t sign_count_ = 0;
  bool user_verified_ = false, backup_state_ = false, counter_went_back_ = false;
};

// `owner_user_handle` is the user handle of the person to whom the record belongs. In a discoverable ceremony
// (allow_credentials empty) the response must carry it.
Result<VerifiedAuthentication> verify_authentication(const ExpectedAuthentication&, const AuthenticationResponse&,
                                                     const CredentialRecord&, ByteView owner_user_handle,
                                                     const PublicKey& key);

}  // namespace tegata::webauthn
