#include "rp/activation/authorize_page.h"

#include "qr/qr.h"
#include "rp/activation/approval.h"
#include "rp/activation/authorization_request.h"
#include "rp/activation/authorize.h"
#include "rp/activation/begin.h"
#include "rp/activation/errors.h"
#include "rp/activation/lost_standing.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/pass_rules.h"
#include "rp/http/mask.h"
#include "rp/store/engine/errors.h"
#include "rp/webauthn/options.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

// A call of the page: its transaction's id and the cookie for it.
struct PageCall {
  Json body;
  std::string id, cookie;
  Digest session() const { return sha256(cookie); }
};

Result<PageCall> parse_page_call(const Services& services, const http::Request& request) {
  TEGATA_TRY(http::require_same_origin(request, services.settings.issuer));
  PageCall out;
  TEGATA_ASSIGN(out.body, http::json_body(request));
  TEGATA_ASSIGN(out.id, json_string(out.body, "id"));
  const auto cookie = out.id.size() <= 32 ? request.cookie(authorize_cookie + out.id) : std::nullopt;
  if (!cookie || cookie->empty()) return Error(e::activation_request_unknown, "no cookie");
  out.cookie = *cookie;
  return out;
}

Result<store::Handoff> find_own(store::Reader& reader, const PageCall& call) {
  TEGATA_ASSIGN(auto handoff, store::find_handoff(reader, call.id));
  if (!handoff || handoff->flow != "code" || !handoff->session) return Error(e::activation_request_unknown, call.id);
  if (!equal_constant_time(*handoff->session, call.session())) return Error(e::activation_not_owner, call.id);
  return std::move(*handoff);
}

// An answer, and the cookie that the browser has for its transaction from now on, where that changes.
struct PageAnswer {
  PageAnswer(Json body_in) : body(std::move(body_in)) {}
  Json body;
  std::string cookie;
  std::string person;  // who approved what this browser has just fetched
};

using Action = Result<PageAnswer> (*)(const Services&, const http::Request&, const PageCall&);

http::Response run(const Services& services, const http::Request& request, const char* subject, Action action) {
  const auto call = parse_page_call(services, request);
  const auto answer = call ? action(services, request, *call) : Result<PageAnswer>(call.error());
  if (answer) {
    auto response = approval_answer(services, answer->body);
    if (!answer->cookie.empty()) set_authorize_cookie(services, request, response, call->id, answer->cookie);
    if (!answer->person.empty()) services.browsers.remember(response, answer->person, services.clock.now());
    return response;
  }
  // What was refused in a transaction stands in the audit log already.
  if (call) return approval_refusal(request, answer.error());
  return page_refusal(request, refuse(services, request, deed_of_phone(request, "unknown", subject), call.error()),
                      false);
}

Result<store::Handoff> read_own(const Services& services, const PageCall& call) {
  return services.store.read<store::Handoff>([&](store::Reader& reader) { return find_own(reader, call); });
}

