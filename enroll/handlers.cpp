#include "enroll/handlers.h"

#include <algorithm>

#include "enroll/approval.h"
#include "enroll/call.h"
#include "enroll/change.h"
#include "enroll/device_handlers.h"
#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "enroll/sign_in_mynumber.h"
#include "enroll/sign_in_number.h"
#include "enroll/ticket.h"
#include "qr/qr.h"
#include "rp/base/errors.h"
#include "rp/http/mask.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using http::Request;
using http::Response;

constexpr const char* phone_cookie = "__Host-tegata-phone-";
constexpr std::size_t secret_bytes = 32;

// Whoever owns the ticket or holds the card session may be told the cause; everybody else gets the shown code alone.
Response answer_owner(const Request& request, const Error& error) {
  for (const auto strangers : {e::ticket_unknown, e::ticket_not_owner, e::ticket_expired, e::ticket_over}) {
    if (error.code() == strangers) return http::problem(request, error);
  }
  return http::problem(request, error, {{"cause", error.code().name()}});
}

// The word for the screen behind the cause that ended a ticket.
std::string shown_reason(const std::string& reason) {
  return reason.starts_with("ticket_") ? reason.substr(7) : reason;
}

Json times(Instant now, Instant expires_at) {
  return {{"expires_at", format_rfc3339(expires_at)}, {"now", format_rfc3339(now)}};
}

// When the owner's time runs out.
Instant owned_until(const store::Handoff& ticket) {
  return std::min(ticket.expires_at, ticket.owner_until.value_or(ticket.expires_at));
}

Result<store::Practitioner> find_person(const Services& services, const std::string& id) {
  TEGATA_ASSIGN(auto person, services.store.read<std::optional<store::Practitioner>>(
                                 [&](store::Reader& reader) { return store::find_practitioner(reader, id); }));
  if (!person) return Error(e::internal, "a ticket or session of nobody");
  return std::move(*person);
}

// Whoever has no more than two numbers off a card does not learn the 本人ID by them.
std::string id_to_show(const std::string& id, bool unproven) { return unproven ? http::mask(id) : id; }

// Where a bound phone has to agree: by what its owner tells this ticket from others.
std::string mark_to_show(const store::Handoff& ticket) {
  return waits_for_approval(ticket) ? mark_of(ticket) : std::string();
}

// A changing call of the PC's page: the log-in that it stands on comes before what is wrong with its words.
Response on_screen(const Services& services, const Request& request,
                   const std::function<Response(const Screen&, const Json&)>& answer) {
  auto session = session_of(services, request);
  if (!session) return http::problem(request, session.error());
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  auto ticket = json_optional_string(*body, "ticket_id");
  if (!ticket) return turn_away(services, request, ticket.error());
  return answer({std::move(*session), std::move(*ticket)}, *body);
}

Response new_ticket(const Services& services, const Request& request, const Screen& screen) {
  const auto ticket = issue_ticket(services, request, screen);
  if (!ticket) return answer_owner(request, ticket.error());
  const auto url = services.settings.public_origin + "/p#t=" + ticket->secret;
  const auto svg = qr::svg(url);
  if (!svg) return http::problem(request, svg.error());
  const auto id = id_to_show(ticket->person.id, ticket->by_numbers_alone);
  Json body = {{"practitioner_id", id}, {"name", ticket->person.name}, {"qr_svg", *svg}, {"url", url}};
  body["ticket_id"] = ticket->id;
  const Instant now = shown_moment(services);
  body["session_ends_in"] = seconds_left(screen.session, now);
  body.update(times(now, ticket->expires_at));
  return http::json_response(201, body);
}

Response pc_new_ticket(const Services& services, const Request& request) {
  return on_screen(services, request,
                   [&](const Screen& screen, const Json&) { return new_ticket(services, request, screen); });
}

