// A software authenticator with its browser: PublicKeyCredentialCreationOptionsJSON in,
// RegistrationResponseJSON out, and the same for authentication. For tests and the software phone.
#pragma once

#include <functional>

#include "rp/base/json.h"
#include "rp/base/world.h"
#include "rp/sandbox/test_pki_issue.h"

namespace tegata::sandbox {

// One named way to be wrong; everything else about the answer stays right.
enum class Lie {
  nothing,
  challenge,
  origin,
  rp_id,
  no_uv,
  no_up,
  bogus_signature,
  type,
};
enum class AttestationChoice {
  none,
  packed_self,
  packed_x5c,
  fido_u2f,
  tpm,
  android_key,
  android_safetynet,
  apple,
  compound,
};

struct Behaviour {
  Lie lie = Lie::nothing;
  bool user_present = true;
  bool user_verified = true;
  bool backup_eligible = false;
  bool backup_state = false;
  AttestationChoice attestation = AttestationChoice::none;
  std::optional<std::int64_t> algorithm = {};    // default: the first that was asked for and is known here
  std::optional<std::uint32_t> sign_count = {};  // default: one more than last time
  bool send_user_handle = true;
  Bytes extensions = {};  // a CBOR map; empty: none, ED clear
  // What tests may do to the parts before they are signed, and to the signature.
  std::function<void(std::string& client_data_json)> edit_client_data = {};
  std::function<void(Bytes& authenticator_data)> edit_authenticator_data = {};
  std::function<void(Bytes& signature)> edit_signature = {};
};

struct SoftwareCredential {
  Bytes id;
  std::string rp_id;
  Bytes user_handle;
  std::string user_name;
  std::int64_t algorithm = 0;
  Key key;
  std::uint32_t sign_count = 0;
};

class Authenticator {
 public:
  // An authenticator without credentials, with an AAGUID and an attestation CA of its own.
  static Authenticator make(Random& random);
  // Reads what save() wrote: the key file of a software phone. Holds private keys in the clear.
  // Errors: json_*, base64url_malformed, authenticator_file_malformed.
  static Result<Authenticator> load(const Json& json);
  Json save() const;

  // Errors: json_*, authenticator_algorithm_unsupported, authenticator_excluded (one of excludeCredentials lives here).
  Result<Json> create(const Json& creation_options, const std::string& origin, const Behaviour& behaviour,
                      Random& random);
  // Takes the newest credential that is allowed. Errors: json_*, authenticator_no_credential.
  Result<Json> get(const Json& request_options, const std::string& origin, const Behaviour& behaviour, Random& random);

  const Bytes& aaguid() const { return aaguid_; }
  const std::vector<SoftwareCredential>& credentials() const { return credentials_; }
  // DER of the root above every certificate that it shows: an anchor for whoever trusts this authenticator.
  Bytes attestation_root() const { return der(root_.certificate); }
  // For tests: sign packed attestations with this instead. `path` is what x5c shows.
  void set_attestation(const Key& key, std::vector<Bytes> path);

 private:
  Authenticator() = default;
  void make_attestation();
  SoftwareCredential* find(const std::string& rp_id, const std::vector<Bytes>& allowed);
  Bytes attestation_object(const Behaviour&, const SoftwareCredential&, const Bytes& authenticator_data,
                           const std::string& client_data) const;

  Bytes aaguid_;
  Identity root_;
  Key attestation_key_;
  std::vector<Bytes> attestation_path_;  // DER, batch certificate first
  std::vector<SoftwareCredential> credentials_;
};

}  // namespace tegata::sandbox
