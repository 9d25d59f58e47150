#include "enroll/sign_in_mynumber.h"

#include "enroll/card/errors.h"
#include "enroll/devices.h"
#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "rp/base/errors.h"
#include "rp/base/thumbprint.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

Result<card::MyNumberCertificate> judge_mynumber_card(const Services& services, const http::Request& request) {
  if (!is_offered(services.settings, method_mynumber)) return Error(e::sign_in_method_unknown, "mynumber");
  if (request.tls_resumed) return Error(e::card_resumed_session, request.host);
  if (!request.client_certificate) return Error(e::card_missing);
  return card::verify_mynumber_certificate(*request.client_certificate, *services.settings.mynumber,
                                           services.settings.mynumber_revocation, services.clock.now());
}

Json describe(const card::MyNumberCertificate& certificate) {
  return {{"fingerprint", base64url(certificate.fingerprint())},
          {"not_before", format_rfc3339(certificate.not_before())},
          {"not_after", format_rfc3339(certificate.not_after())}};
}

Result<Found> find_linked(store::Transaction& transaction, const card::MyNumberCertificate& certificate) {
  const Error unknown(e::mynumber_not_linked, base64url(certificate.fingerprint()));
  TEGATA_ASSIGN(const auto link, store::find_mynumber_link_by_fingerprint(transaction, certificate.fingerprint()));
  if (!link) return unknown;
  TEGATA_ASSIGN(const auto found, store::find_practitioner(transaction, link->practitioner_id));
  TEGATA_ASSIGN(const auto person, require_good_standing(found, transaction.now(), unknown));
  return Found{person.id, describe(certificate), link->basis, "mynumber_login"};
}

// The phones that came by the card, and what those made. What it proved directly has ended with its link.
Status end_phones_of(store::Transaction& transaction, const Services& services, const http::Request& request,
                     store::BasisId basis) {
  const std::string why(e::mynumber_revoked.name());
  TEGATA_ASSIGN(const auto ended, store::end_basis(transaction, basis, why, reach_of_revocation(*services.trust())));
  if (ended.phones.empty()) return {};
  TEGATA_TRY(put_stopped_notices(transaction, ended, "card_revoked"));
  transaction.audit(event(request, "card_ended", "system", "mynumber:" + base64url(sha256(*request.client_certificate)),
                          {{"phones", ended.phones.size()},
                           {"requests", ended.requests},
                           {"passes", ended.passes},
                           {"tickets", ended.tickets},
                           {"sessions", ended.sessions}},
                          why));
  return {};
}

// A card that is shown and revoked: what rests on it ends now, for nobody can tell a link from a serial number. So does
// what came by a link of it that was taken away before.
Status end_revoked_card(store::Transaction& transaction, const Services& services, const http::Request& request) {
  const auto fingerprint = sha256(*request.client_certificate);
  TEGATA_ASSIGN(const auto link, store::find_mynumber_link_by_fingerprint(transaction, fingerprint));
  if (link)
    TEGATA_TRY(remove_link(transaction, author(request, "system"), link->practitioner_id, "the card was revoked"));
  TEGATA_ASSIGN(const auto bases, store::bases_of_mynumber(transaction, fingerprint));
  for (const auto basis : bases) TEGATA_TRY(end_phones_of(transaction, services, request, basis));
  return {};
}

Result<Found> find_holder(store::Transaction& transaction, const Services& services, const http::Request& request,
                          const store::StartRecord& start, const Result<card::MyNumberCertificate>& certificate) {
  if (!certificate) {
    if (certificate.error().code() == e::mynumber_revoked) TEGATA_TRY(end_revoked_card(transaction, services, request));
    return certificate.error();
  }
  if (start.purpose != purpose_link) return find_linked(transaction, *certificate);
  // Whose it will be is settled at the hand-over, with the person's session.
  return Found{start.practitioner_id, describe(*certificate), std::nullopt, "mynumber_presented"};
}

Result<store::MyNumberLink> parse_link(const store::Redeemed& redeemed) {
  const Json& card = redeemed.login.card;
  store::MyNumberLink link;
  link.practitioner_id = redeemed.login.practitioner_id;
  link.linked_by = "card";
  TEGATA_ASSIGN(const auto fingerprint, json_string(card, "fingerprint"));
  TEGATA_ASSIGN(link.fingerprint, parse_thumbprint(fingerprint));
  TEGATA_ASSIGN(const auto not_before, json_string(card, "not_before"));
  TEGATA_ASSIGN(link.not_before, parse_rfc3339(not_before));
  TEGATA_ASSIGN(const auto not_after, json_string(card, "not_after"));
  TEGATA_ASSIGN(link.not_after, parse_rfc3339(not_after));
  return link;
}

