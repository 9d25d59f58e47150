#include "rp/activation/own_passes.h"

#include <algorithm>

#include "rp/activation/approval.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/pass_rules.h"
#include "rp/store/basis.h"
#include "rp/store/own_passes.h"
#include "rp/store/sign_in.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::Kind;
using handoff::State;

// As long as the cookie of the phone that approved.
constexpr std::chrono::minutes proof_life{15};

// A person, and the request of which this browser is the phone, if it is one.
struct Proved {
  std::string practitioner_id;
  std::string request;
};

struct OwnPassesCall {
  Json body;
  std::optional<Named> named;  // a request that this phone approved; else the session of the page of phones
  std::optional<Digest> session;
};

Result<OwnPassesCall> parse_own_passes_call(const Services& services, const http::Request& request) {
  TEGATA_TRY(http::require_same_origin(request, services.settings.issuer));
  OwnPassesCall out;
  TEGATA_ASSIGN(out.body, http::json_body(request));
  if (out.body.contains("token") || out.body.contains("request")) {
    TEGATA_ASSIGN(out.named, parse_named(services, request));
    return out;
  }
  if (const auto cookie = request.cookie(page_session_cookie)) out.session = sha256(*cookie);
  return out;
}

Result<Proved> prove_by_session(store::Reader& reader, const OwnPassesCall& call, Instant now) {
  if (!call.session) return Error(e::activation_not_owner, "no session");
  TEGATA_ASSIGN(const auto session, store::find_session(reader, *call.session, now));
  if (!session || session->purpose != "devices") return Error(e::activation_not_owner, "no session of that page");
  return Proved{session->practitioner_id, {}};
}

Result<Proved> prove(store::Reader& reader, const OwnPassesCall& call, Instant now) {
  if (!call.named) return prove_by_session(reader, call, now);
  TEGATA_ASSIGN(const auto own, find_owned(reader, *call.named));
  const bool approved = (own.state == State::fulfilled || own.state == State::closed) && own.fulfilled_at;
  if (!approved || *own.fulfilled_at + proof_life <= now) return Error(e::activation_not_owner, own.id);
  TEGATA_ASSIGN(const auto basis, store::find_basis(reader, own.basis.value_or(0)));
  if (!basis || basis->ended_at) return Error(e::activation_not_owner, own.id + " rests on what has ended");
  return Proved{own.practitioner_id, own.id};
}

Result<Json> entry(store::Reader& reader, const store::Handoff& handoff, const Proved& proved, Instant since,
                   Instant until, bool redeemed) {
  TEGATA_ASSIGN(const auto facility, store::find_facility(reader, handoff.facility_code));
  return Json{{"pass", handoff.id},
              {"facility_name", facility ? facility->name : handoff.facility_code},
              {"terminal_name", handoff.terminal_name},
              {"since", format_rfc3339(since)},
              {"until", format_rfc3339(until)},
              {"redeemed", redeemed},
              {"here", handoff.id == proved.request}};
}

Result<Json> list(store::Reader& reader, const Proved& proved, Instant now) {
  Json out = Json::array();
  TEGATA_ASSIGN(const auto person, store::find_practitioner(reader, proved.practitioner_id));
  TEGATA_ASSIGN(const auto approved, store::approved_activations_of(reader, proved.practitioner_id, now));
  for (const auto& one : approved) {
    TEGATA_ASSIGN(const Requester requester, find_requester(reader, one));
    TEGATA_ASSIGN(const Instant until, pass_until(requester, person ? &*person : nullptr, now));
    TEGATA_ASSIGN(auto shown, entry(reader, one, proved, one.fulfilled_at.value_or(one.created_at), until, false));
    out.push_back(std::move(shown));
  }
  TEGATA_ASSIGN(const auto passes, store::live_passes_of_practitioner(reader, proved.practitioner_id, now));
  for (const auto& pass : passes) {
    TEGATA_ASSIGN(const auto asked, store::find_handoff(reader, pass.handoff_id));
    if (!asked) continue;
    TEGATA_ASSIGN(auto shown, entry(reader, *asked, proved, pass.issued_at, pass.expires_at, true));
    out.push_back(std::move(shown));
  }
  return Json{{"passes", std::move(out)}, {"now", format_rfc3339(now)}};
}

// An approval that nobody fetched a pass for.
Result<bool> withdraw(store::Transaction& transaction, const std::string& id, const std::string& practitioner_id) {
  TEGATA_ASSIGN(const auto found, store::find_handoff(transaction, id));
  if (!found || found->kind != Kind::activation || found->state != State::fulfilled ||
      found->practitioner_id != practitioner_id) {
    return false;
  }
  store::Change change;
  change.reason = std::string(e::activation_declined.name());
  return store::advance(transaction, Kind::activation, id, handoff::Event::cancel, {}, change);
}

Result<Json> end_in(const Services& services, store::Transaction& transaction, const http::Request& request,
                    const OwnPassesCall& call, const std::string& id) {
  // Whoever sees none any more ends none.
  TEGATA_ASSIGN(const Instant now, store::moment(transaction, services.clock, store::Purpose::take_away));
  TEGATA_ASSIGN(const Proved proved, prove(transaction, call, std::max(now, transaction.now())));
  const std::string& person = proved.practitioner_id;
  const Deed deed = deed_of_phone(request, "practitioner:" + person, "handoff:" + id);
  TEGATA_ASSIGN(const bool revoked, store::revoke_pass_of_practitioner(transaction, id, person, "revoked_by_person"));
  if (revoked) {
    transaction.audit(event(request, deed, "pass_revoked", {{"by", "person"}}));
    return Json{{"ended", true}};
  }
  TEGATA_ASSIGN(const bool withdrawn, withdraw(transaction, id, person));
  if (!withdrawn) return Error(e::activation_own_pass_unknown, id);
  transaction.audit(event(request, deed, "activation_cancelled", {{"by", "person"}}));
  return Json{{"ended", true}};
}

http::Response refusal(const http::Request& request, const Error& error) {
  return page_refusal(request, error, is_owners_business(error));
}

}  // namespace

http::Response own_passes(const Services& services, const http::Request& request) {
  const auto call = parse_own_passes_call(services, request);
  if (!call) return refusal(request, call.error());
  const auto body = services.store.read<Json>([&](store::Reader& reader) -> Result<Json> {
    // Whoever is to end a pass has to see it.
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(const Proved proved, prove(reader, *call, now));
    return list(reader, proved, now);
  });
  if (!body) return refusal(request, body.error());
  return oauth_response(200, *body);
}

http::Response end_own_pass(const Services& services, const http::Request& request) {
  const Deed stranger = deed_of_phone(request, "unknown", "activation_end_pass");
  const auto call = parse_own_passes_call(services, request);
  if (!call) return refusal(request, refuse(services, request, stranger, call.error()));
  const auto id = json_string(call->body, "pass");
  if (!id) return refusal(request, refuse(services, request, stranger, id.error()));
  const auto body = write<Json>(
      services, request, stranger,
      [&](store::Transaction& transaction) { return end_in(services, transaction, request, *call, *id); },
      store::Purpose::take_away);
  if (!body) return refusal(request, body.error());
  return oauth_response(200, *body);
}

}  // namespace tegata::activation
