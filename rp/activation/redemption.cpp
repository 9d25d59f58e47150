#include "rp/activation/redemption.h"

#include "rp/activation/asked.h"
#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/lost_standing.h"
#include "rp/activation/pass_rules.h"
#include "rp/base/errors.h"
#include "rp/store/engine/errors.h"
#include "rp/store/passes.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::State;

// Why an activation that ended otherwise than by approval gives no pass.
ErrorCode cause_of_end(const store::Handoff& handoff) {
  for (const ErrorCode code :
       {e::activation_wrong_number, e::activation_other_phone, e::activation_replaced, e::activation_card_revoked,
        e::store_pass_practitioner_ended, e::right_role_taken, e::right_scope_taken, e::right_audience_taken,
        e::right_redirect_uri_taken, e::right_client_key_replaced, e::right_hardware_wanted, e::right_model_unwanted}) {
    if (handoff.reason == code.name()) return lost_standing(code, handoff.id).code();
  }
  return handoff.state == State::denied ? e::activation_declined : e::activation_cancelled;
}

// What was made for a code that comes from elsewhere, or again, ends: with an alarm.
Error end_pass(store::Transaction& transaction, const http::Request& request, const Deed& deed,
               const store::IssuedPass& made, ErrorCode code) {
  const auto revoked = store::revoke_pass(transaction, made.jti, made.client_id, std::string(code.name()));
  if (!revoked) return revoked.error();
  if (*revoked) {
    transaction.audit(event(request, deed, "pass_revoked", {{"alarm", true}, {"jti", made.jti}}, code.name()));
    transaction.keep_effects();
  }
  return Error(code, made.jti, "rfc6749#section-10.5: a code that is used twice ends what it gave");
}

// An approved request whose code another client shows: the code has leaked, so the request ends, with an alarm. Before
// the approval there is nothing to steal.
Error end_for_other_client(store::Transaction& transaction, const http::Request& request, const Poll& poll,
                           const Deed& deed) {
  const Error foreign(e::activation_code_of_another_client, "begun by " + poll.handoff.client_id,
                      "rfc6749#section-5.2: a grant belongs to the client that it was issued to");
  if (poll.handoff.state != State::fulfilled) return foreign;
  store::Change change;
  change.reason = std::string(foreign.code().name());
  const auto moved =
      store::advance(transaction, handoff::Kind::activation, poll.handoff.id, handoff::Event::cancel, {}, change);
  if (!moved) return moved.error();
  if (*moved) {
    transaction.audit(event(request, deed, "activation_cancelled", {{"alarm", true}}, foreign.code().name()));
    transaction.keep_effects();
  }
  return foreign;
}

// The request was redeemed before: the same requester gets the same pass for a while.
Result<Redeemed> repeat(store::Transaction& transaction, const Services& services, const http::Request& request,
                        const Poll& poll, const Deed& deed) {
  TEGATA_ASSIGN(const auto made, store::find_pass_of_handoff(transaction, poll.handoff.id));
  if (!made) return Error(e::internal, "a closed activation without a pass: " + poll.handoff.id);
  const bool same = began_it(poll, poll.handoff) && poll.binding == Binding{made->certificate, made->dpop};
  if (!same) return end_pass(transaction, request, deed, *made, e::activation_redeemed_elsewhere);
  if (poll.handoff.flow == "code") return end_pass(transaction, request, deed, *made, e::activation_code_reused);
  if (made->revoked_at || transaction.now() >= made->issued_at + services.settings.repeat_window) {
    return Error(e::activation_redeemed, made->jti);
  }
  TEGATA_ASSIGN(const auto status, store::pass_status(transaction, made->jti, transaction.now()));
  if (!status || !status->active) {
    return Error(e::activation_pass_not_active, (status ? status->reason + " " : "") + made->jti);
  }
  transaction.audit(event(request, deed, "pass_repeated", {{"jti", made->jti}}));
  return Redeemed{made->claims, made->kid};
}

store::IssuedPass record_of(const pass::Claims& claims, const Poll& poll, const std::string& kid) {
  const store::Handoff& handoff = poll.handoff;
  store::IssuedPass out;
  out.jti = claims.jti;
  out.handoff_id = handoff.id;
  out.practitioner_id = claims.practitioner_id;
  out.client_id = claims.client_id;
  out.facility_code = claims.facility_code;
  out.audience = claims.audience;
  out.certificate = claims.certificate;
  out.dpop = claims.dpop;
  out.client_certificate = poll.client.thumbprint();
  out.basis = handoff.basis;
  out.credential_id = handoff.credential_id.value_or(Bytes{});
  out.claims = pass::to_json(claims);
  if (is_deployed(poll.client)) out.claims.erase("cnf");  // there is nothing that it is bound to
  out.issued_at = claims.issued_at;
  out.expires_at = claims.expires_at;
  out.kid = kid;
  out.scopes = words(claims.scope);
  out.roles = claims.roles;
  out.evidence = handoff.evidence;
  out.client_key = poll.client.key();
  return out;
}

