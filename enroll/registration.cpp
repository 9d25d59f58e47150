// The phone's ceremony: options, registration, label. Declared in enroll/ticket.h.
#include <algorithm>

#include "enroll/approval.h"
#include "enroll/errors.h"
#include "enroll/phones.h"
#include "enroll/ticket_rules.h"
#include "rp/http/mask.h"
#include "rp/store/engine/errors.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

webauthn::ExpectedRegistration expectation(const Settings& settings, const Bytes& challenge, Instant now) {
  webauthn::ExpectedRegistration expected;
  expected.rp_id = settings.rp_id;
  expected.origins = settings.related_origins;
  expected.origins.push_back(settings.public_origin);
  expected.challenge = challenge;
  expected.policy = settings.policy;
  expected.policy.backup_eligible_allowed = settings.policy.backup_eligible_allowed && settings.backup_eligible_allowed;
  expected.now = now;
  return expected;
}

// What registration needs to know, read in one view.
struct Candidate {
  store::Handoff ticket;
  store::Practitioner person;
  std::vector<webauthn::CredentialRecord> bound;
};

Result<Candidate> find_candidate(store::Reader& reader, const std::string& secret, const Digest& owner, Instant now) {
  TEGATA_ASSIGN(auto ticket, find_owned(reader, secret, owner, now));
  if (ticket.state != State::confirmed || over_time(ticket, now))
    return standstill(ticket, now, e::ticket_not_confirmed);
  // Once given it stays: what stands here may be asked outside of the transaction that binds.
  if (waits_for_approval(ticket)) return Error(e::ticket_not_approved, ticket.id);
  TEGATA_ASSIGN(auto person, store::find_practitioner(reader, ticket.practitioner_id));
  if (!person) return Error(e::ticket_person_not_in_good_standing, ticket.practitioner_id);
  Candidate out{std::move(ticket), std::move(*person), {}};
  TEGATA_ASSIGN(const auto credentials, store::list_credentials(reader, out.person.id));
  TEGATA_ASSIGN(const auto stopped, store::stopped_credentials(reader, out.person.id));
  for (const auto& credential : credentials) {
    // A phone whose card was revoked may come again with another card.
    if (!stopped.contains(credential.record.id)) out.bound.push_back(credential.record);
  }
  return out;
}

// How the phone's list of passkeys names it.
webauthn::CreationUser account_of(const Candidate& candidate) {
  const auto& person = candidate.person;
  const auto id = is_by_numbers_alone(candidate.ticket) ? http::mask(person.id) : person.id;
  return {person.user_handle, id, person.name};
}

// Said before the prompt; the INSERT asks again.
Status verify_room(const Settings& settings, const Candidate& candidate) {
  if (static_cast<std::int64_t>(candidate.bound.size()) < settings.most_phones) return {};
  return Error(e::store_too_many_phones, candidate.person.id + " has " + std::to_string(candidate.bound.size()));
}

Result<std::string> bind(store::Transaction& transaction, const Settings& settings, const Candidate& candidate,
                         const webauthn::CredentialRecord& record, const BrowserIdentity& identity) {
  store::BoundCredential credential;
  credential.record = record;
  credential.practitioner_id = candidate.person.id;
  credential.user_handle = candidate.person.user_handle;
  credential.origin = candidate.ticket.origin;
  credential.created_at = transaction.now();
  credential.rests_on = candidate.ticket.basis;
  return bind_phone(transaction, settings, std::move(credential), identity);
}

Result<std::string> register_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                                const Candidate& candidate, const webauthn::VerifiedRegistration& verified,
                                const BrowserIdentity& identity) {
  store::Condition condition;
  condition.owner = candidate.ticket.owner;
  condition.challenge = candidate.ticket.challenge;
  condition.practitioner_in_good_standing = candidate.person.id;
  store::Change change;
  change.clear_challenge = true;
  change.credential_id = verified.record().id;
  change.fulfilled_at = transaction.now();
  change.expires_at = transaction.now() + services.settings.label_life;
  if (candidate.ticket.owner_until) change.owner_until = change.expires_at;
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::enrollment, candidate.ticket.id, Event::fulfil, condition, change));
  if (!moved) {
    TEGATA_ASSIGN(const auto now_is, store::find_handoff(transaction, candidate.ticket.id));
    if (now_is && now_is->state == State::confirmed && !over_time(*now_is, transaction.now()) &&
        now_is->challenge == candidate.ticket.challenge) {
      return Error(e::ticket_person_not_in_good_standing, candidate.person.id);
    }
    return standstill(now_is.value_or(candidate.ticket), transaction.now(), e::ticket_not_confirmed);
  }
  TEGATA_ASSIGN(const auto label, bind(transaction, services.settings, candidate, verified.record(), identity));
  const auto& record = verified.record();
  transaction.audit(event(request, "credential_registered", actor_of(candidate.ticket),
                          "credential:" + base64url(record.id),
                          {{"handoff", candidate.ticket.id},
                           {"label", label},
                           {"format", record.attestation_format},
                           {"attestation", record.attestation_type},
                           {"key_protection", webauthn::wire::name_of(record.key_protection)},
                           {"second_verifier", verified.second_opinion()},
                           {"backup_eligible", record.backup_eligible},
                           {"backup_state", record.backup_state}}));
  return label;
}

