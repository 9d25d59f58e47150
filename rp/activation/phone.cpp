#include "rp/activation/phone.h"

#include "rp/activation/begin.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

Result<store::Handoff> decline_in(store::Transaction& transaction, const http::Request& request, const Named& named) {
  TEGATA_ASSIGN(auto handoff, find_owned(transaction, named));
  if (handoff.state == State::denied && handoff.reason == e::activation_declined.name()) return handoff;
  store::Condition condition;
  condition.owner = handoff.owner;
  store::Change change;
  change.reason = std::string(e::activation_declined.name());
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::activation, handoff.id, Event::deny, condition, change));
  if (!moved) {
    return Error(handoff.expires_at <= transaction.now() ? e::activation_expired : e::activation_already_decided,
                 handoff.id);
  }
  audit_request(transaction, handoff,
                event(request, deed_of_phone(request, "unknown", subject_of(handoff)), "activation_denied",
                      Json::object(), e::activation_declined.name()));
  return handoff;
}

}  // namespace

Claims::Claims(const http::Request& request) {
  const std::string_view kind = claim_cookie;
  for (const auto& cookie : request.cookies) {
    if (cookie.name.starts_with(kind)) digests_.emplace(cookie.name.substr(kind.size()), sha256(cookie.value));
  }
}

std::optional<Digest> Claims::of(const std::string& request_id) const {
  const auto found = digests_.find(request_id);
  return found == digests_.end() ? std::nullopt : std::optional(found->second);
}

Result<Named> parse_named(const Services& services, const http::Request& request) {
  TEGATA_TRY(http::require_same_origin(request, services.settings.issuer));
  Named out;
  out.claims = Claims(request);
  TEGATA_ASSIGN(out.body, http::json_body(request));
  TEGATA_ASSIGN(const auto id, json_optional_string(out.body, "request"));
  if (id) {
    out.request = *id;
  } else {
    TEGATA_ASSIGN(const std::string token, json_string(out.body, "token"));
    if (token.empty() || token.size() > 128) return Error(e::activation_request_unknown);
    out.token = sha256(token);
  }
  return out;
}

Result<store::Handoff> find_owned(store::Reader& reader, const Named& named) {
  TEGATA_ASSIGN(auto handoff, named.token ? store::find_handoff_by_secret(reader, Kind::activation, *named.token)
                                          : store::find_handoff(reader, named.request));
  if (!handoff || handoff->kind != Kind::activation) return Error(e::activation_request_unknown);
  const auto owner = named.claims.of(handoff->id);
  if (!owner || !handoff->owner || !equal_constant_time(*owner, *handoff->owner)) {
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

http::Response decline(const Services& services, const http::Request& request) {
  const Deed deed = deed_of_phone(request, "unknown", "activation_decline");
  const auto named = parse_named(services, request);
  if (!named) return page_refusal(request, refuse(services, request, deed, named.error()), false);
  const auto declined = write<store::Handoff>(
      services, request, deed,
      [&](store::Transaction& transaction) { return decline_in(transaction, request, *named); },
      store::Purpose::take_away);
  if (!declined) return page_refusal(request, declined.error(), is_owners_business(declined.error()));
  return oauth_response(200, {{"state", "declined"}});
}

http::Response status(const Services& services, const http::Request& request) {
  const auto named = parse_named(services, request);
  if (!named) return page_refusal(request, named.error(), false);
  Instant now;
  const auto handoff = services.store.read<store::Handoff>([&](store::Reader& reader) -> Result<store::Handoff> {
    // What can still be declined is shown as such.
    TEGATA_ASSIGN(now, store::moment(reader, services.clock, store::Purpose::take_away));
    return find_owned(reader, *named);
  });
  if (!handoff) return page_refusal(request, handoff.error(), false);
  Json answer = {{"state", shown_to_phone(*handoff, now)}};
  // Why it ended: that another phone was on the same QR is for its owner to know. A reason without words stays unsaid.
  if (answer["state"] == "failed") {
    const auto why = http::message_for(handoff->reason, "ja");
    if (why.status < 500) answer["code"] = why.shown;
  }
  return oauth_response(200, answer);
}

}  // namespace tegata::activation
