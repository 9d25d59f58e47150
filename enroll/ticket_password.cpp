// Claiming a ticket with a password: reserve, check, answer. Declared in enroll/ticket.h.
//
//   0. read: is there anything to claim?  counted by source, and by ticket where there is: 429, nothing has happened
//   1. a turn for one Argon2id run        full: 503, nothing has happened; one in four where there is nothing to claim
//   2. transaction: the guess is reserved a kill from here on charges this guess, once, and no other
//   3. one Argon2id run                   outside any transaction
//   4. transaction: the answer            right: the phone owns the ticket; wrong: the try is used up
//
// Sent again after a kill anywhere behind 2, the same guess finds its reservation and goes on at 3.
#include "enroll/errors.h"
#include "enroll/ticket_rules.h"
#include "rp/base/source.h"
#include "rp/store/tickets.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;
using handoff::State;

constexpr std::size_t longest_password = 256;  // bytes as typed

// What a claim would meet. An expired, used, revoked or locked ticket is as an unknown one.
struct Met {
  std::string id;
  bool live = false;
};

// The same statements for every ticket, known or not.
Result<Met> meet(store::Reader& reader, const std::string& secret, Instant now) {
  TEGATA_ASSIGN(const auto ticket, store::find_handoff_by_secret(reader, Kind::enrollment, sha256(secret)));
  Met out;
  if (ticket) out.id = ticket->id;
  TEGATA_ASSIGN(const auto tries, store::find_tries(reader, out.id, Digest{}));
  out.live = ticket && !is_over(*ticket, now) && tries && !tries->locked();
  return out;
}

// Whoever repeats himself at one ticket has little, so that he takes little from the others at his address; he takes
// nothing from the ticket's holder, who is elsewhere. What is no ticket takes nothing from those that are.
Status verify_pace(const Services& services, const http::Request& request, const Met& met) {
  auto& limits = *services.limits;
  const auto now = services.clock.monotonic();
  const auto wait =
      met.live
          ? limits.claims.wait({request.remote_address, met.id + " " + source_of(request.remote_address).address}, now)
          : limits.stray_claims.wait({request.remote_address, ""}, now);
  if (wait.count() == 0) return {};
  return Error(e::ticket_claims_too_many, std::to_string(wait.count()) + " ms to wait");
}

// What the first transaction found.
struct Attempt {
  std::string id;  // empty for an unknown ticket
  Digest guess{};
  std::string hash;              // empty: there is nothing that may be checked
  std::optional<Error> refusal;  // stands whatever the password is
};

std::optional<Error> refusal_of(const std::optional<store::Handoff>& ticket,
                                const std::optional<store::TicketTries>& tries, Instant now) {
  if (!ticket) return Error(e::ticket_unknown);
  if (is_over(*ticket, now)) return standstill(*ticket, now, e::ticket_over);
  if (!tries) return Error(e::ticket_over, ticket->id + " has no password");
  if (tries->locked()) return Error(e::ticket_locked, ticket->id);
  if (tries->outcome.empty()) return Error(e::ticket_password_unanswered, ticket->id);
  return std::nullopt;
}

// The same three statements for every ticket, known or not.
Result<Attempt> reserve(store::Transaction& transaction, const PasswordWork& passwords, const http::Request& request,
                        const std::string& secret, const std::string& plain) {
  TEGATA_ASSIGN(const auto ticket, store::find_handoff_by_secret(transaction, Kind::enrollment, sha256(secret)));
  Attempt out;
  if (ticket) out.id = ticket->id;
  out.guess = passwords.mac(out.id, plain);
  TEGATA_ASSIGN(const bool reserved, store::reserve_try(transaction, out.id, out.guess));
  TEGATA_ASSIGN(const auto tries, store::find_tries(transaction, out.id, out.guess));
  out.refusal = refusal_of(ticket, tries, transaction.now());
  if (!out.refusal) out.hash = tries->hash;
  if (reserved) {
    transaction.audit(
        event(request, "ticket_try_reserved", "unknown", subject_of(*ticket), {{"tries_left", tries->left()}}));
  }
  return out;
}

