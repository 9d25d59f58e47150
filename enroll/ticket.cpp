#include "enroll/ticket.h"

#include <algorithm>
#include <cstdio>

#include "enroll/errors.h"
#include "rp/store/errors.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

std::string subject_of(const store::Handoff& ticket) { return "handoff:" + ticket.id; }
std::string actor_of(const store::Handoff& ticket) { return "practitioner:" + ticket.practitioner_id; }

bool over_time(const store::Handoff& ticket, Instant now) {
  return ticket.expires_at <= now && !handoff::is_final(Kind::enrollment, ticket.state);
}

std::string shown_state(const store::Handoff& ticket, const Settings& settings, Instant now) {
  if (ticket.state == State::fulfilled) {
    const bool waited = ticket.fulfilled_at && now >= *ticket.fulfilled_at + settings.done_after;
    return waited ? "done" : "registered";
  }
  return std::string(over_time(ticket, now) ? "expired" : handoff::shown(Kind::enrollment, ticket.state));
}

Result<TicketView> view(store::Reader& reader, const Settings& settings, const store::Handoff& ticket, Instant now) {
  TicketView out{ticket, shown_state(ticket, settings, now), {}};
  if (!ticket.credential_id) return out;
  TEGATA_ASSIGN(const auto credential, store::find_credential(reader, *ticket.credential_id));
  if (credential) out.label = credential->label;
  return out;
}

Result<store::Handoff> find_ticket(store::Reader& reader, const std::string& secret) {
  TEGATA_ASSIGN(auto found, store::find_handoff_by_secret(reader, Kind::enrollment, sha256(secret)));
  if (!found) return Error(e::ticket_unknown);
  return std::move(*found);
}

Result<store::Handoff> find_owned(store::Reader& reader, const std::string& secret, const Digest& owner) {
  TEGATA_ASSIGN(auto ticket, find_ticket(reader, secret));
  if (!ticket.owner || !equal_constant_time(*ticket.owner, owner)) return Error(e::ticket_not_owner, ticket.id);
  return ticket;
}

// Why a conditional change did not take place, for the log and for whoever owns the ticket.
Error standstill(const store::Handoff& ticket, Instant now, ErrorCode too_early) {
  if (over_time(ticket, now) || ticket.state == State::expired) return Error(e::ticket_expired, ticket.id);
  if (handoff::is_final(Kind::enrollment, ticket.state)) return Error(e::ticket_over, ticket.id + " " + ticket.reason);
  return Error(too_early, ticket.id + " is " + std::string(handoff::name(ticket.state)));
}

// Ends a ticket for a reason. The effects stand, and the error tells the caller.
Status end_ticket(store::Transaction& transaction, const http::Request& request, const store::Handoff& ticket,
                  Event event_of_end, ErrorCode reason, const store::Condition& condition = {}) {
  store::Change change;
  change.reason = std::string(reason.name());
  change.clear_challenge = true;
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::enrollment, ticket.id, event_of_end, condition, change));
  if (!moved) return standstill(ticket, transaction.now(), e::ticket_over);
  transaction.audit(
      event(request, "ticket_ended", actor_of(ticket), subject_of(ticket), Json::object(), reason.name()));
  return {};
}

Status cancel_open(store::Transaction& transaction, const http::Request& request, const store::Session& session) {
  TEGATA_ASSIGN(const auto open, store::find_enrollment_by_session(transaction, session.cookie));
  if (!open || handoff::is_final(Kind::enrollment, open->state) || open->state == State::fulfilled ||
      open->expires_at <= transaction.now()) {
    return {};
  }
  return end_ticket(transaction, request, *open, Event::cancel, e::ticket_replaced);
}

store::Handoff fresh_ticket(const Services& services, const store::Session& session, Instant now,
                            const std::string& secret) {
  store::Handoff ticket;
  ticket.id = random_secret(services.random, 12);
  ticket.kind = Kind::enrollment;
  ticket.secret = sha256(secret);
  ticket.practitioner_id = session.practitioner_id;
  ticket.origin = session.method;
  ticket.session = session.cookie;
  ticket.created_at = now;
  ticket.expires_at = now + services.settings.ticket_life;
  return ticket;
}

