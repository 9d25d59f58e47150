#include "rp/activation/phone.h"

#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/pass_rules.h"
#include "rp/http/mask.h"
#include "rp/webauthn/options.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

constexpr std::size_t secret_bytes = 32;

// A scan that was granted. `claimed` where this phone owns the request from now on.
struct Scanned {
  store::Handoff handoff;
  Requester requester;
  bool claimed = false;
  std::optional<Bytes> challenge;  // none once the phone has approved
};

struct Offer {
  Digest owner{};  // of the cookie that this browser will have
  Bytes challenge;
};

// One cookie for all scans of a browser: a new one would take the requests that it owns already away from it. What
// could not be a secret of ours is not kept.
std::string cookie_for(const Services& services, const http::Request& request) {
  const auto kept = request.cookie(claim_cookie);
  const auto secret = parse_base64url(kept.value_or(""));
  return secret && secret->size() == secret_bytes ? *kept : random_secret(services.random, secret_bytes);
}

Result<bool> claim(store::Transaction& transaction, const store::Handoff& handoff, const Offer& offer) {
  store::Condition condition;
  condition.requester_in_good_standing = true;
  store::Change change;
  change.owner = offer.owner;
  change.challenge = offer.challenge;
  return store::advance(transaction, Kind::activation, handoff.id, Event::claim, condition, change);
}

Result<bool> renew(store::Transaction& transaction, const store::Handoff& handoff, const Offer& offer) {
  store::Condition condition;
  condition.owner = handoff.owner;
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
  transaction.audit(event(request, deed_of_phone(request, "unknown", subject_of(handoff)), "activation_denied",
                          Json::object(), e::activation_other_phone.name()));
  transaction.keep_effects();
  return Error(e::activation_other_phone, handoff.id);
}

Result<Scanned> scan_open(store::Transaction& transaction, const Services& services, const http::Request& request,
                          const Named& named, const store::Handoff& handoff, const Offer& offer) {
  TEGATA_ASSIGN(const Requester requester, find_requester(transaction, handoff));
  const bool first = handoff.state == State::created;
  if (!first && handoff.owner != named.owner) return end_for_second_phone(transaction, request, handoff);
  // A first scan is one for each request; of others there could be any number.
  if (!first) TEGATA_TRY(verify_pace(services, request, services.memory->questions));
  TEGATA_ASSIGN(const bool moved, first ? claim(transaction, handoff, offer) : renew(transaction, handoff, offer));
  if (!moved) return Error(e::activation_requester_not_in_good_standing, handoff.id);
  transaction.audit(event(request, deed_of_phone(request, "unknown", subject_of(handoff)),
                          first ? "activation_scanned" : "activation_rescanned"));
  Scanned out{handoff, requester, first, offer.challenge};
  out.handoff.state = State::claimed;
  return out;
}

Result<Scanned> scan_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                        const Named& named, const Offer& offer) {
  TEGATA_ASSIGN(const auto handoff, store::find_handoff_by_secret(transaction, Kind::activation, named.token));
  if (!handoff) return Error(e::activation_request_unknown);
  const bool mine = handoff->owner && handoff->owner == named.owner;
  if (mine && (handoff->state == State::fulfilled || handoff->state == State::closed)) {
    TEGATA_ASSIGN(const Requester requester, find_requester(transaction, *handoff));
    return Scanned{*handoff, requester, false, std::nullopt};
  }
  if (handoff->state == State::expired || handoff->expires_at <= transaction.now())
    return Error(e::activation_expired, handoff->id);
  if (handoff->state != State::created && handoff->state != State::claimed) {
    return Error(e::activation_request_unknown, handoff->id);
  }
  return scan_open(transaction, services, request, named, *handoff, offer);
}

Result<Json> context(const Services& services, const Scanned& scanned) {
  const Instant now = services.clock.now();
  const store::Handoff& handoff = scanned.handoff;
  TEGATA_ASSIGN(const Instant until, pass_until(services.settings, scanned.requester, nullptr, now));
  Json out = {{"facility_name", scanned.requester.facility.name},
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
    expected.policy = webauthn::standard_policy();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(handoff.expires_at - now);
    out["publicKey"] = webauthn::request_options(expected, left.count());
  }
  return out;
}