Error answer_wrong(store::Transaction& transaction, const http::Request& request, const Attempt& attempt) {
  const auto first = store::answer_try(transaction, attempt.id, attempt.guess, false);
  if (!first) return first.error();
  const auto tries = store::find_tries(transaction, attempt.id, attempt.guess);
  if (!tries) return tries.error();
  const bool locked = *tries && (*tries)->locked();
  const Error error(locked ? e::ticket_locked : e::ticket_password_wrong, attempt.id);
  if (!*first) return error;  // known to be wrong since it was sent before
  const Json left{{"tries_left", *tries ? (*tries)->left() : 0}};
  const auto subject = "handoff:" + attempt.id;
  transaction.audit(event(request, "ticket_password_wrong", "unknown", subject, left, e::ticket_password_wrong.name()));
  if (locked) transaction.audit(event(request, "ticket_locked", "unknown", subject, left, e::ticket_locked.name()));
  transaction.keep_effects();
  return error;
}

store::Change ownership(const Services& services, Instant now, const Digest& owner, const BrowserIdentity& identity) {
  store::Change change;
  change.owner = owner;
  change.owner_until = now + services.settings.owner_life;
  change.device = device_name(identity);
  change.clear_challenge = true;
  return change;
}

// No screen has to confirm: the password did.
Result<bool> take(store::Transaction& transaction, const std::string& id, const store::Change& ownership) {
  TEGATA_ASSIGN(const bool claimed, store::advance(transaction, Kind::enrollment, id, Event::claim, {}, ownership));
  if (claimed) return store::advance(transaction, Kind::enrollment, id, Event::confirm);
  return store::amend(transaction, id, {State::confirmed}, {}, ownership);
}

Result<store::Handoff> answer_right(store::Transaction& transaction, const http::Request& request,
                                    const Attempt& attempt, const store::Change& ownership) {
  TEGATA_TRY(store::answer_try(transaction, attempt.id, attempt.guess, true));
  TEGATA_ASSIGN(const auto tries, store::find_tries(transaction, attempt.id, attempt.guess));
  if (!tries || tries->locked()) return Error(e::ticket_locked, attempt.id);
  TEGATA_ASSIGN(const bool taken, take(transaction, attempt.id, ownership));
  TEGATA_ASSIGN(auto ticket, store::find_handoff(transaction, attempt.id));
  if (!ticket) return Error(e::ticket_unknown, attempt.id);
  if (!taken) return standstill(*ticket, transaction.now(), e::ticket_over);
  transaction.audit(event(request, "ticket_claimed", actor_of(*ticket), subject_of(*ticket),
                          {{"device", ticket->device}, {"by", "password"}}));
  return std::move(*ticket);
}

}  // namespace

Result<store::Handoff> claim_ticket_with_password(const Services& services, const http::Request& request,
                                                  const std::string& secret, const std::string& password,
                                                  const Digest& owner, const BrowserIdentity& identity) {
  const auto refused = [&](const Error& error) { return refuse(services, request, "ticket_refused", error); };
  if (password.size() > longest_password) return refused(Error(e::ticket_password_too_long));
  if (!services.passwords) return refused(Error(e::ticket_unknown, "tickets with a password are not accepted"));
  auto& passwords = *services.passwords;
  const auto met =
      services.store.read<Met>([&](store::Reader& reader) { return meet(reader, secret, services.clock.now()); });
  if (!met) return refused(met.error());
  if (const auto pace = verify_pace(services, request, *met); !pace) return refused(pace.error());
  const auto turn = passwords.take_turn(met->live ? PasswordWork::Claim::live : PasswordWork::Claim::stray);
  if (!turn) return refused(turn.error());
  const auto plain = plain_password(password);
  const auto attempt = services.store.write<Attempt>(
      [&](store::Transaction& transaction) { return reserve(transaction, passwords, request, secret, plain); });
  if (!attempt) return refused(attempt.error());
  const auto right = passwords.check(*turn, attempt->hash, plain);
  if (!right) return refused(right.error());
  if (attempt->refusal) return refused(*attempt->refusal);
  return write<store::Handoff>(
      services, request, "ticket_refused", [&](store::Transaction& transaction) -> Result<store::Handoff> {
        if (!*right) return answer_wrong(transaction, request, *attempt);
        return answer_right(transaction, request, *attempt, ownership(services, transaction.now(), owner, identity));
      });
}

Result<std::optional<std::int64_t>> tries_left(const Services& services, const std::string& secret) {
  using Left = std::optional<std::int64_t>;
  return services.store.read<Left>([&](store::Reader& reader) -> Result<Left> {
    TEGATA_ASSIGN(const auto ticket, find_ticket(reader, secret));
    TEGATA_ASSIGN(const auto tries, store::find_tries(reader, ticket.id, Digest{}));
    return tries ? Left(tries->left()) : Left();
  });
}

}  // namespace tegata::enroll