bool is_two_digits(const std::string& number) {
  return number.size() == 2 && std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status confirm_in(store::Transaction& transaction, const http::Request& request, const store::Session& session,
                  const std::string& number) {
  TEGATA_ASSIGN(const auto ticket, store::find_enrollment_by_session(transaction, session.cookie));
  if (!ticket) return Error(e::ticket_unknown, "no ticket of this session");
  store::Condition condition;
  condition.session = session.cookie;
  condition.number = number;
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, ticket->id, Event::confirm, condition));
  if (moved) {
    transaction.audit(
        event(request, "ticket_confirmed", actor_of(*ticket), subject_of(*ticket), {{"device", ticket->device}}));
    return {};
  }
  if (ticket->state != State::claimed || over_time(*ticket, transaction.now())) {
    return standstill(*ticket, transaction.now(), e::ticket_not_opened);
  }
  TEGATA_TRY(end_ticket(transaction, request, *ticket, Event::deny, e::ticket_wrong_number));
  transaction.keep_effects();
  return Error(e::ticket_wrong_number, ticket->id);
}

// Two phones want one ticket. While the PC has not confirmed, nobody can say which is the right one.
Error dispute(store::Transaction& transaction, const http::Request& request, const store::Handoff& ticket) {
  if (ticket.state != State::claimed || over_time(ticket, transaction.now()))
    return Error(e::ticket_not_owner, ticket.id);
  store::Condition condition;
  condition.owner = ticket.owner;
  const auto ended = end_ticket(transaction, request, ticket, Event::deny, e::ticket_other_phone, condition);
  if (!ended) return ended.error();
  transaction.keep_effects();
  return Error(e::ticket_other_phone, ticket.id);
}

Result<store::Handoff> claim_in(store::Transaction& transaction, const http::Request& request,
                                const store::Handoff& before, const store::Change& claim) {
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, before.id, Event::claim, {}, claim));
  TEGATA_ASSIGN(auto ticket, store::find_handoff(transaction, before.id));
  if (!ticket) return Error(e::ticket_unknown, before.id);
  if (moved) {
    transaction.audit(
        event(request, "ticket_claimed", actor_of(*ticket), subject_of(*ticket), {{"device", ticket->device}}));
    return std::move(*ticket);
  }
  if (!ticket->owner) return standstill(*ticket, transaction.now(), e::ticket_over);
  if (!equal_constant_time(*ticket->owner, *claim.owner)) return dispute(transaction, request, *ticket);
  if (over_time(*ticket, transaction.now())) return Error(e::ticket_expired, ticket->id);
  return std::move(*ticket);  // the same phone again
}

webauthn::ExpectedRegistration expectation(const Settings& settings, const Bytes& challenge, Instant now) {
  webauthn::ExpectedRegistration expected;
  expected.rp_id = settings.rp_id;
  expected.origins = {settings.public_origin};
  expected.challenge = challenge;
  expected.backup_eligible_allowed = settings.backup_eligible_allowed;
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
  TEGATA_ASSIGN(auto ticket, find_owned(reader, secret, owner));
  if (ticket.state != State::confirmed || over_time(ticket, now))
    return standstill(ticket, now, e::ticket_not_confirmed);
  TEGATA_ASSIGN(auto person, store::find_practitioner(reader, ticket.practitioner_id));
  if (!person) return Error(e::ticket_person_not_in_good_standing, ticket.practitioner_id);
  Candidate out{std::move(ticket), std::move(*person), {}};
  TEGATA_ASSIGN(const auto credentials, store::list_credentials(reader, out.person.id));
  for (const auto& credential : credentials) out.bound.push_back(credential.record);
  return out;
}

// Binds the credential under the first label that is free.
Result<std::string> bind(store::Transaction& transaction, const Candidate& candidate,
                         const webauthn::CredentialRecord& record, const BrowserIdentity& identity) {
  store::BoundCredential credential;
  credential.record = record;
  credential.practitioner_id = candidate.person.id;
  credential.user_handle = candidate.person.user_handle;
  credential.origin = candidate.ticket.origin;
  credential.created_at = transaction.now();
  for (int sequence = 1;; ++sequence) {
    credential.label = make_label(identity, record.aaguid, transaction.now(), sequence);
    credential.label_key = label_key(credential.label);
    const auto inserted = store::insert_credential(transaction, credential);
    if (inserted && *inserted) return credential.label;
    if (inserted)
      return Error(e::ticket_credential_known, base64url(record.id),
                   "webauthn-3#sctn-registering-a-new-credential: the credential ID is not registered for any user");
    if (inserted.error().code() != e::store_label_taken) return inserted.error();
  }
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
  TEGATA_ASSIGN(const auto label, bind(transaction, candidate, verified.record(), identity));
  const auto& record = verified.record();
  transaction.audit(event(request, "credential_registered", actor_of(candidate.ticket),
                          "credential:" + base64url(record.id),
                          {{"handoff", candidate.ticket.id},
                           {"label", label},
                           {"format", record.attestation_format},
                           {"attestation", record.attestation_type},
                           {"second_verifier", verified.second_opinion()},
                           {"backup_eligible", record.backup_eligible},
                           {"backup_state", record.backup_state}}));
  return label;
}

