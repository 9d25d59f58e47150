#include "enroll/device_handlers.h"

#include "enroll/approval.h"
#include "enroll/call.h"
#include "enroll/change.h"
#include "enroll/devices.h"
#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "rp/webauthn/signals.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using http::Request;
using http::Response;

constexpr const char* ceremony_cookie = "__Host-tegata-ceremony";

// Who is signed in may hear the cause.
Response answer_person(const Request& request, const Error& error) {
  return http::problem(request, error, {{"cause", error.code().name()}});
}

Json describe(const DevicesView& seen, const store::BoundCredential& phone, const store::Session& session) {
  Json out = {{"credential_id", base64url(phone.record.id)},
              {"label", phone.label},
              {"provider", provider_name(phone.record.aaguid)},
              {"synced", phone.record.backup_state},
              {"may_sync", phone.record.backup_eligible},
              {"added", format_rfc3339(phone.created_at)},
              {"last_used", nullptr},
              {"last_used_at", phone.last_used_facility},
              {"way", phone.origin},
              {"stopped", seen.stopped.contains(phone.record.id)},
              {"this_phone", session.credential_id == phone.record.id}};
  if (phone.last_used_at) out["last_used"] = format_rfc3339(*phone.last_used_at);
  return out;
}

// A record that was accepted as it stood may hold anything.
std::string text_in(const Json& details, const char* member) {
  const auto text = json_string(details, member);
  return text ? *text : "";
}

Json describe(const store::audit::AuditRecord& record) {
  const auto& details = record.event.details;
  Json out = {{"at", format_rfc3339(record.at)},
              {"kind", record.event.kind},
              {"label", text_in(details, "label")},
              {"by", kind_of_actor(record.event)}};
  if (record.event.kind == "mynumber_linked" && !text_in(details, "replaces").empty())
    out["kind"] = "mynumber_replaced";
  if (record.event.kind == "credential_renamed") {
    out["label"] = text_in(details, "to");
    out["from"] = text_in(details, "from");
  }
  return out;
}

// What the browser may be told about this person's passkeys: only the person hears it.
Json signals(const Services& services, const store::Practitioner& person,
             const std::vector<store::BoundCredential>& phones) {
  std::vector<webauthn::CredentialRecord> accepted;
  for (const auto& phone : phones) accepted.push_back(phone.record);
  const auto& rp_id = services.settings.rp_id;
  return {{"accepted", webauthn::all_accepted_credentials_signal(rp_id, person.user_handle, accepted)},
          {"details", webauthn::current_user_details_signal(rp_id, {person.user_handle, person.id, person.name})}};
}

Json describe_change(const DevicesView& seen) {
  if (!seen.change || !is_change(*seen.change)) return nullptr;
  const auto progress = view_change(*seen.change);
  Json offered = Json::array();
  for (const auto& id : removable(*seen.change, seen.phones)) offered.push_back(base64url(id));
  Json out = {{"state", seen.change_state}, {"label", seen.change_label},
              {"proven", progress.proven},  {"already_bound", progress.already_bound},
              {"removable", offered},       {"credential_id", nullptr}};
  if (seen.change->credential_id) out["credential_id"] = base64url(*seen.change->credential_id);
  return out;
}

// Which phones ask for a yes, since when and until when.
Json describe_waiting(const DevicesView& seen, const store::Session& session) {
  Json out = Json::array();
  for (const auto& ticket : seen.waiting) {
    out.push_back({{"ticket_id", ticket.id},
                   {"mark", mark_of(ticket)},
                   {"device", ticket.device},
                   {"pc", ticket.request.value("pc", "")},
                   {"begun_at", format_rfc3339(ticket.created_at)},
                   {"expires_at", format_rfc3339(ticket.expires_at)},
                   {"by_this_session", session.credential_id.has_value()}});
  }
  return out;
}

Json render(const Services& services, const DevicesView& seen, const store::Session& session) {
  const Instant now = shown_moment(services);
  Json phones = Json::array(), events = Json::array();
  for (const auto& phone : seen.phones) phones.push_back(describe(seen, phone, session));
  for (const auto& record : seen.events) events.push_back(describe(record));
  return {{"practitioner_id", seen.person.id},
          {"name", seen.person.name},
          {"method", session.method},
          {"now", format_rfc3339(now)},
          {"step_up_until", format_rfc3339(step_up_until(services.settings, session))},
          {"most_phones", services.settings.most_phones},
          {"devices", phones},
          {"events", events},
          {"change", describe_change(seen)},
          {"approvals", describe_waiting(seen, session)},
          {"session_ends_in", seconds_left(session, now)},
          {"signals", signals(services, seen.person, seen.phones)}};
}

Response devices(const Services& services, const Request& request) {
  const auto session = session_of(services, request, purpose_devices);
  if (!session) return http::problem(request, session.error());
  const auto seen = view_devices(services, *session);
  if (!seen) return http::problem(request, seen.error());
  return http::json_response(200, render(services, *seen, *session));
}

// A signed-in person's call that names a phone.
struct DeviceCall {
  store::Session session;
  Json body;
  Bytes credential_id;
};

