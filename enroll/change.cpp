#include "enroll/change.h"

#include "enroll/approval.h"
#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "enroll/ticket_rules.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

bool is_bound(const store::Handoff& ticket) {
  return ticket.credential_id && (ticket.state == State::fulfilled || ticket.state == State::closed);
}

// A ticket whose phone may prove itself now, and by which credentials.
struct AskedProof {
  store::Handoff ticket;
  std::vector<webauthn::CredentialRecord> allowed;

  std::vector<Bytes> ids() const {
    std::vector<Bytes> out;
    for (const auto& record : allowed) out.push_back(record.id);
    return out;
  }
};

Result<AskedProof> find_asked(store::Reader& reader, const std::string& secret, const Digest& owner, Instant now) {
  TEGATA_ASSIGN(auto ticket, find_owned(reader, secret, owner, now));
  const bool bound = is_bound(ticket);
  if ((!bound && ticket.state != State::confirmed) || ticket.expires_at <= now) {
    return standstill(ticket, now, e::ticket_not_confirmed);
  }
  if (waits_for_approval(ticket)) return Error(e::ticket_not_approved, ticket.id);
  TEGATA_ASSIGN(const auto phones, store::list_credentials(reader, ticket.practitioner_id));
  AskedProof out{std::move(ticket), {}};
  TEGATA_ASSIGN(const auto stopped, store::stopped_credentials(reader, out.ticket.practitioner_id));
  for (const auto& phone : phones) {
    if (stopped.contains(phone.record.id)) continue;
    if (!bound || phone.record.id == *out.ticket.credential_id) out.allowed.push_back(phone.record);
  }
  if (out.allowed.empty()) return Error(e::ticket_no_bound_phone, out.ticket.practitioner_id);
  return out;
}

store::Condition condition_of(const AskedProof& asked, const Proof& proof) {
  store::Condition condition;
  condition.owner = asked.ticket.owner;
  condition.challenge = asked.ticket.challenge;
  condition.practitioner_in_good_standing = proof.person.id;
  return condition;
}

// The phone had a bound credential all along: the ticket has reached its end without a registration.
Result<bool> fulfil_by_proof(store::Transaction& transaction, const Services& services, const AskedProof& asked,
                             const Proof& proof) {
  store::Change change;
  change.clear_challenge = true;
  change.credential_id = proof.phone.record.id;
  change.fulfilled_at = transaction.now();
  change.expires_at = transaction.now() + services.settings.label_life;
  if (asked.ticket.owner_until) change.owner_until = change.expires_at;
  change.evidence = Json{{"proven", true}, {"already_bound", true}};
  return store::advance(transaction, Kind::enrollment, asked.ticket.id, Event::fulfil, condition_of(asked, proof),
                        change);
}

Result<bool> note_proof(store::Transaction& transaction, const AskedProof& asked, const Proof& proof) {
  store::Change change;
  change.clear_challenge = true;
  change.evidence = Json{{"proven", true}, {"already_bound", view_change(asked.ticket).already_bound}};
  return store::amend(transaction, asked.ticket.id, {State::fulfilled, State::closed}, condition_of(asked, proof),
                      change);
}

Result<std::string> prove_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                             const AskedProof& asked, const Proof& proof) {
  const bool bound = is_bound(asked.ticket);
  TEGATA_ASSIGN(const bool moved,
                bound ? note_proof(transaction, asked, proof) : fulfil_by_proof(transaction, services, asked, proof));
  if (!moved) {
    TEGATA_ASSIGN(const auto now_is, store::find_handoff(transaction, asked.ticket.id));
    return standstill(now_is.value_or(asked.ticket), transaction.now(), e::ticket_not_confirmed);
  }
  TEGATA_TRY(note_use(transaction, proof));
  transaction.audit(event(request, "credential_proven", actor_of(asked.ticket),
                          "credential:" + base64url(proof.phone.record.id),
                          {{"handoff", asked.ticket.id}, {"label", proof.phone.label}, {"already_bound", !bound}}));
  return proof.phone.label;
}

}  // namespace

bool is_change(const store::Handoff& ticket) { return ticket.request.value("change", false); }

Json change_mark(const store::Session& session) {
  return session.purpose == purpose_devices ? Json{{"change", true}} : Json::object();
}

ChangeView view_change(const store::Handoff& ticket) {
  return {ticket.evidence.value("proven", false), ticket.evidence.value("already_bound", false)};
}

std::vector<Bytes> removable(const store::Handoff& ticket, const std::vector<store::BoundCredential>& phones) {
  std::vector<Bytes> out;
  if (!is_change(ticket) || !view_change(ticket).proven) return out;
  for (const auto& phone : phones) {
    if (phone.record.id != ticket.credential_id) out.push_back(phone.record.id);
  }
  return out;
}

Result<Json> prove_options(const Services& services, const http::Request& request, const std::string& secret,
                           const Digest& owner) {
  const auto challenge = random_bytes(services.random, 32);
  return write<Json>(services, request, "proof_refused", [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const auto asked, find_asked(transaction, secret, owner, transaction.now()));
    store::Condition condition;
    condition.owner = owner;
    store::Change change;
    change.challenge = challenge;
    TEGATA_ASSIGN(const bool changed,
                  store::amend(transaction, asked.ticket.id, {asked.ticket.state}, condition, change));
    if (!changed) return standstill(asked.ticket, transaction.now(), e::ticket_not_confirmed);
    transaction.audit(event(request, "proof_begun", actor_of(asked.ticket), subject_of(asked.ticket)));
    const auto left = prompt_time(asked.ticket, transaction.now());
    return proof_options(services, challenge, asked.allowed, left);
  });
}

Result<std::string> prove_phone(const Services& services, const http::Request& request, const std::string& secret,
                                const Digest& owner, const webauthn::AuthenticationResponse& response) {
  const auto kind = "proof_refused";
  const auto asked = services.store.read<AskedProof>(
      [&](store::Reader& reader) { return find_asked(reader, secret, owner, services.clock.now()); });
  if (!asked) return refuse(services, request, kind, asked.error());
  if (!asked->ticket.challenge) {
    return refuse(services, request, kind, Error(e::ticket_not_confirmed, "no challenge was asked for"));
  }
  const auto proof = verify_proof(services, response, *asked->ticket.challenge, asked->ids());
  if (!proof) return refuse(services, request, kind, proof.error());
  return write<std::string>(services, request, kind, [&](store::Transaction& transaction) {
    return prove_in(transaction, services, request, *asked, *proof);
  });
}

}  // namespace tegata::enroll
