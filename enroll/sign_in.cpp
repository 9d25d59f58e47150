#include "enroll/sign_in.h"

#include "enroll/behind_card.h"
#include "enroll/card_errors.h"
#include "enroll/errors.h"
#include "rp/base/errors.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

constexpr const char* purpose_enrol = "enrol";

// What may have been wrong with a card: the refusals that travel to the page by name.
constexpr ErrorCode card_refusals[] = {e::card_missing,
                                       e::card_resumed_session,
                                       e::card_unknown_person,
                                       e::card_person_suspended,
                                       e::card_malformed,
                                       e::card_untrusted,
                                       e::card_authority_expired,
                                       e::card_weak,
                                       e::card_policy,
                                       e::card_critical_extension,
                                       e::card_signing_certificate,
                                       e::card_key_usage,
                                       e::card_revoked,
                                       e::card_authority_revoked,
                                       e::card_revocation_unknown,
                                       e::card_expired,
                                       e::card_not_yet_valid,
                                       e::card_no_role,
                                       e::card_role_not_eligible,
                                       e::card_no_second_certificate,
                                       e::card_second_certificate_ended};

ErrorCode refusal_named(const std::string& name) {
  for (const auto code : card_refusals) {
    if (code.name() == name) return code;
  }
  return e::internal;
}

// The card origin of one attempt: a host name that no browser has met before.
std::string card_origin(const Settings& settings, const std::string& nonce) {
  auto origin = settings.card_origin_pattern;
  const auto star = origin.find('*');
  return star == std::string::npos ? origin : origin.replace(star, 1, nonce);
}

bool fresh_hosts(const Settings& settings) { return settings.card_origin_pattern.find('*') != std::string::npos; }

std::string nonce_of(const Settings& settings, const http::Request& request) {
  return fresh_hosts(settings) ? request.host.substr(0, request.host.find('.')) : "";
}

Json describe(const card::CardHolder& holder) {
  Json roles = Json::array();
  for (const auto& role : holder.roles()) roles.push_back(role.name);
  Json out{{"authority", holder.authority()},
           {"holder_number", holder.holder_number()},
           {"fingerprint", hex(holder.fingerprint())},
           {"not_after", format_rfc3339(holder.not_after())},
           {"roles", roles}};
  out.update(certificate_members(holder));
  return out;
}

Result<card::CardHolder> judge_card(const Services& services, const http::Request& request) {
  if (request.tls_resumed) return Error(e::card_resumed_session, request.host);
  if (!request.client_certificate) return Error(e::card_missing);
  const auto trust = services.trust();
  return card::verify_card_certificate(*request.client_certificate, trust->authorities,
                                       services.settings.eligible_roles, services.clock.now(), trust->lists);
}

Result<store::Practitioner> find_person(store::Reader& reader, const card::CardHolder& holder, Instant now) {
  TEGATA_ASSIGN(const auto person,
                store::find_practitioner_by_card(reader, holder.authority(), holder.holder_number()));
  if (!person) return Error(e::card_unknown_person, holder.authority());
  if (!person->active) return Error(e::card_person_suspended, person->id);
  if (!person->second_certificate_not_after) return Error(e::card_no_second_certificate, person->id);
  if (*person->second_certificate_not_after <= now) return Error(e::card_second_certificate_ended, person->id);
  return *person;
}

// What the code will hand over: the person, or why there is none.
Result<store::CardLogin> make_login(store::Transaction& transaction, const Services& services,
                                    const http::Request& request, const Result<card::CardHolder>& holder) {
  store::CardLogin login;
  login.expires_at = transaction.now() + services.settings.code_life;
  auto person =
      holder ? find_person(transaction, *holder, transaction.now()) : Result<store::Practitioner>(holder.error());
  if (person) {
    login.practitioner_id = person->id;
    login.card = describe(*holder);
    transaction.audit(
        event(request, "card_login", "practitioner:" + person->id, "practitioner:" + person->id, login.card));
    return login;
  }
  if (refusal_named(std::string(person.error().code().name())) == e::internal) return person.error();
  login.refusal = std::string(person.error().code().name());
  transaction.audit(event(request, "card_refused", "unknown", "card", Json::object(), login.refusal));
  services.report(request, person.error());
  return login;
}

Result<std::string> log_in(const Services& services, const http::Request& request) {
  const auto asked = request.query.find("s");
  if (asked == request.query.end()) return Error(e::sign_in_start_unknown, "no start record named");
  const auto holder = judge_card(services, request);
  const auto code = random_secret(services.random, 32);
  return write<std::string>(
      services, request, "card_login_refused", [&](store::Transaction& transaction) -> Result<std::string> {
        TEGATA_ASSIGN(auto login, make_login(transaction, services, request, holder));
        login.code = sha256(code);
        login.start_id = sha256(asked->second);
        TEGATA_ASSIGN(const bool finished,
                      store::finish_start(transaction, login, nonce_of(services.settings, request)));
        if (!finished) return Error(e::sign_in_start_unknown, request.host);
        return code;
      });
}