Result<DeviceCall> parse_device_call(const Services& services, const Request& request) {
  DeviceCall call;
  TEGATA_ASSIGN(call.session, session_of(services, request, purpose_devices));
  TEGATA_ASSIGN(call.body, http::json_body(request));
  TEGATA_ASSIGN(const auto id, json_string(call.body, "credential_id"));
  TEGATA_ASSIGN(call.credential_id, parse_base64url(id));
  return call;
}

Response rename(const Services& services, const Request& request) {
  const auto call = parse_device_call(services, request);
  if (!call) return turn_away(services, request, call.error());
  const auto label = json_string(call->body, "label");
  if (!label) return turn_away(services, request, label.error());
  const auto renamed = rename_device(services, request, call->session, call->credential_id, *label);
  if (!renamed) return answer_person(request, renamed.error());
  return http::json_response(200, {{"label", *renamed}});
}

// The session ends with the phone where the phone signed it in: what is left is told in this answer.
Response remove(const Services& services, const Request& request) {
  const auto call = parse_device_call(services, request);
  if (!call) return turn_away(services, request, call.error());
  const auto removed = remove_device(services, request, call->session, call->credential_id);
  if (!removed) return answer_person(request, removed.error());
  const bool signed_out = call->session.credential_id == call->credential_id;
  auto response = http::json_response(
      200,
      {{"removed", true}, {"signed_out", signed_out}, {"signals", signals(services, removed->person, removed->left)}});
  if (signed_out) http::set_cookie(response, session_cookie, "", 0);
  return response;
}

Response approve(const Services& services, const Request& request) {
  const auto session = session_of(services, request, purpose_devices);
  if (!session) return http::problem(request, session.error());
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto ticket = json_string(*body, "ticket_id"), number = json_string(*body, "number");
  if (!ticket) return turn_away(services, request, ticket.error());
  if (!number) return turn_away(services, request, number.error());
  const auto done = approve_ticket(services, request, *session, {*ticket, *number});
  if (!done) return answer_person(request, done.error());
  return http::json_response(200, {{"approved", true}});
}

Response decline(const Services& services, const Request& request) {
  const auto session = session_of(services, request, purpose_devices);
  if (!session) return http::problem(request, session.error());
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto ticket = json_string(*body, "ticket_id");
  if (!ticket) return turn_away(services, request, ticket.error());
  const auto done = decline_waiting_ticket(services, request, *session, *ticket);
  if (!done) return answer_person(request, done.error());
  return http::json_response(200, {{"approved", false}});
}

Response login_options(const Services& services, const Request& request) {
  if (auto refused = too_many_starts(services, request)) return std::move(*refused);
  const auto cookie = random_secret(services.random, 32);
  const auto options = device_login_options(services, request, sha256(cookie));
  if (!options) return http::problem(request, options.error());
  auto response = http::json_response(200, {{"publicKey", *options}});
  http::set_cookie(response, ceremony_cookie, cookie, services.settings.start_life.count());
  return response;
}

// Unknown credential, wrong owner, wrong signature: one answer. A removed phone that has proven itself is told that its
// passkey is good for nothing any more.
Response login_refusal(const Services& services, const Request& request, const Error& error, const Bytes& id) {
  Json extra = Json::object();
  if (error.code() == e::devices_credential_removed) {
    extra["signals"] = {{"unknown", webauthn::unknown_credential_signal(services.settings.rp_id, id)}};
  }
  if (!is_unproven(error)) return http::problem(request, error, extra);
  auto response = http::problem(request, Error(e::devices_credential_unknown));
  response.cause = std::string(error.code().name());
  return response;
}

Response login(const Services& services, const Request& request) {
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto credential = json_object(*body, "credential");
  if (!credential) return turn_away(services, request, credential.error());
  const auto parsed = webauthn::parse_authentication_response(*credential);
  if (!parsed)
    return login_refusal(services, request, refuse(services, request, "phone_login_refused", parsed.error()), {});
  const auto cookie = cookie_digest(request, ceremony_cookie);
  if (!cookie) return turn_away(services, request, Error(e::devices_ceremony_unknown, "no cookie"));
  const auto done = log_in_by_device(services, request, *cookie, *parsed);
  if (!done) return login_refusal(services, request, done.error(), parsed->id);
  auto response = http::json_response(
      200, {{"purpose", purpose_devices}, {"practitioner_id", done->person.id}, {"name", done->person.name}});
  http::set_cookie(response, ceremony_cookie, "", 0);
  http::set_cookie(response, session_cookie, done->session);
  services.browsers.remember(response, done->person.id, services.clock.now());
  return response;
}

}  // namespace

void add_device_routes(http::Router& router, const Services& services) {
  constexpr auto pages = http::Origin::public_pages;
  const std::pair<const char*, Call> changes[] = {{"/api/devices/rename", rename},
                                                  {"/api/devices/remove", remove},
                                                  {"/api/devices/approve", approve},
                                                  {"/api/devices/decline", decline},
                                                  {"/api/devices/login/options", login_options},
                                                  {"/api/devices/login", login}};
  for (const auto& [path, call] : changes) router.add(pages, "POST", path, from_our_page(services, call));
  router.add(pages, "GET", "/api/devices", [services](const Request& request) { return devices(services, request); });
}

}  // namespace tegata::enroll
