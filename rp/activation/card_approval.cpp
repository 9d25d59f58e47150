// Approving with a card, in the browser that began the request: the card origin has judged the card, and its log-in was
// begun for this request alone.
#include "rp/activation/approval.h"
#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/lost_standing.h"
#include "rp/activation/pass_rules.h"
#include "rp/store/sign_in.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

Result<store::Session> card_session(store::Transaction& transaction, const Digest& cookie, const std::string& id) {
  TEGATA_ASSIGN(auto session, store::find_session(transaction, cookie, transaction.now()));
  if (!session || session->purpose != "authorize:" + id) return Error(e::activation_card_missing, id);
  return std::move(*session);
}

Result<Instant> end_of_card(const Json& card) {
  TEGATA_ASSIGN(const std::string text, json_string(card, "not_after"));
  return parse_rfc3339(text);
}

// Created or scanned becomes approved: the two moves of a phone in one.
Status fulfil(store::Transaction& transaction, const Services& services, const store::Handoff& handoff,
              const store::Session& session, const std::optional<Digest>& renewed, Instant card_end,
              const std::string& role) {
  store::Condition mine;
  mine.session = handoff.session;
  store::Change claim;
  claim.owner = handoff.session;
  if (handoff.state == State::created) {
    TEGATA_ASSIGN(const bool claimed,
                  store::advance(transaction, Kind::activation, handoff.id, Event::claim, mine, claim));
    if (!claimed) return Error(e::activation_already_decided, handoff.id);
  }
  store::Condition condition = mine;
  condition.login_hint = session.practitioner_id;
  condition.standing = store::Standing::approval;
  store::Change change;
  change.owner = change.session = renewed;
  change.clear_challenge = true;
  change.practitioner_id = session.practitioner_id;
  change.fulfilled_at = transaction.now();
  change.evidence = evidence_json({true, pass::ProvenKey::card}, session.begun_at, card_end);
  change.roles = roles_of(role);
  change.basis = session.basis;
  const Instant least = transaction.now() + services.settings.redemption_grace;
  if (least > handoff.expires_at) change.expires_at = least;
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::activation, handoff.id, Event::fulfil, condition, change));
  if (moved) return {};
  const bool open = handoff.expires_at > transaction.now() && handoff.state == State::claimed;
  if (!open && handoff.state != State::created) return Error(e::activation_already_decided, handoff.id);
  return cause_of_refusal(transaction, handoff.id, store::Standing::approval, transaction.now(), change,
                          e::activation_already_decided);
}

}  // namespace

Result<Json> approve_with_card(const Services& services, const http::Request& request, const Place& place,
                               const Answers& answers, const Digest& cookie) {
  const Deed stranger = deed_of_phone(request, "unknown", "activation_card");
  return write<Json>(services, request, stranger, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const store::Handoff handoff, place.find(transaction));
    TEGATA_ASSIGN(const store::Session session, card_session(transaction, cookie, handoff.id));
    TEGATA_TRY(verify_method(handoff, session.method));
    if (!handoff.login_hint.empty() && handoff.login_hint != session.practitioner_id) {
      return Error(e::activation_other_person, "asked for " + handoff.login_hint);
    }
    TEGATA_ASSIGN(Requester requester, find_requester(transaction, handoff));
    TEGATA_ASSIGN(requester.card_end, end_of_card(session.card));
    TEGATA_ASSIGN(const auto person, store::find_practitioner(transaction, session.practitioner_id));
    if (!person) return Error(e::activation_practitioner_not_in_good_standing, session.practitioner_id);
    TEGATA_ASSIGN(const auto role, chosen_role(*person, answers.role));
    if (!role) return role_question(*person);
    TEGATA_TRY(fulfil(transaction, services, handoff, session, place.renewed, requester.card_end, *role));
    TEGATA_TRY(store::end_session(transaction, cookie));
    TEGATA_ASSIGN(const Instant until, pass_until(requester, &*person, transaction.now()));
    const Deed deed = deed_of_phone(request, "practitioner:" + session.practitioner_id, subject_of(handoff));
    transaction.audit(event(request, deed, "activation_approved",
                            {{"card", session.card.value("fingerprint", "")},
                             {"method", session.method},
                             {"facility", handoff.facility_code},
                             {"role", *role}}));
    return Json{
        {"state", "approved"}, {"pass_until", format_rfc3339(until)}, {"practitioner_id", session.practitioner_id}};
  });
}

}  // namespace tegata::activation