Result<store::Handoff> decline_in(store::Transaction& transaction, const http::Request& request, const Named& named) {
  TEGATA_ASSIGN(auto handoff, find_owned(transaction, named));
  if (handoff.state == State::denied && handoff.reason == e::activation_declined.name()) return handoff;
  store::Condition condition;
  condition.owner = named.owner;
  store::Change change;
  change.reason = std::string(e::activation_declined.name());
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::activation, handoff.id, Event::deny, condition, change));
  if (!moved) {
    return Error(handoff.expires_at <= transaction.now() ? e::activation_expired : e::activation_already_decided,
                 handoff.id);
  }
  transaction.audit(event(request, deed_of_phone(request, "unknown", subject_of(handoff)), "activation_denied",
                          Json::object(), e::activation_declined.name()));
  return handoff;
}

}  // namespace

Result<Named> parse_named(const Services& services, const http::Request& request) {
  TEGATA_TRY(http::require_same_origin(request, services.settings.issuer));
  Named out;
  TEGATA_ASSIGN(out.body, http::json_body(request));
  TEGATA_ASSIGN(const std::string token, json_string(out.body, "token"));
  if (token.empty() || token.size() > 128) return Error(e::activation_request_unknown);
  out.token = sha256(token);
  if (const auto cookie = request.cookie(claim_cookie)) out.owner = sha256(*cookie);
  return out;
}

Result<store::Handoff> find_owned(store::Reader& reader, const Named& named) {
  TEGATA_ASSIGN(auto handoff, store::find_handoff_by_secret(reader, Kind::activation, named.token));
  if (!handoff) return Error(e::activation_request_unknown);
  if (!named.owner || !handoff->owner || !equal_constant_time(*named.owner, *handoff->owner)) {
    return Error(e::activation_not_owner, handoff->id);
  }
  return std::move(*handoff);
}

bool is_owners_business(const Error& error) {
  return error.code() != e::activation_request_unknown && error.code() != e::activation_not_owner;
}

std::string_view shown_to_phone(const store::Handoff& handoff, Instant now) {
  if (handoff.state == State::fulfilled || handoff.state == State::closed) return "approved";
  if (handoff.state == State::denied) return handoff.reason == e::activation_declined.name() ? "declined" : "failed";
  if (handoff.state == State::cancelled) return "failed";
  return handoff.state == State::expired || handoff.expires_at <= now ? "expired" : "scanned";
}

http::Response scan(const Services& services, const http::Request& request) {
  const Deed deed = deed_of_phone(request, "unknown", "activation_scan");
  const auto named = parse_named(services, request);
  if (!named) return page_refusal(request, refuse(services, request, deed, named.error()), false);
  const std::string cookie = cookie_for(services, request);
  const Offer offer{sha256(cookie), random_bytes(services.random, 32)};
  const auto scanned = write<Scanned>(services, request, deed, [&](store::Transaction& transaction) {
    return scan_in(transaction, services, request, *named, offer);
  });
  if (!scanned) {
    // That a second phone came is for both phones to know.
    return page_refusal(request, scanned.error(), scanned.error().code() == e::activation_other_phone);
  }
  const auto body = context(services, *scanned);
  if (!body) return page_refusal(request, refuse(services, request, deed, body.error()), true);
  http::Response response = oauth_response(200, *body);
  // Its request lives three minutes; the page may ask how it went for a while longer.
  if (scanned->claimed) http::set_cookie(response, claim_cookie, cookie, 900);
  return response;
}

http::Response decline(const Services& services, const http::Request& request) {
  const Deed deed = deed_of_phone(request, "unknown", "activation_decline");
  const auto named = parse_named(services, request);
  if (!named) return page_refusal(request, refuse(services, request, deed, named.error()), false);
  const auto declined = write<store::Handoff>(services, request, deed, [&](store::Transaction& transaction) {
    return decline_in(transaction, request, *named);
  });
  if (!declined) return page_refusal(request, declined.error(), is_owners_business(declined.error()));
  return oauth_response(200, {{"state", "declined"}});
}

http::Response status(const Services& services, const http::Request& request) {
  const auto named = parse_named(services, request);
  if (!named) return page_refusal(request, named.error(), false);
  const auto handoff =
      services.store.read<store::Handoff>([&](store::Reader& reader) { return find_owned(reader, *named); });
  if (!handoff) return page_refusal(request, handoff.error(), false);
  return oauth_response(200, {{"state", shown_to_phone(*handoff, services.clock.now())}});
}

}  // namespace tegata::activation