Result<std::string> rename(store::Transaction& transaction, const store::Handoff& ticket, const http::Request& request,
                           const std::string& current, const std::string& wanted) {
  if (wanted == current) return current;
  TEGATA_ASSIGN(const bool renamed, store::rename_credential(transaction, *ticket.credential_id, ticket.practitioner_id,
                                                             wanted, label_key(wanted)));
  if (!renamed) return Error(e::ticket_over, "the phone was removed meanwhile");
  transaction.audit(event(request, "credential_renamed", actor_of(ticket),
                          "credential:" + base64url(*ticket.credential_id), {{"from", current}, {"to", wanted}}));
  return wanted;
}

Result<std::string> confirm_label_in(store::Transaction& transaction, const http::Request& request,
                                     const std::string& secret, const Digest& owner,
                                     const std::optional<std::string>& wanted) {
  TEGATA_ASSIGN(const auto ticket, find_owned(transaction, secret, owner));
  if (!ticket.credential_id) return standstill(ticket, transaction.now(), e::ticket_not_confirmed);
  TEGATA_ASSIGN(const auto credential, store::find_credential(transaction, *ticket.credential_id));
  if (!credential) return Error(e::ticket_over, "the phone was removed meanwhile");
  if (ticket.state == State::closed) return credential->label;  // a repeated tap
  store::Condition condition;
  condition.owner = owner;
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, ticket.id, Event::close, condition));
  if (!moved) return standstill(ticket, transaction.now(), e::ticket_not_confirmed);
  transaction.audit(event(request, "ticket_closed", actor_of(ticket), subject_of(ticket)));
  return rename(transaction, ticket, request, credential->label, wanted.value_or(credential->label));
}

}  // namespace

Result<NewTicket> issue_ticket(const Services& services, const http::Request& request, const store::Session& session) {
  const auto secret = random_secret(services.random, 16);
  return write<NewTicket>(
      services, request, "ticket_refused", [&](store::Transaction& transaction) -> Result<NewTicket> {
        TEGATA_ASSIGN(auto person, store::find_practitioner(transaction, session.practitioner_id));
        if (!person || !person->active) return Error(e::ticket_person_not_in_good_standing, session.practitioner_id);
        TEGATA_TRY(cancel_open(transaction, request, session));
        const auto ticket = fresh_ticket(services, session, transaction.now(), secret);
        TEGATA_ASSIGN(const bool inserted, store::insert_handoff(transaction, ticket));
        if (!inserted) return Error(e::ticket_over, "a secret that exists already");
        transaction.audit(
            event(request, "ticket_issued", actor_of(ticket), subject_of(ticket), {{"origin", ticket.origin}}));
        return NewTicket{std::move(*person), secret, ticket.expires_at};
      });
}

Result<std::optional<TicketView>> ticket_of_session(const Services& services, const store::Session& session) {
  return services.store.read<std::optional<TicketView>>(
      [&](store::Reader& reader) -> Result<std::optional<TicketView>> {
        TEGATA_ASSIGN(const auto ticket, store::find_enrollment_by_session(reader, session.cookie));
        if (!ticket) return std::optional<TicketView>();
        TEGATA_ASSIGN(auto seen, view(reader, services.settings, *ticket, services.clock.now()));
        return std::optional<TicketView>(std::move(seen));
      });
}

Result<TicketView> ticket_of_phone(const Services& services, const std::string& secret, const Digest& owner) {
  return services.store.read<TicketView>([&](store::Reader& reader) -> Result<TicketView> {
    TEGATA_ASSIGN(const auto ticket, find_owned(reader, secret, owner));
    return view(reader, services.settings, ticket, services.clock.now());
  });
}

