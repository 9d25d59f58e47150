// A software authenticator with its browser: PublicKeyCredentialCreationOptionsJSON in,
// RegistrationResponseJSON out, and the same for authentication. For tests and the software phone.
#pragma once

#include <functional>

#include "rp/base/json.h"
#include "rp/base/world.h"
#include "rp/sandbox/test_pki/issue.h"

namespace tegata::sandbox::authenticator {

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
  // tpm: the members of the statement, of certInfo, of pubArea, the AIK certificate
  tpm_version,
  tpm_other_member,
  tpm_magic,
  tpm_attest_type,
  tpm_extra_data,
  tpm_name,
  tpm_cert_info_leftover,
  tpm_unique,
  tpm_exponent,
  tpm_key_bits,
  tpm_curve,
  tpm_pub_area_leftover,
  tpm_certificate_version,
  tpm_certificate_subject,
  tpm_certificate_san_missing,
  tpm_certificate_san_not_critical,
  tpm_certificate_san_manufacturer,
  tpm_certificate_san_model,
  tpm_certificate_san_version,
  tpm_manufacturer,
  tpm_certificate_eku,
  tpm_certificate_ca,
  tpm_certificate_key,
  tpm_certificate_aaguid,
  // apple
  apple_nonce,
  apple_key,
  apple_extension_missing,
  apple_other_member,
  // compound
  compound_one,
  compound_nested,
  compound_unknown,
  // tpm and apple: the intermediate before the leaf
  x5c_order,
  // packed; the first few go for every format with certificates that its own file issues
  packed_alg_missing,
  packed_sig_missing,
  packed_self_algorithm,
  packed_other_member,
  packed_certificate_aaguid,
  batch_key_is_credential_key,
  x5c_root,
  certificate_expired,
  certificate_not_yet_valid,
  intermediate_expired,
  // fido-u2f
  u2f_aaguid,
  u2f_two_certificates,
  u2f_other_member,
  u2f_rp_id_hash,
  // android-key
  android_challenge,
  android_key_differs,
  android_all_applications,
  android_origin,
  android_purpose,
  android_software_only,
  android_no_authorizations,
  android_extension_missing,
  android_other_member,
  // android-safetynet
  safetynet_ver,
  safetynet_response_empty,
  safetynet_x5c_empty,
  safetynet_nonce,
  safetynet_cts,
  safetynet_future,
  safetynet_old,
  safetynet_host,
  safetynet_other_member,
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
  std::vector<AttestationChoice> compound = {AttestationChoice::packed_x5c, AttestationChoice::packed_self};
  std::optional<std::int64_t> tpm_algorithm = {};     // of the AIK's signature; default: the credential's
  std::uint16_t tpm_name_algorithm = 0x000b;          // TPM_ALG_SHA256
  Bytes tpm_policy = {};                              // authPolicy of the credential key
  std::uint32_t tpm_attributes = 0x00040472;          // TPMA_OBJECT: made in this TPM and bound to it, for signing
  std::uint8_t android_statement_level = 1;           // attestationSecurityLevel: TrustedEnvironment
  std::uint8_t android_key_level = 1;                 // keyMintSecurityLevel
  std::optional<std::int64_t> algorithm = {};         // default: the first that was asked for and is known here
  std::optional<std::uint32_t> sign_count = {};       // default: one more than last time
  std::optional<std::int64_t> packed_algorithm = {};  // of the batch key; default: that of set_attestation
  Instant now{};                                      // what android-safetynet takes the time to be
  bool send_user_handle = true;
  Bytes extensions = {};  // a CBOR map; empty: none, ED clear
  // What tests may do to the parts before they are signed, and to the signature.
  std::function<void(std::string& client_data_json)> edit_client_data = {};
  std::function<void(Bytes& authenticator_data)> edit_authenticator_data = {};
  std::function<void(Bytes& key_description)> edit_key_description = {};       // android-key
  std::function<void(Json& header, std::string& payload)> edit_response = {};  // android-safetynet
  std::function<void(Bytes& signature)> edit_signature = {};
};

struct SoftwareCredential {
  Bytes id;
  std::string rp_id;
  Bytes user_handle;
  std::string user_name;
  std::int64_t algorithm = 0;
  test_pki::Key key;
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
  Bytes attestation_root() const { return test_pki::der(root_.certificate); }
  // For tests: sign packed attestations with this instead. `path` is what x5c shows.
  void set_attestation(const test_pki::Key& key, std::vector<Bytes> path);

 private:
  Authenticator() = default;
  void make_attestation();
  SoftwareCredential* find(const std::string& rp_id, const std::vector<Bytes>& allowed);
  Bytes attestation_object(const Behaviour&, const SoftwareCredential&, const Bytes& authenticator_data,
                           const std::string& client_data) const;

  Bytes aaguid_;
  test_pki::Identity root_;
  test_pki::Key attestation_key_;
  std::vector<Bytes> attestation_path_;  // DER, batch certificate first
  std::vector<SoftwareCredential> credentials_;
};

}  // namespace tegata::sandbox::authenticator
