#include "enroll/sign_in.h"

#include <algorithm>

#include "enroll/devices.h"
#include "enroll/errors.h"
#include "enroll/sign_in_mynumber.h"
#include "enroll/ticket.h"
#include "rp/base/errors.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

struct HandedOver {
  store::Redeemed redeemed;
  std::optional<store::Practitioner> person;
  Json mynumber;        // as describe_mynumber
  std::string session;  // the new cookie; empty where a link was made
};

Status begin_session(const Services& services, const http::Request& request, store::Transaction& transaction,
                     HandedOver& out) {
  out.session = random_secret(services.random, 32);
  const auto& redeemed = out.redeemed;
  return replace_session(transaction, request,
                         {sha256(out.session),
                          redeemed.login.practitioner_id,
                          redeemed.purpose,
                          redeemed.method,
                          redeemed.login.card,
                          transaction.now() + services.settings.session_life,
                          std::nullopt,
                          {},
                          redeemed.login.basis.value_or(0)});
}

bool makes_link(const store::Redeemed& redeemed) {
  return redeemed.purpose == purpose_link && redeemed.method == method_mynumber;
}

Result<HandedOver> hand_over(const Services& services, const http::Request& request, const std::string& code,
                             const Digest& cookie, store::Transaction& transaction) {
  TEGATA_ASSIGN(auto redeemed, store::redeem_card_login(transaction, sha256(code), cookie));
  if (!redeemed) return Error(e::sign_in_code_unknown, "code, its time, or its start record");
  HandedOver out{std::move(*redeemed), std::nullopt, {}, {}};
  const auto& login = out.redeemed.login;
  const auto subject = login.practitioner_id.empty() ? std::string("card") : "practitioner:" + login.practitioner_id;
  auto record = event(request, "card_login_handed_over", subject, subject, Json::object(), login.refusal);
  if (login.practitioner_id.empty()) {
    transaction.audit_unproven(std::move(record));
    return out;
  }
  transaction.audit(std::move(record));
  TEGATA_ASSIGN(out.person, store::find_practitioner(transaction, login.practitioner_id));
  if (!out.person) return Error(e::internal, "the person of a card log-in is gone");
  if (makes_link(out.redeemed)) {
    TEGATA_TRY(link_mynumber(services, request, transaction, out.redeemed));
  } else {
    TEGATA_TRY(begin_session(services, request, transaction, out));
  }
  TEGATA_ASSIGN(out.mynumber, describe_mynumber(services, transaction, out.person->id, transaction.now()));
  return out;
}

Result<HandedOver> redeem(const Services& services, const http::Request& request, const std::string& code,
                          const Digest& cookie) {
  return write<HandedOver>(services, request, "handover_refused", [&](store::Transaction& transaction) {
    return hand_over(services, request, code, cookie, transaction);
  });
}

// A refusal says which card it was, so that the page can ask for the same again.
http::Response handed_over(const http::Request& request, const HandedOver& done) {
  const auto& redeemed = done.redeemed;
  const Json begun = {{"purpose", redeemed.purpose}, {"method", redeemed.method}};
  if (!done.person) {
    Json extra = begun;
    extra["cause"] = redeemed.login.refusal;
    return http::problem(request, Error(refusal_named(redeemed.login.refusal)), extra);
  }
  Json body = begun;
  body.update({{"practitioner_id", done.person->id},
               {"name", done.person->name},
               {"roles", done.person->roles},
               {"mynumber", done.mynumber}});
  return http::json_response(200, body);
}

std::int64_t whole_seconds(std::chrono::seconds life) { return life.count(); }

}  // namespace

std::optional<http::Response> too_many_starts(const Services& services, const http::Request& request) {
  const SourceLimit::Call call{request.remote_address, services.browsers.person(request, services.clock.now())};
  const auto wait = services.limits->starts.wait_in_turn(call, services.clock.monotonic());
  if (wait.count() == 0) return std::nullopt;
  auto response = turn_away(services, request, Error(e::sign_in_too_many));
  response.headers.emplace("Retry-After", retry_after(wait));
  return response;
}

