#include "enroll/ticket_rules.h"

#include <algorithm>
#include <cstdio>
#include <initializer_list>

#include "enroll/approval.h"
#include "enroll/change.h"
#include "enroll/devices.h"
#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "rp/store/tickets.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

bool is_of(const std::optional<store::Handoff>& ticket, const Digest& session) {
  return ticket && ticket->session && equal_constant_time(*ticket->session, session);
}

Result<std::optional<store::Handoff>> find_shown(store::Reader& reader, const Screen& screen) {
  if (!screen.ticket_id) return store::find_enrollment_by_session(reader, screen.session.cookie);
  TEGATA_ASSIGN(auto ticket, store::find_handoff(reader, *screen.ticket_id));
  if (!is_of(ticket, screen.session.cookie)) return Error(e::ticket_of_other_session, screen.session.practitioner_id);
  return ticket;
}

Status cancel_open(store::Transaction& transaction, const http::Request& request,
                   const std::optional<store::Handoff>& ticket, std::initializer_list<State> open, ErrorCode reason) {
  if (!ticket || std::ranges::find(open, ticket->state) == open.end() || over_time(*ticket, transaction.now())) {
    return {};
  }
  return end_ticket(transaction, request, *ticket, Event::cancel, reason);
}

store::Handoff fresh_ticket(const Services& services, const http::Request& request, const store::Session& session,
                            Instant now, const std::string& secret) {
  store::Handoff ticket;
  ticket.id = random_id(services.random);
  ticket.kind = Kind::enrollment;
  ticket.secret = sha256(secret);
  ticket.practitioner_id = session.practitioner_id;
  ticket.origin = session.method;
  ticket.session = session.cookie;
  ticket.basis = session.basis;
  ticket.created_at = now;
  ticket.request.update(change_mark(session));
  ticket.request.update(approval_mark(services.settings, request, session));
  // No longer than the session, which alone can confirm it.
  ticket.expires_at = std::min(now + rule_of(services.settings, session.method).life, session.expires_at);
  return ticket;
}

Status confirm_in(store::Transaction& transaction, const http::Request& request, const Screen& screen,
                  const std::string& number) {
  TEGATA_ASSIGN(const auto ticket, find_shown(transaction, screen));
  if (!ticket) return Error(e::ticket_unknown, "no ticket of this session");
  store::Condition condition;
  condition.session = screen.session.cookie;
  condition.number = number;
  if (waits_for_approval(*ticket)) condition.most_waiting = most_waiting;
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, ticket->id, Event::confirm, condition));
  if (moved) {
    transaction.audit(
        event(request, "ticket_confirmed", actor_of(*ticket), subject_of(*ticket), {{"device", ticket->device}}));
    return {};
  }
  if (ticket->state != State::claimed || over_time(*ticket, transaction.now())) {
    return standstill(*ticket, transaction.now(), e::ticket_not_opened);
  }
  // The right number comes too early: the ticket stays, for when one of those that wait was answered.
  if (ticket->number == number) return Error(e::ticket_too_many_waiting, ticket->id);
  TEGATA_TRY(end_ticket(transaction, request, *ticket, Event::deny, e::ticket_wrong_number));
  transaction.keep_effects();
  return Error(e::ticket_wrong_number, ticket->id);
}

// Two phones want one ticket. While the PC has not confirmed, nobody can say which is the right one.
Error dispute(store::Transaction& transaction, const http::Request& request, const store::Handoff& ticket) {
  if (ticket.state != State::claimed || over_time(ticket, transaction.now()))
    return Error(e::ticket_not_owner, ticket.id);
  store::Condition condition;
  condition.owner = ticket.owner;
  const auto ended = end_ticket(transaction, request, ticket, Event::deny, e::ticket_other_phone, condition);
  if (!ended) return ended.error();
  transaction.keep_effects();
  return Error(e::ticket_other_phone, ticket.id);
}