Response pc_state(const Services& services, const Request& request) {
  const auto session = session_of(services, request);
  if (!session) return http::problem(request, session.error());
  const auto named = request.query.find("ticket_id");
  const auto shown = named == request.query.end() ? std::nullopt : std::optional(named->second);
  const auto seen = ticket_of_screen(services, {*session, shown});
  if (!seen) return http::problem(request, seen.error());
  const auto person = find_person(services, session->practitioner_id);
  if (!person) return http::problem(request, person.error());
  const Instant now = shown_moment(services);
  if (!*seen) {
    const auto id = id_to_show(person->id, session->method == method_registration_number);
    return http::json_response(200, {{"state", "none"},
                                     {"practitioner_id", id},
                                     {"name", person->name},
                                     {"session_ends_in", seconds_left(*session, now)}});
  }
  const auto& ticket = (*seen)->handoff;
  Json body = {{"state", (*seen)->state}, {"device", ticket.device},       {"reason", shown_reason(ticket.reason)},
               {"label", (*seen)->label}, {"practitioner_id", person->id}, {"name", person->name}};
  body["ticket_id"] = ticket.id;
  body["approval"] = waits_for_approval(ticket);
  body["mark"] = mark_to_show(ticket);
  body["practitioner_id"] = id_to_show(person->id, is_by_numbers_alone(ticket));
  body["change"] = is_change(ticket);
  body["proven"] = view_change(ticket).proven;
  body["session_ends_in"] = seconds_left(*session, now);
  body.update(times(now, ticket.expires_at));
  return http::json_response(200, body);
}

Response pc_confirm(const Services& services, const Request& request) {
  return on_screen(services, request, [&](const Screen& screen, const Json& body) {
    const auto number = json_string(body, "number");
    if (!number) return turn_away(services, request, number.error());
    const auto done = confirm_ticket(services, request, screen, *number);
    return done ? http::json_response(200, {{"state", "confirmed"}}) : answer_owner(request, done.error());
  });
}

Response pc_reject(const Services& services, const Request& request) {
  return on_screen(services, request, [&](const Screen& screen, const Json&) {
    const auto done = reject_ticket_on_pc(services, request, screen);
    return done ? http::json_response(200, {{"state", "rejected"}}) : answer_owner(request, done.error());
  });
}

// The cookie by which a phone owns the ticket of this secret. The name must not give the secret away.
std::string claim_cookie_id(const std::string& secret) {
  const Digest made = hmac_sha256(as_bytes(secret), as_bytes("claim cookie"));
  return hex(ByteView(made).first(8));
}

// What every call of the phone's page carries.
struct PhoneCall {
  Json body;
  std::string secret;
  std::optional<Digest> owner;
  BrowserIdentity identity;
};

Result<PhoneCall> parse_phone_call(const Request& request) {
  PhoneCall call;
  TEGATA_ASSIGN(call.body, http::json_body(request));
  TEGATA_ASSIGN(call.secret, json_string(call.body, "ticket"));
  TEGATA_ASSIGN(const auto touch_points, json_optional_integer(call.body, "touch_points"));
  call.owner = cookie_digest(request, phone_cookie + claim_cookie_id(call.secret));
  call.identity = identity_of(request, static_cast<int>(std::clamp<std::int64_t>(touch_points.value_or(0), 0, 100)));
  return call;
}

// A call that only the owning phone can make.
Result<PhoneCall> parse_owners_call(const Request& request) {
  TEGATA_ASSIGN(auto call, parse_phone_call(request));
  if (!call.owner) return Error(e::ticket_not_owner, "no claim cookie");
  return call;
}

Response phone_look(const Services& services, const Request& request) {
  const auto call = parse_phone_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto seen = look_at_ticket(services, request, call->secret, call->owner);
  if (!seen) return http::problem(request, seen.error());
  const auto& ticket = seen->handoff;
  Json body = {{"practitioner_id_masked", http::mask(ticket.practitioner_id)},
               {"state", seen->state},
               {"mine", seen->mine},
               {"password", seen->password}};
  if (seen->tries_left) body["tries_left"] = *seen->tries_left;
  body.update(times(shown_moment(services), seen->mine ? owned_until(ticket) : ticket.expires_at));
  return http::json_response(200, body);
}

