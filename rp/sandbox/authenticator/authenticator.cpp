#include "rp/sandbox/authenticator/authenticator.h"

#include <algorithm>
#include <array>

#include "rp/sandbox/authenticator/cbor.h"
#include "rp/sandbox/authenticator/client.h"
#include "rp/sandbox/authenticator/errors.h"
#include "rp/sandbox/authenticator/keys.h"
#include "rp/sandbox/authenticator/statement.h"

namespace tegata::sandbox::authenticator {
namespace {

constexpr const char* aaguid_extension = "1.3.6.1.4.1.45724.1.1.4";
constexpr std::size_t id_size = 32;

std::uint8_t flags(const Behaviour& behaviour, bool attested) {
  unsigned value = attested ? 0x40 : 0;
  if (behaviour.user_present && behaviour.lie != Lie::no_up) value |= 0x01;
  if (behaviour.user_verified && behaviour.lie != Lie::no_uv) value |= 0x04;
  if (behaviour.backup_eligible) value |= 0x08;
  if (behaviour.backup_state) value |= 0x10;
  if (!behaviour.extensions.empty()) value |= 0x80;
  return static_cast<std::uint8_t>(value);
}

Bytes make_authenticator_data(const SoftwareCredential& credential, const Behaviour& behaviour, const Bytes& attested) {
  const std::string rp_id = behaviour.lie == Lie::rp_id ? "evil.example" : credential.rp_id;
  Bytes out = to_bytes(sha256(rp_id));
  out.push_back(flags(behaviour, !attested.empty()));
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(credential.sign_count >> shift));
  append(out, attested);
  append(out, behaviour.extensions);
  if (behaviour.edit_authenticator_data) behaviour.edit_authenticator_data(out);
  return out;
}

Bytes attested_data(const Bytes& aaguid, const SoftwareCredential& credential) {
  Bytes out = aaguid;
  out.push_back(static_cast<std::uint8_t>(credential.id.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(credential.id.size()));
  append(out, credential.id);
  append(out, cose_key(credential.key, credential.algorithm));
  return out;
}

Bytes with_hash(const Bytes& authenticator_data, const std::string& client_data) {
  Bytes out = authenticator_data;
  append(out, sha256(client_data));
  return out;
}

Result<std::int64_t> choose_algorithm(const Json& options, const Behaviour& behaviour) {
  if (behaviour.algorithm && can_make_key(*behaviour.algorithm)) return *behaviour.algorithm;
  for (const Json& parameter : options.value("pubKeyCredParams", Json::array())) {
    TEGATA_ASSIGN(const std::int64_t algorithm, json_integer(parameter, "alg"));
    if (!behaviour.algorithm && can_make_key(algorithm)) return algorithm;
  }
  return Error(errors::authenticator_algorithm_unsupported);
}

Result<SoftwareCredential> new_credential(const Json& options, const std::string& origin, const Behaviour& behaviour,
                                          Random& random) {
  TEGATA_ASSIGN(const Json rp, json_object(options, "rp"));
  TEGATA_ASSIGN(const Json user, json_object(options, "user"));
  TEGATA_TRY(json_base64url(options, "challenge"));
  SoftwareCredential credential;
  TEGATA_ASSIGN(const auto rp_id, json_optional_string(rp, "id"));
  credential.rp_id = rp_id.value_or(host_of(origin));
  TEGATA_ASSIGN(credential.user_handle, json_base64url(user, "id"));
  TEGATA_ASSIGN(credential.user_name, json_string(user, "name"));
  TEGATA_ASSIGN(credential.algorithm, choose_algorithm(options, behaviour));
  credential.id = random_bytes(random, id_size);
  credential.key = make_key(credential.algorithm);
  credential.sign_count = behaviour.sign_count.value_or(0);
  return credential;
}

test_pki::Profile batch_profile(const Bytes& aaguid) {
  test_pki::Profile profile;
  profile.subject = {{"C", "JP"}, {"O", "Tegata Sandbox"}, {"OU", "Authenticator Attestation"}, {"CN", "Sample Batch"}};
  // Wide and fixed, so that no clock is needed here.
  profile.not_before = from_unix_seconds(1'577'836'800);
  profile.not_after = from_unix_seconds(4'102'444'800);
  profile.extensions = {{"basicConstraints", "critical,CA:FALSE"}};
  Bytes value{0x04, 16};  // the head of an OCTET STRING
  append(value, aaguid);
  profile.raw_extensions = {{.oid = aaguid_extension, .critical = false, .der = value}};
  return profile;
}

test_pki::Identity make_root(const test_pki::Profile& like) {
  test_pki::Profile profile = like;
  profile.subject = {{"C", "JP"}, {"O", "Tegata Sandbox"}, {"CN", "Sample Attestation Root"}};
  profile.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
  profile.raw_extensions.clear();
  return test_pki::issue_self_signed(profile, test_pki::p256_key());
}

struct Format {
  AttestationChoice choice;
  const char* name;
  Bytes (*make)(const StatementInput&);
};

Bytes make_none(const StatementInput&) { return CborWriter().map(0).out(); }

constexpr std::array formats{
    Format{AttestationChoice::none, "none", make_none},
    Format{AttestationChoice::packed_self, "packed", make_packed},
    Format{AttestationChoice::packed_x5c, "packed", make_packed},
    Format{AttestationChoice::fido_u2f, "fido-u2f", make_fido_u2f},
    Format{AttestationChoice::tpm, "tpm", make_tpm},
    Format{AttestationChoice::android_key, "android-key", make_android_key},
    Format{AttestationChoice::android_safetynet, "android-safetynet", make_android_safetynet},
    Format{AttestationChoice::apple, "apple", make_apple},
    Format{AttestationChoice::compound, "compound", make_compound},
};

const Format& format_of(AttestationChoice choice) { return *std::ranges::find(formats, choice, &Format::choice); }

}  // namespace

const char* format_name(AttestationChoice choice) { return format_of(choice).name; }

Bytes make_statement(AttestationChoice choice, const StatementInput& input) {
  Behaviour behaviour = input.behaviour;
  behaviour.attestation = choice;
  return format_of(choice).make({.behaviour = behaviour,
                                 .credential = input.credential,
                                 .aaguid = input.aaguid,
                                 .authenticator_data = input.authenticator_data,
                                 .client_data_hash = input.client_data_hash,
                                 .root = input.root,
                                 .attestation_key = input.attestation_key,
                                 .attestation_path = input.attestation_path});
}

Authenticator Authenticator::make(Random& random) {
  Authenticator authenticator;
  authenticator.aaguid_ = random_bytes(random, 16);
  authenticator.make_attestation();
  return authenticator;
}

void Authenticator::make_attestation() {
  const test_pki::Profile batch = batch_profile(aaguid_);
  const test_pki::Identity root = make_root(batch);
  root_ = root;
  attestation_key_ = test_pki::p256_key();
  attestation_path_ = {test_pki::der(test_pki::issue(batch, attestation_key_, root))};
}

void Authenticator::set_attestation(const test_pki::Key& key, std::vector<Bytes> path) {
  attestation_key_ = key;
  attestation_path_ = std::move(path);
}

SoftwareCredential* Authenticator::find(const std::string& rp_id, const std::vector<Bytes>& allowed) {
  const auto suits = [&](const SoftwareCredential& credential) {
    return credential.rp_id == rp_id && (allowed.empty() || std::ranges::find(allowed, credential.id) != allowed.end());
  };
  const auto found = std::find_if(credentials_.rbegin(), credentials_.rend(), suits);
  return found == credentials_.rend() ? nullptr : &*found;
}

Bytes Authenticator::attestation_object(const Behaviour& behaviour, const SoftwareCredential& credential,
                                        const Bytes& authenticator_data, const std::string& client_data) const {
  const Bytes client_data_hash = to_bytes(sha256(client_data));
  const Format& format = format_of(behaviour.attestation);
  const Bytes statement = format.make({.behaviour = behaviour,
                                       .credential = credential,
                                       .aaguid = aaguid_,
                                       .authenticator_data = authenticator_data,
                                       .client_data_hash = client_data_hash,
                                       .root = root_,
                                       .attestation_key = attestation_key_,
                                       .attestation_path = attestation_path_});
  return attestation_object_cbor(format.name, statement, authenticator_data);
}

Result<Json> Authenticator::create(const Json& options, const std::string& origin, const Behaviour& behaviour,
                                   Random& random) {
  TEGATA_ASSIGN(SoftwareCredential credential, new_credential(options, origin, behaviour, random));
  TEGATA_ASSIGN(const auto excluded, descriptor_ids(options, "excludeCredentials"));
  if (!excluded.empty() && find(credential.rp_id, excluded)) return Error(errors::authenticator_excluded);
  const std::string client_data = make_client_data("webauthn.create", options, origin, behaviour);
  // U2F authenticators have no model.
  const bool u2f = behaviour.attestation == AttestationChoice::fido_u2f && behaviour.lie != Lie::u2f_aaguid;
  const Bytes data =
      make_authenticator_data(credential, behaviour, attested_data(u2f ? Bytes(16) : aaguid_, credential));
  const Bytes object = attestation_object(behaviour, credential, data, client_data);
  Json json = registration_json(credential.id, client_data, object, data, credential.algorithm);
  credentials_.push_back(std::move(credential));
  return json;
}

Result<Json> Authenticator::get(const Json& options, const std::string& origin, const Behaviour& behaviour, Random&) {
  TEGATA_TRY(json_base64url(options, "challenge"));
  TEGATA_ASSIGN(const auto rp_id, json_optional_string(options, "rpId"));
  TEGATA_ASSIGN(const auto allowed, descriptor_ids(options, "allowCredentials"));
  SoftwareCredential* credential = find(rp_id.value_or(host_of(origin)), allowed);
  if (!credential) return Error(errors::authenticator_no_credential);
  credential->sign_count = behaviour.sign_count.value_or(credential->sign_count + 1);
  const std::string client_data = make_client_data("webauthn.get", options, origin, behaviour);
  const Bytes data = make_authenticator_data(*credential, behaviour, {});
  const Bytes signature = sign_as_told(credential->key, credential->algorithm, with_hash(data, client_data), behaviour);
  Json json = authentication_json(credential->id, client_data, data, signature);
  if (behaviour.send_user_handle) json["response"]["userHandle"] = base64url(credential->user_handle);
  return json;
}

}  // namespace tegata::sandbox::authenticator