Status confirm_ticket(const Services& services, const http::Request& request, const store::Session& session,
                      const std::string& number) {
  if (!is_two_digits(number)) return refuse(services, request, "ticket_refused", Error(e::ticket_number_malformed));
  return write<void>(services, request, "ticket_refused", [&](store::Transaction& transaction) {
    return confirm_in(transaction, request, session, number);
  });
}

Status reject_ticket_on_pc(const Services& services, const http::Request& request, const store::Session& session) {
  return write<void>(services, request, "ticket_refused", [&](store::Transaction& transaction) -> Status {
    TEGATA_ASSIGN(const auto ticket, store::find_enrollment_by_session(transaction, session.cookie));
    if (!ticket) return Error(e::ticket_unknown, "no ticket of this session");
    store::Condition condition;
    condition.session = session.cookie;
    return end_ticket(transaction, request, *ticket, Event::deny, e::ticket_rejected_on_pc, condition);
  });
}

Result<store::Handoff> look_at_ticket(const Services& services, const http::Request& request, const std::string& secret,
                                      const std::optional<Digest>& owner) {
  auto seen = services.store.read<store::Handoff>([&](store::Reader& reader) -> Result<store::Handoff> {
    TEGATA_ASSIGN(auto ticket, find_ticket(reader, secret));
    if (owner && ticket.owner && equal_constant_time(*ticket.owner, *owner)) return ticket;
    if (ticket.owner) return Error(e::ticket_not_owner, ticket.id);
    if (ticket.state == State::created && !over_time(ticket, services.clock.now())) return ticket;
    return standstill(ticket, services.clock.now(), e::ticket_over);
  });
  if (!seen) return refuse(services, request, "ticket_refused", seen.error());
  return seen;
}

Result<store::Handoff> claim_ticket(const Services& services, const http::Request& request, const std::string& secret,
                                    const Digest& owner, const BrowserIdentity& identity) {
  store::Change claim;
  claim.owner = owner;
  char number[3];
  std::snprintf(number, sizeof number, "%02u", static_cast<unsigned>(random_below(services.random, 100)));
  claim.number = number;
  claim.device = device_name(identity);
  return write<store::Handoff>(services, request, "ticket_refused",
                               [&](store::Transaction& transaction) -> Result<store::Handoff> {
                                 TEGATA_ASSIGN(const auto ticket, find_ticket(transaction, secret));
                                 return claim_in(transaction, request, ticket, claim);
                               });
}

Status reject_ticket_on_phone(const Services& services, const http::Request& request, const std::string& secret,
                              const std::optional<Digest>& owner) {
  return write<void>(services, request, "ticket_refused", [&](store::Transaction& transaction) -> Status {
    TEGATA_ASSIGN(const auto ticket, find_ticket(transaction, secret));
    store::Condition condition;
    if (ticket.owner) {
      if (!owner || !equal_constant_time(*ticket.owner, *owner)) return Error(e::ticket_not_owner, ticket.id);
      condition.owner = owner;
    }
    return end_ticket(transaction, request, ticket, Event::deny, e::ticket_rejected_on_phone, condition);
  });
}

Result<Json> registration_options(const Services& services, const http::Request& request, const std::string& secret,
                                  const Digest& owner) {
  const auto challenge = random_bytes(services.random, 32);
  return write<Json>(services, request, "registration_refused", [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const auto candidate, find_candidate(transaction, secret, owner, transaction.now()));
    store::Condition condition;
    condition.owner = owner;
    store::Change change;
    change.challenge = challenge;
    TEGATA_ASSIGN(const bool changed,
                  store::amend(transaction, candidate.ticket.id, {State::confirmed}, condition, change));
    if (!changed) return standstill(candidate.ticket, transaction.now(), e::ticket_not_confirmed);
    transaction.audit(event(request, "registration_begun", actor_of(candidate.ticket), subject_of(candidate.ticket)));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(candidate.ticket.expires_at - transaction.now());
    return webauthn::creation_options(expectation(services.settings, challenge, transaction.now()),
                                      services.settings.rp_name,
                                      {candidate.person.user_handle, candidate.person.id, candidate.person.name},
                                      candidate.bound, services.settings.attestation, left.count());
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
  const auto verified =
      webauthn::verify_registration(expectation(services.settings, *candidate->ticket.challenge, now), response);
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
    return confirm_label_in(transaction, request, secret, owner, wanted);
  });
}

}  // namespace tegata::enroll