// After a wrong password the person learns how many tries are left.
Response answer_claim(const Services& services, const Request& request, const std::string& secret, const Error& error) {
  if (error.code() == e::ticket_claims_too_many) {
    auto response = http::problem(request, error);
    response.headers.emplace("Retry-After", retry_after(Limits::longest_wait_of_claims));
    return response;
  }
  if (error.code() != e::ticket_password_wrong) return answer_owner(request, error);
  const auto left = tries_left(services, secret);
  Json extra{{"cause", error.code().name()}};
  if (left && *left) extra["tries_left"] = **left;
  return http::problem(request, error, extra);
}

Response phone_claim(const Services& services, const Request& request) {
  const auto call = parse_phone_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto platform = json_bool(call->body, "platform_authenticator");
  if (!platform) return turn_away(services, request, platform.error());
  if (!*platform) {
    return answer_owner(request,
                        refuse(services, request, "ticket_refused", Error(e::ticket_no_platform_authenticator)));
  }
  const auto password = json_optional_string(call->body, "password");
  if (!password) return turn_away(services, request, password.error());
  const auto cookie = random_secret(services.random, secret_bytes);
  const Claimant claimant{call->owner, sha256(cookie)};
  const auto ticket = *password ? claim_ticket_with_password(services, request, call->secret, **password,
                                                             claimant.fresh, call->identity)
                                : claim_ticket(services, request, call->secret, claimant, call->identity);
  if (!ticket) return answer_claim(services, request, call->secret, ticket.error());
  const auto person = find_person(services, ticket->practitioner_id);
  if (!person) return http::problem(request, person.error());
  Json body = {{"practitioner_id", id_to_show(ticket->practitioner_id, is_by_numbers_alone(*ticket))},
               {"name", person->name},
               {"match_number", ticket->number},
               {"state", handoff::shown(ticket->kind, ticket->state)}};
  body.update(times(shown_moment(services), owned_until(*ticket)));
  auto response = http::json_response(200, body);
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(owned_until(*ticket) - services.clock.now()) +
                    services.settings.label_life;
  // Whoever owned it already keeps its cookie.
  if (ticket->owner == claimant.fresh)
    http::set_handoff_cookie(request, response, phone_cookie, claim_cookie_id(call->secret), cookie, life.count());
  return response;
}

// As long as somebody has still to type it: at the PC, or on a phone that is bound already.
std::string number_to_show(const store::Handoff& ticket) {
  const bool asked = ticket.state == handoff::State::claimed ||
                     (ticket.state == handoff::State::confirmed && waits_for_approval(ticket));
  return asked ? ticket.number : "";
}

Response phone_status(const Services& services, const Request& request) {
  const auto call = parse_owners_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto seen = ticket_of_phone(services, call->secret, *call->owner);
  if (!seen) return http::problem(request, seen.error());
  const auto& ticket = seen->handoff;
  // On the phone the label page stays until the person taps, whatever the PC shows.
  const auto state = ticket.state == handoff::State::fulfilled ? std::string("registered") : seen->state;
  Json body = {{"state", state},
               {"reason", shown_reason(ticket.reason)},
               {"label", seen->label},
               {"practitioner_id", id_to_show(ticket.practitioner_id, is_by_numbers_alone(ticket))},
               {"match_number", number_to_show(ticket)},
               {"approval", waits_for_approval(ticket)},
               {"mark", mark_to_show(ticket)},
               {"change", is_change(ticket)},
               {"proven", view_change(ticket).proven}};
  body.update(times(shown_moment(services), owned_until(ticket)));
  return http::json_response(200, body);
}

Response phone_options(const Services& services, const Request& request) {
  const auto call = parse_owners_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto options = registration_options(services, request, call->secret, *call->owner);
  if (!options) return answer_owner(request, options.error());
  return http::json_response(200, {{"publicKey", *options}});
}

Response phone_register(const Services& services, const Request& request) {
  const auto call = parse_owners_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto credential = json_object(call->body, "credential");
  if (!credential) return turn_away(services, request, credential.error());
  const auto parsed = webauthn::parse_registration_response(*credential);
  if (!parsed) return answer_owner(request, refuse(services, request, "registration_refused", parsed.error()));
  const auto label = register_phone(services, request, call->secret, *call->owner, *parsed, call->identity);
  if (!label) return answer_owner(request, label.error());
  return http::json_response(200, {{"state", "registered"}, {"label", *label}});
}