// Without a password. A ticket that is over is told from its row alone, as an unknown one is.
Result<store::Handoff> claim_in(store::Transaction& transaction, const Settings& settings, const http::Request& request,
                                const store::Handoff& before, const std::optional<Digest>& held,
                                const store::Change& claim) {
  const bool mine = owns(before, held, transaction.now());
  if (is_over(before, transaction.now()) && !mine) return standstill(before, transaction.now(), e::ticket_over);
  if (rule_of(settings, before.origin).password) {
    if (!mine) return Error(e::ticket_password_needed, before.id);
    if (over_time(before, transaction.now())) return Error(e::ticket_expired, before.id);
    return before;
  }
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, before.id, Event::claim, {}, claim));
  TEGATA_ASSIGN(auto ticket, store::find_handoff(transaction, before.id));
  if (!ticket) return Error(e::ticket_unknown, before.id);
  if (moved) {
    transaction.audit(
        event(request, "ticket_claimed", actor_of(*ticket), subject_of(*ticket), {{"device", ticket->device}}));
    return std::move(*ticket);
  }
  if (!ticket->owner) return standstill(*ticket, transaction.now(), e::ticket_over);
  if (!held || !equal_constant_time(*ticket->owner, *held)) return dispute(transaction, request, *ticket);
  if (over_time(*ticket, transaction.now())) return Error(e::ticket_expired, ticket->id);
  return std::move(*ticket);  // the same phone again
}

// What a phone sees of a ticket that a password opens, whoever owns it now.
Result<TicketView> look_at_lock(store::Reader& reader, const Settings& settings, const store::Handoff& ticket,
                                Instant now) {
  TEGATA_ASSIGN(const auto tries, store::find_tries(reader, ticket.id, Digest{}));
  if (!tries || tries->locked()) return Error(e::ticket_locked, ticket.id);
  TEGATA_ASSIGN(auto seen, view(reader, settings, ticket, now));
  seen.state = handoff::shown(Kind::enrollment, State::created);
  seen.password = true;
  seen.mine = false;
  if (tries->left() < tries->tries) seen.tries_left = tries->left();
  return seen;
}

}  // namespace

Result<NewTicket> issue_ticket(const Services& services, const http::Request& request, const Screen& screen) {
  const auto& session = screen.session;
  const auto secret = random_secret(services.random, 16);
  const auto rule = rule_of(services.settings, session.method);
  if (rule.password || rule.life.count() == 0)
    return refuse(services, request, "ticket_refused", Error(e::ticket_origin_unknown, session.method));
  return write<NewTicket>(
      services, request, "ticket_refused", [&](store::Transaction& transaction) -> Result<NewTicket> {
        TEGATA_ASSIGN(auto person, store::find_practitioner(transaction, session.practitioner_id));
        if (!person || !in_good_standing(*person, transaction.now()))
          return Error(e::ticket_person_not_in_good_standing, session.practitioner_id);
        TEGATA_TRY(verify_session(transaction, session));  // found as what takes away finds it
        // Somebody else may hold the unlocked phone by now: adding one asks for as much as removing one.
        if (session.method == method_bound_phone) TEGATA_TRY(verify_step_up(transaction, services.settings, session));
        TEGATA_TRY(find_shown(transaction, screen));
        TEGATA_ASSIGN(const auto newest, store::find_enrollment_by_session(transaction, session.cookie));
        TEGATA_TRY(cancel_open(transaction, request, newest, {State::created, State::claimed, State::confirmed},
                               e::ticket_replaced));
        const auto ticket = fresh_ticket(services, request, session, transaction.now(), secret);
        TEGATA_ASSIGN(const bool inserted, store::insert_handoff(transaction, ticket));
        if (!inserted) return Error(e::ticket_over, "a secret that exists already");
        transaction.audit(
            event(request, "ticket_issued", actor_of(ticket), subject_of(ticket), {{"origin", ticket.origin}}));
        return NewTicket{ticket.id, std::move(*person), secret, ticket.expires_at, is_by_numbers_alone(ticket)};
      });
}

Result<bool> close_session(store::Transaction& transaction, const http::Request& request, const Digest& cookie,
                           const std::optional<std::string>& ticket_id) {
  TEGATA_ASSIGN(const auto newest, store::find_enrollment_by_session(transaction, cookie));
  if (ticket_id && (!newest || newest->id != *ticket_id)) return Error(e::ticket_of_other_session);
  TEGATA_TRY(cancel_open(transaction, request, newest, {State::created, State::claimed}, e::ticket_session_ended));
  return store::end_session(transaction, cookie);
}

Status replace_session(store::Transaction& transaction, const http::Request& request, const store::Session& session) {
  if (const auto old = cookie_digest(request, session_cookie)) TEGATA_TRY(close_session(transaction, request, *old));
  TEGATA_ASSIGN(const bool begun, store::insert_session(transaction, session));
  if (!begun) return Error(e::sign_in_session_missing, "what it would rest on has ended");
  return {};
}