// The card origin has no page of its own to go back to: this one says how to begin again.
http::Response stranded(const Services& services, const Error& error) {
  const auto ja = http::message_for(error.code().name(), "ja");
  const auto en = http::message_for(error.code().name(), "en");
  http::Response response;
  response.status = ja.status;
  response.cause = std::string(error.code().name());
  response.headers.emplace("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace("Cache-Control", "no-store");
  if (response.status == 503) response.headers.emplace("Retry-After", "5");
  response.body =
      "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>" +
      ja.title + "</title><main data-testid=\"card-error\"><h1>" + ja.title + "</h1><p>" + ja.detail +
      "</p><p lang=\"en\">" + en.title + " " + en.detail + "</p></main><p><a data-testid=\"retry\" href=\"" +
      services.settings.public_origin + "/\">はじめから / Start again</a></p><p>" + ja.shown + "</p></html>";
  return response;
}

struct HandedOver {
  store::Redeemed redeemed;
  std::optional<store::Practitioner> person;
  std::string session;  // the new cookie
};

Result<HandedOver> redeem(const Services& services, const http::Request& request, const std::string& code,
                          const Digest& cookie) {
  return write<HandedOver>(
      services, request, "handover_refused", [&](store::Transaction& transaction) -> Result<HandedOver> {
        TEGATA_ASSIGN(auto redeemed, store::redeem_card_login(transaction, sha256(code), cookie));
        if (!redeemed) return Error(e::sign_in_code_unknown, "code, its time, or its start record");
        HandedOver out{std::move(*redeemed), std::nullopt, {}};
        const auto& login = out.redeemed.login;
        const auto subject =
            login.practitioner_id.empty() ? std::string("card") : "practitioner:" + login.practitioner_id;
        transaction.audit(event(request, "card_login_handed_over", subject, subject, Json::object(), login.refusal));
        if (login.practitioner_id.empty()) return out;
        TEGATA_ASSIGN(out.person, store::find_practitioner(transaction, login.practitioner_id));
        if (!out.person) return Error(e::internal, "the person of a card log-in is gone");
        if (const auto old = cookie_digest(request, session_cookie)) TEGATA_TRY(store::end_session(transaction, *old));
        out.session = random_secret(services.random, 32);
        TEGATA_TRY(store::insert_session(
            transaction, {sha256(out.session), login.practitioner_id, out.redeemed.purpose, "card", login.card,
                          transaction.now() + services.settings.session_life}));
        return out;
      });
}

std::int64_t whole_seconds(std::chrono::seconds life) { return life.count(); }

http::Response too_many_starts(const Services& services, const http::Request& request, std::chrono::milliseconds wait) {
  auto response = turn_away(services, request, Error(e::sign_in_too_many));
  response.headers.emplace("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return response;
}

}  // namespace

http::Response start(const Services& services, const http::Request& request) {
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto purpose = json_string(*body, "purpose");
  if (!purpose) return turn_away(services, request, purpose.error());
  if (*purpose != purpose_enrol)
    return turn_away(services, request, Error(e::sign_in_purpose_unknown, purpose->substr(0, 32)));
  const auto wait = services.starts->wait(request.remote_address, services.clock.monotonic());
  if (wait.count() > 0) return too_many_starts(services, request, wait);
  const auto id = random_secret(services.random, 32);
  const auto cookie = random_secret(services.random, 32);
  const auto nonce = fresh_hosts(services.settings) ? hex(random_bytes(services.random, 16)) : std::string();
  const auto made = write<void>(services, request, "start_refused", [&](store::Transaction& transaction) -> Status {
    transaction.audit(event(request, "card_login_started", "unknown", "card", {{"purpose", *purpose}}));
    return store::insert_start(
        transaction, {sha256(id), sha256(cookie), *purpose, nonce, transaction.now() + services.settings.start_life});
  });
  if (!made) return http::problem(request, made.error());
  auto response = http::json_response(200, {{"card_url", card_origin(services.settings, nonce) + "/login?s=" + id}});
  http::set_cookie(response, start_cookie, cookie, whole_seconds(services.settings.start_life));
  return response;
}

http::Response card_login(const Services& services, const http::Request& request) {
  const auto code = log_in(services, request);
  if (!code) return stranded(services, code.error());
  return http::see_other(services.settings.public_origin + "/enroll#c=" + *code);
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
  if (!done) return http::problem(request, done.error());
  const auto& refusal = done->redeemed.login.refusal;
  auto response = done->person ? http::json_response(200, {{"purpose", done->redeemed.purpose},
                                                           {"practitioner_id", done->person->id},
                                                           {"name", done->person->name},
                                                           {"roles", done->person->roles}})
                               : http::problem(request, Error(refusal_named(refusal)), {{"cause", refusal}});
  http::set_cookie(response, start_cookie, "", 0);
  if (done->person)
    http::set_cookie(response, session_cookie, done->session, whole_seconds(services.settings.session_life));
  return response;
}

http::Response end_session(const Services& services, const http::Request& request) {
  http::Response response;
  response.status = 204;
  const auto cookie = cookie_digest(request, session_cookie);
  if (cookie) {
    const auto ended =
        write<void>(services, request, "session_end_refused", [&](store::Transaction& transaction) -> Status {
          TEGATA_ASSIGN(const bool was_there, store::end_session(transaction, *cookie));
          // Anybody can invent a cookie: what ended nothing is a refusal, whose records are limited.
          if (!was_there) return Error(e::sign_in_session_missing);
          transaction.audit(event(request, "session_ended", "unknown", "session"));
          return {};
        });
    if (!ended && ended.error().code() != e::sign_in_session_missing) return http::problem(request, ended.error());
  }
  http::set_cookie(response, session_cookie, "", 0);
  return response;
}

Result<store::Session> session_of(const Services& services, const http::Request& request) {
  const auto cookie = cookie_digest(request, session_cookie);
  if (!cookie) return Error(e::sign_in_session_missing);
  TEGATA_ASSIGN(auto session, services.store.read<std::optional<store::Session>>([&](store::Reader& reader) {
    return store::find_session(reader, *cookie, services.clock.now());
  }));
  if (!session || session->purpose != purpose_enrol) return Error(e::sign_in_session_missing);
  return std::move(*session);
}

}  // namespace tegata::enroll
