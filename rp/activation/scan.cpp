#include "rp/activation/scan.h"

#include "rp/activation/begin.h"
#include "rp/activation/errors.h"
#include "rp/activation/lost_standing.h"
#include "rp/activation/oauth_error.h"
#include "rp/http/mask.h"
#include "rp/webauthn/options.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

constexpr std::size_t secret_bytes = 32;

Result<bool> claim(store::Transaction& transaction, const store::Handoff& handoff, const Offer& offer) {
  store::Condition condition;
  condition.standing = store::Standing::request;
  store::Change change;
  change.owner = offer.owner;
  change.challenge = offer.challenge;
  return store::advance(transaction, Kind::activation, handoff.id, Event::claim, condition, change);
}

Result<bool> renew(store::Transaction& transaction, const store::Handoff& handoff, const Offer& offer) {
  store::Condition condition;
  condition.owner = handoff.owner;
  condition.standing = store::Standing::request;
  store::Change change;
  change.challenge = offer.challenge;
  return store::amend(transaction, handoff.id, {State::claimed}, condition, change);
}

// Two phones on one code: nobody can tell whose scan was meant, so the request ends.
Error end_for_second_phone(store::Transaction& transaction, const http::Request& request,
                           const store::Handoff& handoff) {
  store::Change change;
  change.reason = std::string(e::activation_other_phone.name());
  const auto moved = store::advance(transaction, Kind::activation, handoff.id, Event::deny, {}, change);
  if (!moved) return moved.error();
  if (!*moved) return Error(e::activation_request_unknown, handoff.id);
  audit_request(transaction, handoff,
                event(request, deed_of_phone(request, "unknown", subject_of(handoff)), "activation_denied",
                      Json::object(), e::activation_other_phone.name()));
  transaction.keep_effects();
  return Error(e::activation_other_phone, handoff.id);
}

Result<Scanned> scan_open(store::Transaction& transaction, const Services& services, const http::Request& request,
                          const std::optional<Digest>& owner, const store::Handoff& handoff, const Offer& offer) {
  TEGATA_ASSIGN(const Requester requester, find_requester(transaction, handoff));
  const bool first = handoff.state == State::created;
  if (!first && handoff.owner != owner) return end_for_second_phone(transaction, request, handoff);
  // A first scan is one for each request; of others there could be any number.
  if (!first) TEGATA_TRY(verify_pace(services, request, services.memory->questions));
  TEGATA_ASSIGN(const bool moved, first ? claim(transaction, handoff, offer) : renew(transaction, handoff, offer));
  if (!moved) {
    return cause_of_refusal(transaction, handoff.id, store::Standing::request, transaction.now(), {},
                            e::activation_request_unknown);
  }
  const Deed deed = deed_of_phone(request, "unknown", subject_of(handoff));
  if (first) {
    audit_request(transaction, handoff, event(request, deed, "activation_scanned"));
  } else {
    transaction.audit_unproven(event(request, deed, "activation_rescanned"));
  }
  Scanned out{handoff, requester, first, offer.challenge};
  out.handoff.state = State::claimed;
  return out;
}

Result<Json> context(const Services& services, const Scanned& scanned) {
  const Instant now = services.clock.now();
  const store::Handoff& handoff = scanned.handoff;
  TEGATA_ASSIGN(const Instant until, pass_until(scanned.requester, nullptr, now));
  Json out = {{"request", handoff.id},
              {"facility_name", scanned.requester.facility.name},
              {"terminal_name", handoff.terminal_name},
              {"binding_message", handoff.request.value("binding_message", "")},
              {"practitioner_id_masked", http::mask(handoff.login_hint)},
              {"pass_until", format_rfc3339(until)},
              {"requested_at", format_rfc3339(handoff.created_at)},
              {"expires_at", format_rfc3339(handoff.expires_at)},
              {"now", format_rfc3339(now)},
              {"state", shown_to_phone(handoff, now)}};
  if (scanned.challenge) {
    webauthn::ExpectedAuthentication expected;
    expected.rp_id = services.settings.rp_id;
    expected.origins = services.settings.origins;
    expected.challenge = *scanned.challenge;
    expected.policy = webauthn::wire::standard_policy();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(handoff.expires_at - now);
    out["publicKey"] = webauthn::request_options(expected, left.count());
  }
  return out;
}

// By the token of the QR; by its id only for the browser that owns it already.
Result<Scanned> scan_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                        const Named& named, const Offer& offer) {
  if (!named.token) {
    TEGATA_ASSIGN(const auto owned, find_owned(transaction, named));
    return open_on_phone(transaction, services, request, named.claims, owned, offer);
  }
  TEGATA_ASSIGN(const auto handoff, store::find_handoff_by_secret(transaction, Kind::activation, *named.token));
  if (!handoff) return Error(e::activation_request_unknown);
  return open_on_phone(transaction, services, request, named.claims, *handoff, offer);
}

}  // namespace

Offer make_offer(const Services& services) {
  const std::string cookie = random_secret(services.random, secret_bytes);
  return {cookie, sha256(cookie), random_bytes(services.random, 32)};
}

Result<Scanned> open_on_phone(store::Transaction& transaction, const Services& services, const http::Request& request,
                              const Claims& claims, const store::Handoff& handoff, const Offer& offer) {
  const auto owner = claims.of(handoff.id);
  const bool mine = handoff.owner && handoff.owner == owner;
  if (mine && (handoff.state == State::fulfilled || handoff.state == State::closed)) {
    TEGATA_ASSIGN(const Requester requester, find_requester(transaction, handoff));
    return Scanned{handoff, requester, false, std::nullopt};
  }
  if (handoff.state == State::expired || handoff.expires_at <= transaction.now())
    return Error(e::activation_expired, handoff.id);
  if (handoff.state != State::created && handoff.state != State::claimed) {
    return Error(e::activation_request_unknown, handoff.id);
  }
  return scan_open(transaction, services, request, owner, handoff, offer);
}

http::Response show_opened(const Services& services, const http::Request& request, const Deed& deed,
                           const Result<Scanned>& scanned, const Offer& offer) {
  if (!scanned) {
    // That a second phone came is for both phones to know.
    return page_refusal(request, scanned.error(), scanned.error().code() == e::activation_other_phone);
  }
  const auto body = context(services, *scanned);
  if (!body) return page_refusal(request, refuse(services, request, deed, body.error()), true);
  http::Response response = oauth_response(200, *body);
  // Its request lives three minutes; the page may ask how it went for a while longer.
  if (scanned->claimed) {
    http::set_handoff_cookie(request, response, claim_cookie, scanned->handoff.id, offer.cookie,
                             claim_cookie_life.count());
  }
  return response;
}

http::Response scan(const Services& services, const http::Request& request) {
  const Deed deed = deed_of_phone(request, "unknown", "activation_scan");
  const auto named = parse_named(services, request);
  if (!named) return page_refusal(request, refuse(services, request, deed, named.error()), false);
  const Offer offer = make_offer(services);
  const auto scanned = write<Scanned>(services, request, deed, [&](store::Transaction& transaction) {
    return scan_in(transaction, services, request, *named, offer);
  });
  return show_opened(services, request, deed, scanned, offer);
}

}  // namespace tegata::activation