Result<std::string> confirm_label_in(store::Transaction& transaction, const Settings& settings,
                                     const http::Request& request, const std::string& secret, const Digest& owner,
                                     const std::optional<std::string>& wanted) {
  TEGATA_ASSIGN(const auto ticket, find_owned(transaction, secret, owner, transaction.now()));
  if (!ticket.credential_id) return standstill(ticket, transaction.now(), e::ticket_not_confirmed);
  TEGATA_ASSIGN(const auto credential, store::find_credential(transaction, *ticket.credential_id));
  if (!credential) return Error(e::ticket_over, "the phone was removed meanwhile");
  if (ticket.state == State::closed) return credential->label;  // a repeated tap
  store::Condition condition;
  condition.owner = owner;
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, ticket.id, Event::close, condition));
  if (!moved) return standstill(ticket, transaction.now(), e::ticket_not_confirmed);
  transaction.audit(event(request, "ticket_closed", actor_of(ticket), subject_of(ticket)));
  if (credential->practitioner_id != ticket.practitioner_id) return Error(e::ticket_over, "bound to somebody else");
  TEGATA_TRY(rename_phone(transaction, settings, author(request, actor_of(ticket)), *credential,
                          wanted.value_or(credential->label)));
  return wanted.value_or(credential->label);
}

}  // namespace

Result<Json> registration_options(const Services& services, const http::Request& request, const std::string& secret,
                                  const Digest& owner) {
  const auto challenge = random_bytes(services.random, 32);
  return write<Json>(services, request, "registration_refused", [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const auto candidate, find_candidate(transaction, secret, owner, transaction.now()));
    TEGATA_TRY(verify_room(services.settings, candidate));
    store::Condition condition;
    condition.owner = owner;
    store::Change change;
    change.challenge = challenge;
    TEGATA_ASSIGN(const bool changed,
                  store::amend(transaction, candidate.ticket.id, {State::confirmed}, condition, change));
    if (!changed) return standstill(candidate.ticket, transaction.now(), e::ticket_not_confirmed);
    transaction.audit(event(request, "registration_begun", actor_of(candidate.ticket), subject_of(candidate.ticket)));
    const auto left = prompt_time(candidate.ticket, transaction.now());
    return webauthn::creation_options(expectation(services.settings, challenge, transaction.now()),
                                      services.settings.rp_name, account_of(candidate), candidate.bound,
                                      services.settings.attestation, left.count());
  });
}

Result<std::string> register_phone(const Services& services, const http::Request& request, const std::string& secret,
                                   const Digest& owner, const webauthn::RegistrationResponse& response,
                                   const BrowserIdentity& identity) {
  const auto now = services.clock.now();
  const auto candidate =
      services.store.read<Candidate>([&](store::Reader& reader) { return find_candidate(reader, secret, owner, now); });
  if (!candidate) return refuse(services, request, "registration_refused", candidate.error());
  if (!candidate->ticket.challenge) {
    return refuse(services, request, "registration_refused",
                  Error(e::ticket_not_confirmed, "no challenge was asked for"));
  }
  const auto metadata = services.metadata();
  auto expected = expectation(services.settings, *candidate->ticket.challenge, now);
  expected.metadata = metadata.get();
  const auto verified = webauthn::verify_registration(expected, response, services.second_verifier);
  if (!verified) return refuse(services, request, "registration_refused", verified.error());
  return write<std::string>(services, request, "registration_refused", [&](store::Transaction& transaction) {
    return register_in(transaction, services, request, *candidate, *verified, identity);
  });
}

Result<std::string> confirm_label(const Services& services, const http::Request& request, const std::string& secret,
                                  const Digest& owner, const std::optional<std::string>& label) {
  std::optional<std::string> wanted;
  if (label) {
    const auto clean = clean_label(*label);
    if (!clean) return refuse(services, request, "label_refused", clean.error());
    wanted = *clean;
  }
  return write<std::string>(services, request, "label_refused", [&](store::Transaction& transaction) {
    return confirm_label_in(transaction, services.settings, request, secret, owner, wanted);
  });
}

}  // namespace tegata::enroll