bool may_link(const store::Session& session) {
  return session.purpose == purpose_link && session.method == method_card;
}

// The HPKI session that began this link, of the same person and in the same browser.
Result<store::Session> require_link_session(const http::Request& request, store::Transaction& transaction,
                                            const std::string& practitioner_id) {
  const Error missing(e::sign_in_session_missing, "of a link");
  const auto cookie = cookie_digest(request, session_cookie);
  if (!cookie) return missing;
  TEGATA_ASSIGN(auto session, store::find_session(transaction, *cookie, transaction.now()));
  if (!session || !may_link(*session) || session->practitioner_id != practitioner_id) return missing;
  return std::move(*session);
}

}  // namespace

http::Response mynumber_login(const Services& services, const http::Request& request) {
  const auto certificate = judge_mynumber_card(services, request);
  return log_in(services, request, method_mynumber,
                [&](store::Transaction& transaction, const store::StartRecord& start) {
                  return find_holder(transaction, services, request, start, certificate);
                });
}

Status link_mynumber(const Services& services, const http::Request& request, store::Transaction& transaction,
                     const store::Redeemed& redeemed) {
  TEGATA_ASSIGN(auto link, parse_link(redeemed));
  TEGATA_ASSIGN(const auto session, require_link_session(request, transaction, redeemed.started_for));
  TEGATA_TRY(verify_step_up(transaction, services.settings, session));
  link.rests_on = session.basis;
  TEGATA_TRY(put_link(transaction, author(request, "practitioner:" + link.practitioner_id), link));
  TEGATA_TRY(store::end_session(transaction, session.cookie));
  return {};
}

Result<Json> describe_mynumber(const Services& services, store::Reader& reader, const std::string& practitioner_id,
                               Instant now) {
  if (!is_offered(services.settings, method_mynumber)) return Json();
  TEGATA_ASSIGN(const auto link, store::find_mynumber_link(reader, practitioner_id));
  if (!link) return Json{{"state", "none"}};
  const bool ended = link->not_after < now, ending = link->not_after - services.settings.mynumber_reminder <= now;
  return Json{{"state", ended ? "ended" : (ending ? "ending" : "linked")},
              {"not_after", format_rfc3339(link->not_after)}};
}

http::Response mynumber_state(const Services& services, const http::Request& request) {
  const auto session = session_of(services, request, purpose_link);
  if (!session) return http::problem(request, session.error());
  const auto body = services.store.read<Json>([&](store::Reader& reader) -> Result<Json> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(const auto person, store::find_practitioner(reader, session->practitioner_id));
    if (!person) return Error(e::internal, "a session of nobody");
    TEGATA_ASSIGN(const auto link, describe_mynumber(services, reader, person->id, now));
    return Json{{"practitioner_id", person->id},
                {"name", person->name},
                {"mynumber", link},
                {"may_link", may_link(*session)},
                {"session_ends_in", seconds_left(*session, now)}};
  });
  return body ? http::json_response(200, *body) : http::problem(request, body.error());
}

http::Response mynumber_unlink(const Services& services, const http::Request& request) {
  const auto session = session_of(services, request, purpose_link);
  if (!session) return http::problem(request, session.error());
  const auto body = http::json_body(request);
  if (!body) return turn_away(services, request, body.error());
  const auto& id = session->practitioner_id;
  const auto done = write<void>(
      services, request, "unlink_refused",
      [&](store::Transaction& transaction) -> Status {
        TEGATA_TRY(verify_step_up(transaction, services.settings, *session));
        TEGATA_TRY(remove_link(transaction, author(request, "practitioner:" + id), id, session->method));
        return {};
      },
      store::Purpose::take_away);
  if (!done) return http::problem(request, done.error(), {{"cause", done.error().code().name()}});
  // The card's own session ended with it.
  const bool signed_out = session->method == method_mynumber;
  auto response = http::json_response(200, {{"unlinked", true}, {"signed_out", signed_out}});
  if (signed_out) http::set_cookie(response, session_cookie, "", 0);
  return response;
}

}  // namespace tegata::enroll
