#include "enroll/proof.h"

#include <algorithm>

#include "enroll/errors.h"
#include "rp/base/errors.h"
#include "rp/webauthn/key_standing.h"
#include "rp/webauthn/options.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

webauthn::ExpectedAuthentication expectation(const Settings& settings, const Bytes& challenge) {
  webauthn::ExpectedAuthentication expected;
  expected.rp_id = settings.rp_id;
  expected.origins = settings.related_origins;
  expected.origins.push_back(settings.public_origin);
  expected.challenge = challenge;
  expected.policy = webauthn::wire::standard_policy();
  return expected;
}

struct Known {
  store::BoundCredential phone;
  store::Practitioner person;
};

Result<Known> find_known(const Services& services, const Bytes& credential_id) {
  return services.store.read<Known>([&](store::Reader& reader) -> Result<Known> {
    TEGATA_ASSIGN(const auto phone, store::find_credential_ever(reader, credential_id));
    if (!phone) {
      return Error(e::devices_credential_unknown, base64url(credential_id),
                   "webauthn-3#sctn-verifying-assertion: the credential is registered");
    }
    TEGATA_ASSIGN(const auto person, store::find_practitioner(reader, phone->practitioner_id));
    if (!person) return Error(e::devices_credential_unknown, "its owner is gone");
    return Known{*phone, *person};
  });
}

Status verify_person(const std::optional<store::Practitioner>& person, Instant now) {
  if (person && person->active && person->second_certificate_not_after > now) return {};
  return Error(e::devices_person_not_in_good_standing, person ? person->id : "nobody");
}

Status verify_standing(const Services& services, const Known& known) {
  const auto now = services.clock.now();
  if (known.phone.removed_at) return Error(e::devices_credential_removed, base64url(known.phone.record.id));
  TEGATA_TRY(verify_person(known.person, now));
  const auto metadata = services.metadata();
  const auto verdict = webauthn::judge_key(metadata.get(), known.phone.record, known.phone.created_at, now);
  if (!verdict) return Error(e::devices_model_unwanted, verdict.error().detail(), verdict.error().clause());
  return {};
}

}  // namespace

Json proof_options(const Services& services, const Bytes& challenge,
                   const std::vector<webauthn::CredentialRecord>& allowed, std::chrono::milliseconds timeout) {
  auto expected = expectation(services.settings, challenge);
  for (const auto& record : allowed) expected.allow_credentials.push_back(record.id);
  return webauthn::request_options(expected, timeout.count(), allowed);
}

Result<Proof> verify_proof(const Services& services, const webauthn::AuthenticationResponse& response,
                           const Bytes& challenge, const std::vector<Bytes>& allowed) {
  TEGATA_ASSIGN(const auto known, find_known(services, response.id));
  auto expected = expectation(services.settings, challenge);
  expected.allow_credentials = allowed;
  TEGATA_ASSIGN(const auto key, webauthn::PublicKey::parse(known.phone.record.public_key));
  TEGATA_ASSIGN(const auto assertion,
                webauthn::verify_authentication(expected, response, known.phone.record, known.person.user_handle, key));
  TEGATA_TRY(verify_standing(services, known));
  return Proof{known.phone, known.person, assertion};
}

Status note_use(store::Transaction& transaction, const Proof& proof) {
  TEGATA_ASSIGN(const auto person, store::find_practitioner(transaction, proof.person.id));
  TEGATA_TRY(verify_person(person, transaction.now()));
  TEGATA_ASSIGN(const bool stopped, store::is_stopped(transaction, proof.phone.record.id));
  if (stopped) return Error(e::devices_card_revoked, base64url(proof.phone.record.id));
  auto used = proof.phone;
  const auto seen = used.record.sign_count;
  used.record.sign_count = proof.assertion.sign_count();
  used.record.backup_state = proof.assertion.backup_state();
  used.last_used_facility.clear();  // not at a facility, but here
  TEGATA_ASSIGN(const bool changed, store::use_credential(transaction, used, seen));
  if (!changed) return Error(e::devices_credential_changed, base64url(used.record.id));
  return {};
}

bool is_unproven(const Error& error) {
  const auto code = error.code();
  if (code == e::devices_credential_unknown) return true;
  return code.name().starts_with("webauthn_") && code != e::webauthn_counter_went_back;
}

}  // namespace tegata::enroll