namespace {

struct AskedSignIn {
  std::string purpose, method;
};

Result<AskedSignIn> parse_start(const Services& services, const http::Request& request) {
  TEGATA_ASSIGN(const auto body, http::json_body(request));
  AskedSignIn asked;
  TEGATA_ASSIGN(asked.purpose, json_string(body, "purpose"));
  TEGATA_ASSIGN(const auto method, json_optional_string(body, "method"));
  asked.method = method.value_or(method_card);
  if (page_of(asked.purpose).empty()) return Error(e::sign_in_purpose_unknown, asked.purpose.substr(0, 32));
  if (!is_offered(services.settings, asked.method)) return Error(e::sign_in_method_unknown, asked.method.substr(0, 32));
  return asked;
}

// Whose My Number card will be linked: only the HPKI card says so.
Result<std::string> started_for(const Services& services, const http::Request& request, const AskedSignIn& asked) {
  if (asked.purpose != purpose_link || asked.method == method_card) return std::string();
  TEGATA_ASSIGN(const auto session, session_of(services, request, purpose_link));
  if (session.purpose != purpose_link || session.method != method_card)
    return Error(e::sign_in_session_missing, session.method);
  // Said before the cards are swapped; the hand-over asks again.
  TEGATA_ASSIGN(const Instant now, services.store.read<Instant>(
                                       [&](store::Reader& reader) { return store::moment(reader, services.clock); }));
  if (step_up_until(services.settings, session) <= now) return Error(e::devices_step_up_needed);
  return session.practitioner_id;
}

// Anybody may begin; whoever links a card has proved who it is for.
void record_start(store::Transaction& transaction, const http::Request& request, const AskedSignIn& asked,
                  const std::string& whom) {
  const Json details = {{"purpose", asked.purpose}, {"method", asked.method}};
  if (whom.empty()) return transaction.audit_unproven(event(request, "card_login_started", "unknown", "card", details));
  transaction.audit(event(request, "card_login_started", "practitioner:" + whom, "card", details));
}

// What the page goes by: a log-in that is too old is made once more, whatever card was shown.
http::Response answer_with_cause(const http::Request& request, const Error& error) {
  if (error.code() != e::devices_step_up_needed) return http::problem(request, error);
  return http::problem(request, error, {{"cause", error.code().name()}});
}

}  // namespace

http::Response start(const Services& services, const http::Request& request) {
  const auto asked = parse_start(services, request);
  if (!asked) return turn_away(services, request, asked.error());
  if (auto refused = too_many_starts(services, request)) return std::move(*refused);
  const auto whom = started_for(services, request, *asked);
  if (!whom) return answer_with_cause(request, refuse(services, request, "start_refused", whom.error()));
  const auto id = random_secret(services.random, 32);
  const auto cookie = random_secret(services.random, 32);
  const auto nonce = make_nonce(services, asked->method);
  const auto made = write<void>(services, request, "start_refused", [&](store::Transaction& transaction) -> Status {
    record_start(transaction, request, *asked, *whom);
    return store::insert_start(transaction, {sha256(id), sha256(cookie), asked->purpose, nonce,
                                             transaction.now() + services.settings.start_life, asked->method, *whom});
  });
  if (!made) return http::problem(request, made.error());
  auto response = http::json_response(200, {{"card_url", login_url(services.settings, asked->method, nonce, id)}});
  http::set_cookie(response, start_cookie, cookie, whole_seconds(services.settings.start_life));
  return response;
}

http::Response handover(const Services& services, const http::Request& request) {
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto code = json_string(*body, "code");
  if (!code) return turn_away(services, request, code.error());
  const auto cookie = cookie_digest(request, start_cookie);
  if (!cookie)
    return http::problem(
        request, refuse(services, request, "handover_refused", Error(e::sign_in_code_unknown, "no start cookie")));
  const auto done = redeem(services, request, *code, *cookie);
  if (!done) return answer_with_cause(request, done.error());
  auto response = handed_over(request, *done);
  http::set_cookie(response, start_cookie, "", 0);
  if (!done->session.empty()) http::set_cookie(response, session_cookie, done->session);
  if (done->person && done->session.empty()) http::set_cookie(response, session_cookie, "", 0);
  if (done->person) services.browsers.remember(response, done->person->id, services.clock.now());
  return response;
}