Status close(store::Transaction& transaction, const Poll& poll) {
  store::Condition condition;
  condition.client_id = poll.client.id();
  condition.certificate = poll.handoff.certificate;
  condition.shown_certificate = poll.client.thumbprint();
  condition.standing = store::Standing::whole;
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, handoff::Kind::activation, poll.handoff.id,
                                                 handoff::Event::close, condition));
  if (moved) return {};
  return cause_of_refusal(transaction, poll.handoff.id, store::Standing::whole, transaction.now(), {},
                          e::activation_requester_not_in_good_standing);
}

Result<Redeemed> issue(store::Transaction& transaction, const Services& services, const http::Request& request,
                       const Poll& poll, const Deed& deed, const std::string& kid) {
  const store::Handoff& handoff = poll.handoff;
  TEGATA_ASSIGN(const auto practitioner, store::find_practitioner(transaction, handoff.practitioner_id));
  if (!practitioner) return Error(e::activation_practitioner_not_in_good_standing, handoff.practitioner_id);
  TEGATA_ASSIGN(Requester requester, find_requester(transaction, handoff));
  if (poll.client.certificate()) requester.certificate = poll.client.certificate();
  TEGATA_TRY(close(transaction, poll));
  TEGATA_ASSIGN(const pass::Claims claims,
                pass_claims(services.settings, handoff, requester, *practitioner, poll.binding,
                            random_secret(services.random, 16), random_secret(services.random, 16), transaction.now()));
  const store::IssuedPass record = record_of(claims, poll, kid);
  TEGATA_TRY(store::insert_pass(transaction, record));
  transaction.audit(event(request, deed, "pass_issued",
                          {{"jti", record.jti},
                           {"practitioner", record.practitioner_id},
                           {"facility", record.facility_code},
                           {"hpki_role", claims.roles},
                           {"expires_at", format_rfc3339(record.expires_at)}}));
  return Redeemed{record.claims, kid};
}

}  // namespace

bool began_it(const Poll& poll, const store::Handoff& handoff) {
  return handoff.client_id == poll.client.id() &&
         (!handoff.certificate || handoff.certificate == poll.client.thumbprint());
}

std::optional<ErrorCode> waiting_or_over(const Services& services, const Poll& poll, Instant now) {
  const store::Handoff& handoff = poll.handoff;
  if (handoff.state == State::closed) return std::nullopt;
  if (handoff.state == State::denied || handoff.state == State::cancelled) return cause_of_end(handoff);
  if (handoff.state == State::expired || handoff.expires_at <= now) {
    return handoff.flow == "code" ? e::activation_code_expired : e::activation_expired;
  }
  if (handoff.state == State::fulfilled) return std::nullopt;
  const bool in_time = services.memory->polls.accept(poll.code, services.clock.monotonic(), services.settings.interval);
  return in_time ? e::activation_pending : e::activation_slow_down;
}

namespace {

Result<Redeemed> redeem_by(const Services& services, const http::Request& request, const Poll& read_before,
                           const std::string& kid) {
  const Deed deed = deed_of_client(read_before.client.id(), subject_of(read_before.handoff));
  return write<Redeemed>(services, request, deed, [&](store::Transaction& transaction) -> Result<Redeemed> {
    Poll poll = read_before;
    TEGATA_ASSIGN(auto found, store::find_handoff(transaction, poll.handoff.id));
    if (!found) return Error(e::activation_code_unknown);
    poll.handoff = std::move(*found);
    if (poll.handoff.state == State::closed) return repeat(transaction, services, request, poll, deed);
    if (!began_it(poll, poll.handoff)) return end_for_other_client(transaction, request, poll, deed);
    if (const auto over = waiting_or_over(services, poll, transaction.now())) return Error(*over);
    return issue(transaction, services, request, poll, deed, kid);
  });
}

}  // namespace

Result<Redeemed> redeem(const Services& services, const http::Request& request, const Poll& read_before) {
  auto redeemed = redeem_by(services, request, read_before, services.keys.recent()->current.kid());
  if (redeemed || redeemed.error().code() != e::store_pass_key_withdrawn) return redeemed;
  // The key that was in use a moment ago is withdrawn: the one that took its place signs.
  return redeem_by(services, request, read_before, services.keys.newest()->current.kid());
}

}  // namespace tegata::activation