Response phone_label(const Services& services, const Request& request) {
  const auto call = parse_owners_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto wanted = json_optional_string(call->body, "label");
  if (!wanted) return turn_away(services, request, wanted.error());
  const auto label = confirm_label(services, request, call->secret, *call->owner, *wanted);
  if (!label) return answer_owner(request, label.error());
  return http::json_response(200, {{"state", "done"}, {"label", *label}});
}

Response phone_prove_options(const Services& services, const Request& request) {
  const auto call = parse_owners_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto options = prove_options(services, request, call->secret, *call->owner);
  if (!options) return answer_owner(request, options.error());
  return http::json_response(200, {{"publicKey", *options}});
}

Response phone_prove(const Services& services, const Request& request) {
  const auto call = parse_owners_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto credential = json_object(call->body, "credential");
  if (!credential) return turn_away(services, request, credential.error());
  const auto parsed = webauthn::parse_authentication_response(*credential);
  if (!parsed) return answer_owner(request, refuse(services, request, "proof_refused", parsed.error()));
  const auto label = prove_phone(services, request, call->secret, *call->owner, *parsed);
  if (!label) return answer_owner(request, label.error());
  return http::json_response(200, {{"state", "registered"}, {"label", *label}, {"proven", true}});
}

Response phone_decline(const Services& services, const Request& request) {
  const auto call = parse_phone_call(request);
  if (!call) return turn_away(services, request, call.error());
  const auto done = reject_ticket_on_phone(services, request, call->secret, call->owner);
  if (!done) return answer_owner(request, done.error());
  return http::json_response(200, {{"state", "rejected"}});
}

// What went wrong in the browser before anything reached us; for the log alone.
Response phone_report(const Services& services, const Request& request) {
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto what = json_string(*body, "what");
  if (!what) return turn_away(services, request, what.error());
  const auto after = json_optional_integer(*body, "after_ms");
  if (!after) return turn_away(services, request, after.error());
  if (services.limits->told.wait({request.remote_address, ""}, services.clock.monotonic()).count() == 0) {
    services.report(request, Error(e::phone_ceremony_failed,
                                   what->substr(0, 40) + " after " + std::to_string(after->value_or(0)) + " ms"));
  }
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

void add_routes(http::Router& router, const Services& services) {
  constexpr auto pages = http::Origin::public_pages;
  const std::pair<const char*, Call> changes[] = {{"/api/start", start},
                                                  {"/api/handover", handover},
                                                  {"/api/session/end", end_session},
                                                  {"/api/registration-number", sign_in_by_number},
                                                  {"/api/mynumber/unlink", mynumber_unlink},
                                                  {"/api/enrollment", pc_new_ticket},
                                                  {"/api/enrollment/confirm", pc_confirm},
                                                  {"/api/enrollment/reject", pc_reject},
                                                  {"/api/phone/look", phone_look},
                                                  {"/api/phone/claim", phone_claim},
                                                  {"/api/phone/status", phone_status},
                                                  {"/api/phone/options", phone_options},
                                                  {"/api/phone/register", phone_register},
                                                  {"/api/phone/label", phone_label},
                                                  {"/api/phone/prove/options", phone_prove_options},
                                                  {"/api/phone/prove", phone_prove},
                                                  {"/api/phone/decline", phone_decline},
                                                  {"/api/phone/report", phone_report}};
  for (const auto& [path, call] : changes) router.add(pages, "POST", path, from_our_page(services, call));
  router.add(pages, "GET", "/api/enrollment", plain(services, pc_state));
  router.add(pages, "GET", "/api/offers", plain(services, offers));
  router.add(pages, "GET", "/api/mynumber", plain(services, mynumber_state));
  add_device_routes(router, services);
  router.add(http::Origin::card, "GET", "/login", plain(services, card_login));
  router.add(http::Origin::mynumber, "GET", "/login", plain(services, mynumber_login));
}

}  // namespace tegata::enroll