http::Response offers(const Services& services, const http::Request&) {
  return http::json_response(200, {{"mynumber", is_offered(services.settings, method_mynumber)},
                                   {"registration_number", services.settings.registration_number.has_value()}});
}

namespace {

// No clock that went back shows again what has ended, nor keeps a person from what takes away. What gives is refused by
// its own write.
Result<std::optional<store::Session>> kept_session(const Services& services, const Digest& cookie) {
  using Kept = std::optional<store::Session>;
  return services.store.read<Kept>([&](store::Reader& reader) -> Result<Kept> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
    return store::find_session(reader, cookie, now);
  });
}

// A screen that another tab has left behind says good-bye for itself alone.
bool is_left_behind(const Services& services, const Digest& cookie, const std::optional<std::string>& ticket) {
  if (!ticket) return false;
  const auto newest = services.store.read<std::optional<store::Handoff>>(
      [&](store::Reader& reader) { return store::find_enrollment_by_session(reader, cookie); });
  const auto session = kept_session(services, cookie);
  // Where nobody can tell, the person at the PC comes first, who wants to be gone.
  return newest && session && *session && !(*newest && (*newest)->id == *ticket);
}

Status close_in(store::Transaction& transaction, const http::Request& request, const Digest& cookie,
                const std::optional<std::string>& ticket) {
  TEGATA_ASSIGN(const bool was_there, close_session(transaction, request, cookie, ticket));
  // Anybody can invent a cookie: what ended nothing is a refusal, whose records are limited.
  if (!was_there) return Error(e::sign_in_session_missing);
  transaction.audit(event(request, "session_ended", "unknown", "session"));
  return {};
}

Result<std::optional<std::string>> parse_end(const http::Request& request) {
  TEGATA_ASSIGN(const auto body, http::json_body(request));
  return json_optional_string(body, "ticket_id");
}

// Nothing to end is an end, too.
bool is_at_an_end(const Status& ended) {
  return ended || ended.error().code() == e::sign_in_session_missing ||
         ended.error().code() == e::ticket_of_other_session;
}

}  // namespace

http::Response end_session(const Services& services, const http::Request& request) {
  const auto ticket = parse_end(request);
  auto response = ticket ? http::Response{} : turn_away(services, request, ticket.error());
  if (ticket) response.status = 204;
  const auto cookie = cookie_digest(request, session_cookie);
  bool left_behind = false;
  if (ticket && cookie) {
    const auto ended = write<void>(
        services, request, "session_end_refused",
        [&](store::Transaction& transaction) { return close_in(transaction, request, *cookie, *ticket); },
        store::Purpose::take_away);
    left_behind = !ended && is_left_behind(services, *cookie, *ticket);
    if (!is_at_an_end(ended)) response = http::problem(request, ended.error());
  }
  if (!left_behind) http::set_cookie(response, session_cookie, "", 0);
  return response;
}

namespace {

bool serves(const store::Session& session, std::string_view purpose) {
  if (session.purpose == purpose_devices && (purpose == purpose_enrol || purpose == purpose_link)) return true;
  return session.purpose == purpose;
}

}  // namespace

Result<store::Session> session_of(const Services& services, const http::Request& request, std::string_view purpose) {
  const auto cookie = cookie_digest(request, session_cookie);
  if (!cookie) return Error(e::sign_in_session_missing);
  TEGATA_ASSIGN(auto session, kept_session(services, *cookie));
  if (!session || !serves(*session, purpose)) return Error(e::sign_in_session_missing);
  return std::move(*session);
}

std::int64_t seconds_left(const store::Session& session, Instant now) {
  const auto left = std::chrono::floor<std::chrono::seconds>(session.expires_at - now);
  return std::max<std::int64_t>(left.count(), 0);
}

}  // namespace tegata::enroll