Result<PageAnswer> look(const Services& services, const http::Request&, const PageCall& call) {
  struct Seen {
    store::Handoff handoff;
    Requester requester;
  };
  Instant now;
  TEGATA_ASSIGN(const Seen seen, services.store.read<Seen>([&](store::Reader& reader) -> Result<Seen> {
    // What can still be declined is shown as such.
    TEGATA_ASSIGN(now, store::moment(reader, services.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(store::Handoff handoff, find_own(reader, call));
    TEGATA_ASSIGN(Requester requester, find_requester(reader, handoff));
    return Seen{std::move(handoff), std::move(requester)};
  }));
  TEGATA_ASSIGN(const Instant until, pass_until(seen.requester, nullptr, now));
  return PageAnswer(Json{{"state", shown_to_phone(seen.handoff, now)},
                         {"scanned", seen.handoff.state == State::claimed},
                         {"facility_name", seen.requester.facility.name},
                         {"terminal_name", seen.handoff.terminal_name},
                         {"practitioner_id_masked", http::mask(seen.handoff.login_hint)},
                         {"method", seen.handoff.request.value("method", "")},
                         {"ui_locales", seen.handoff.request.value("ui_locales", "")},
                         {"pass_until", format_rfc3339(until)},
                         {"requested_at", format_rfc3339(seen.handoff.created_at)},
                         {"expires_at", format_rfc3339(seen.handoff.expires_at)},
                         {"now", format_rfc3339(now)}});
}

Result<PageAnswer> phone(const Services& services, const http::Request&, const PageCall& call) {
  TEGATA_ASSIGN(const store::Handoff handoff, read_own(services, call));
  const std::string link = services.settings.issuer + "/d#t=" + scan_token_of(call.cookie);
  TEGATA_ASSIGN(const std::string svg, qr::svg(link));
  return PageAnswer(Json{{"number", handoff.number}, {"qr_svg", svg}});
}

// A challenge for this browser. A phone that scanned before must scan again: the newest question counts.
Result<PageAnswer> options(const Services& services, const http::Request& request, const PageCall& call) {
  const Bytes challenge = random_bytes(services.random, 32);
  const Deed deed = deed_of_phone(request, "unknown", "handoff:" + call.id);
  TEGATA_ASSIGN(
      const auto handoff,
      write<store::Handoff>(services, request, deed, [&](store::Transaction& transaction) -> Result<store::Handoff> {
        TEGATA_TRY(verify_pace(services, request, services.memory->questions));
        TEGATA_ASSIGN(store::Handoff found, find_own(transaction, call));
        store::Condition condition;
        condition.session = call.session();
        store::Change change;
        change.challenge = challenge;
        TEGATA_ASSIGN(const bool moved,
                      store::amend(transaction, found.id, {State::created, State::claimed}, condition, change));
        if (!moved) return Error(e::activation_already_decided, found.id);
        transaction.audit_unproven(event(request, deed, "activation_key_asked"));
        return found;
      }));
  webauthn::ExpectedAuthentication expected;
  expected.rp_id = services.settings.rp_id;
  expected.origins = services.settings.origins;
  expected.challenge = challenge;
  expected.policy = webauthn::wire::standard_policy();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(handoff.expires_at - services.clock.now());
  return PageAnswer(Json{{"publicKey", webauthn::request_options(expected, left.count())}});
}

// The person proved who they are in this browser: whoever else knows its cookie, having written it there, has no part
// in what comes of it.
Result<PageAnswer> approve_here(const Services& services, const PageCall& call,
                                const std::function<Result<Json>(const Place&)>& approve) {
  const std::string fresh = random_secret(services.random, 32);
  const Place here{[&](store::Reader& reader) { return find_own(reader, call); }, sha256(fresh)};
  TEGATA_ASSIGN(PageAnswer answer, approve(here));
  if (answer.body["state"] == "approved") answer.cookie = fresh;
  return answer;
}

Result<PageAnswer> passkey(const Services& services, const http::Request& request, const PageCall& call) {
  TEGATA_ASSIGN(const Json credential, json_object(call.body, "credential"));
  TEGATA_ASSIGN(const auto response, webauthn::parse_authentication_response(credential));
  TEGATA_ASSIGN(const auto role, json_optional_string(call.body, "role"));
  return approve_here(services, call, [&](const Place& here) {
    return approve_with_key(services, request, here, {std::nullopt, role}, response);
  });
}

Result<PageAnswer> card(const Services& services, const http::Request& request, const PageCall& call) {
  const auto cookie = request.cookie(page_session_cookie);
  if (!cookie) return Error(e::activation_card_missing);
  TEGATA_ASSIGN(const auto role, json_optional_string(call.body, "role"));
  return approve_here(services, call, [&](const Place& here) {
    return approve_with_card(services, request, here, {std::nullopt, role}, sha256(*cookie));
  });
}

// What the browser brings back to the client when there is no code.
std::string refusal_uri(const Services& services, const store::Handoff& handoff) {
  return answer_uri(handoff.request.value("redirect_uri", ""), handoff.request.value("state", ""),
                    services.settings.issuer, {{"error", "access_denied"}});
}

Result<PageAnswer> decline_on_page(const Services& services, const http::Request& request, const PageCall& call) {
  const Deed deed = deed_of_phone(request, "unknown", "handoff:" + call.id);
  return write<PageAnswer>(
      services, request, deed,
      [&](store::Transaction& transaction) -> Result<PageAnswer> {
        TEGATA_ASSIGN(const store::Handoff handoff, find_own(transaction, call));
        store::Condition condition;
        condition.session = call.session();
        store::Change change;
        change.reason = std::string(e::activation_declined.name());
        TEGATA_ASSIGN(const bool moved,
                      store::advance(transaction, Kind::activation, handoff.id, Event::deny, condition, change));
        if (!moved && handoff.state != State::denied) return Error(e::activation_already_decided, handoff.id);
        if (moved) {
          audit_request(transaction, handoff,
                        event(request, deed, "activation_denied", Json::object(), e::activation_declined.name()));
        }
        return PageAnswer(Json{{"location", refusal_uri(services, handoff)}});
      },
      store::Purpose::take_away);
}

// What nobody has approved rests on nobody yet.
Error cause_of_no_code(store::Transaction& transaction, const store::Handoff& handoff) {
  if (handoff.state != State::fulfilled) return Error(e::activation_already_decided, handoff.id);
  return cause_of_refusal(transaction, handoff.id, store::Standing::whole, transaction.now(), {},
                          e::activation_already_decided);
}

// One code for one approval. Where the answer was lost, the browser gets another in its place while nobody redeemed the
// first, which is worth nothing from then on; the time that both have does not grow.
Result<PageAnswer> finish(const Services& services, const http::Request& request, const PageCall& call) {
  const std::string code = random_secret(services.random, 32);
  const Deed deed = deed_of_phone(request, "unknown", "handoff:" + call.id);
  return write<PageAnswer>(services, request, deed, [&](store::Transaction& transaction) -> Result<PageAnswer> {
    TEGATA_ASSIGN(const store::Handoff handoff, find_own(transaction, call));
    const bool over = handoff.state == State::denied || handoff.state == State::cancelled ||
                      handoff.state == State::expired || handoff.expires_at <= transaction.now();
    // Nobody is sent to an address that is the client's no longer.
    const bool nowhere = handoff.reason == e::right_redirect_uri_taken.name();
    if (over && nowhere) return Error(e::right_redirect_uri_taken, handoff.id);
    if (over) return PageAnswer(Json{{"location", refusal_uri(services, handoff)}});
    store::Condition condition;
    condition.session = call.session();
    condition.standing = store::Standing::whole;
    store::Change change;
    change.device_code = sha256(code);
    if (!handoff.device_code) change.expires_at = transaction.now() + services.settings.code_life;
    TEGATA_ASSIGN(const bool made, store::amend(transaction, handoff.id, {State::fulfilled}, condition, change));
    if (!made) return cause_of_no_code(transaction, handoff);
    transaction.audit(event(request, deed, "authorization_code_made"));
    PageAnswer out(
        Json{{"location", answer_uri(handoff.request.value("redirect_uri", ""), handoff.request.value("state", ""),
                                     services.settings.issuer, {{"code", code}})}});
    out.person = handoff.practitioner_id;
    return out;
  });
}

}  // namespace

http::Response authorize_look(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_look", look);
}
http::Response authorize_phone(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_phone", phone);
}
http::Response authorize_options(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_options", options);
}
http::Response authorize_passkey(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_passkey", passkey);
}
http::Response authorize_card(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_card", card);
}
http::Response authorize_decline(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_decline", decline_on_page);
}
http::Response authorize_finish(const Services& services, const http::Request& request) {
  return run(services, request, "authorize_finish", finish);
}

}  // namespace tegata::activation