Result<std::optional<TicketView>> ticket_of_screen(const Services& services, const Screen& screen) {
  return services.store.read<std::optional<TicketView>>(
      [&](store::Reader& reader) -> Result<std::optional<TicketView>> {
        TEGATA_ASSIGN(const auto ticket, find_shown(reader, screen));
        if (!ticket) return std::optional<TicketView>();
        TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
        TEGATA_ASSIGN(auto seen, view(reader, services.settings, *ticket, now));
        return std::optional<TicketView>(std::move(seen));
      });
}

Result<TicketView> ticket_of_phone(const Services& services, const std::string& secret, const Digest& owner) {
  return services.store.read<TicketView>([&](store::Reader& reader) -> Result<TicketView> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(const auto ticket, find_owned(reader, secret, owner, now));
    return view(reader, services.settings, ticket, now);
  });
}

Status confirm_ticket(const Services& services, const http::Request& request, const Screen& screen,
                      const std::string& number) {
  if (!is_two_digits(number)) return refuse(services, request, "ticket_refused", Error(e::ticket_number_malformed));
  return write<void>(services, request, "ticket_refused",
                     [&](store::Transaction& transaction) { return confirm_in(transaction, request, screen, number); });
}

Status reject_ticket_on_pc(const Services& services, const http::Request& request, const Screen& screen) {
  return write<void>(
      services, request, "ticket_refused",
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(const auto ticket, find_shown(transaction, screen));
        if (!ticket) return Error(e::ticket_unknown, "no ticket of this session");
        store::Condition condition;
        condition.session = screen.session.cookie;
        return end_ticket(transaction, request, *ticket, Event::deny, e::ticket_rejected_on_pc, condition);
      },
      store::Purpose::take_away);
}

Result<TicketView> look_at_ticket(const Services& services, const http::Request& request, const std::string& secret,
                                  const std::optional<Digest>& owner) {
  auto looked = services.store.read<TicketView>([&](store::Reader& reader) -> Result<TicketView> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, store::Purpose::take_away));
    TEGATA_ASSIGN(const auto ticket, find_ticket(reader, secret));
    if (owns(ticket, owner, now)) {
      TEGATA_ASSIGN(auto seen, view(reader, services.settings, ticket, now));
      seen.mine = true;
      return seen;
    }
    if (is_over(ticket, now)) return standstill(ticket, now, e::ticket_over);
    if (rule_of(services.settings, ticket.origin).password) return look_at_lock(reader, services.settings, ticket, now);
    // Another phone that comes before the PC has confirmed finds the ticket as if nobody had: its claim, not its look,
    // is what ends it.
    if (ticket.owner && ticket.state != State::claimed) return Error(e::ticket_not_owner, ticket.id);
    return view(reader, services.settings, ticket, now);
  });
  if (!looked) return refuse(services, request, "ticket_refused", looked.error());
  return looked;
}

Result<store::Handoff> claim_ticket(const Services& services, const http::Request& request, const std::string& secret,
                                    const Claimant& claimant, const BrowserIdentity& identity) {
  store::Change claim;
  claim.owner = claimant.fresh;
  char number[3];
  std::snprintf(number, sizeof number, "%02u", static_cast<unsigned>(random_below(services.random, 100)));
  claim.number = number;
  claim.device = device_name(identity);
  return write<store::Handoff>(services, request, "ticket_refused",
                               [&](store::Transaction& transaction) -> Result<store::Handoff> {
                                 TEGATA_ASSIGN(const auto ticket, find_ticket(transaction, secret));
                                 return claim_in(transaction, services.settings, request, ticket, claimant.held, claim);
                               });
}

Status reject_ticket_on_phone(const Services& services, const http::Request& request, const std::string& secret,
                              const std::optional<Digest>& owner) {
  return write<void>(
      services, request, "ticket_refused",
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(const auto ticket, find_ticket(transaction, secret));
        if (is_over(ticket, transaction.now())) return standstill(ticket, transaction.now(), e::ticket_over);
        store::Condition condition;
        const bool locked = rule_of(services.settings, ticket.origin).password;
        if (ticket.owner || locked) {
          if (!owns(ticket, owner, transaction.now())) {
            return locked ? Error(e::ticket_not_owner, ticket.id) : dispute(transaction, request, ticket);
          }
          condition.owner = owner;
        }
        return end_ticket(transaction, request, ticket, Event::deny, e::ticket_rejected_on_phone, condition);
      },
      store::Purpose::take_away);
}

}  // namespace tegata::enroll
