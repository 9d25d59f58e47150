#include "enroll/ticket_issue.h"

#include "enroll/errors.h"
#include "enroll/ticket_rules.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::Kind;

Result<OriginRule> password_rule(const OriginRules& rules, const std::string& origin) {
  const auto found = rules.find(origin);
  if (found == rules.end() || !found->second.password) return Error(e::ticket_origin_unknown, origin);
  return found->second;
}

store::AuditEvent by_operator(const char* kind, const std::string& actor, const std::string& id, Json details) {
  store::AuditEvent out;
  out.kind = kind;
  out.actor = actor;
  out.subject = "handoff:" + id;
  out.details = std::move(details);
  return out;
}

Result<store::Handoff> find_by_id(store::Reader& reader, const std::string& id) {
  TEGATA_ASSIGN(auto ticket, store::find_handoff(reader, id));
  if (!ticket || ticket->kind != Kind::enrollment) return Error(e::ticket_unknown, id);
  return std::move(*ticket);
}

store::Handoff row_of(const PreparedTicket& ticket, Instant now) {
  store::Handoff row;
  row.id = ticket.id;
  row.kind = Kind::enrollment;
  row.secret = sha256(ticket.secret);
  row.practitioner_id = ticket.order.practitioner_id;
  row.origin = ticket.order.origin;
  row.created_at = now;
  row.expires_at = ticket.expires_at;
  return row;
}

// The same ticket, or another that took its place.
Result<bool> stands_already(store::Reader& reader, const PreparedTicket& ticket) {
  TEGATA_ASSIGN(const auto there, store::find_handoff(reader, ticket.id));
  if (there && there->secret == sha256(ticket.secret)) return false;
  return Error(e::ticket_batch_line_taken, ticket.id);
}

}  // namespace

Result<PreparedTicket> prepare_ticket(const OriginRules& rules, const TicketOrder& order, Random& random, Instant now) {
  TEGATA_ASSIGN(const auto rule, password_rule(rules, order.origin));
  PreparedTicket out;
  out.order = order;
  out.id = random_id(random);
  out.secret = random_secret(random, 16);
  out.password = make_password(random, rule.letters);
  out.expires_at = now + rule.life;
  out.tries = rule.tries;
  return out;
}

std::string ticket_url(const std::string& public_origin, const std::string& secret) {
  return public_origin + "/p#t=" + secret;
}

Status check_order(store::Reader& reader, const TicketOrder& order, Instant now) {
  TEGATA_ASSIGN(const auto person, store::find_practitioner(reader, order.practitioner_id));
  if (!person || !in_good_standing(*person, now))
    return Error(e::ticket_person_not_in_good_standing, order.practitioner_id);
  return {};
}

Result<bool> put_ticket(store::Transaction& transaction, const OriginRules& rules, const PreparedTicket& ticket,
                        const std::string& hash, const std::string& actor) {
  TEGATA_TRY(password_rule(rules, ticket.order.origin));
  TEGATA_TRY(check_order(transaction, ticket.order, transaction.now()));
  auto row = row_of(ticket, transaction.now());
  TEGATA_ASSIGN(row.basis, store::basis_of_letter(transaction, row.id, row.practitioner_id));
  TEGATA_ASSIGN(const bool inserted, store::insert_handoff(transaction, row));
  if (!inserted) return stands_already(transaction, ticket);
  const store::TicketPassword password{ticket.id, hash, ticket.tries, ticket.order.batch, ticket.order.line};
  TEGATA_ASSIGN(const bool kept, store::insert_ticket_password(transaction, password));
  if (!kept) return Error(e::ticket_batch_line_taken, ticket.order.batch + " " + std::to_string(ticket.order.line));
  transaction.audit(by_operator("ticket_issued", actor, ticket.id,
                                {{"origin", ticket.order.origin},
                                 {"practitioner", ticket.order.practitioner_id},
                                 {"batch", ticket.order.batch},
                                 {"line", ticket.order.line}}));
  return true;
}

Status revoke_ticket(store::Transaction& transaction, const std::string& id, const std::string& actor) {
  TEGATA_TRY(find_by_id(transaction, id));
  store::Change change;
  change.reason = std::string(e::ticket_revoked.name());
  change.clear_challenge = true;
  TEGATA_ASSIGN(const bool moved, store::advance(transaction, Kind::enrollment, id, Event::cancel, {}, change));
  if (!moved) return Error(e::ticket_not_live, id);
  transaction.audit(by_operator("ticket_revoked", actor, id, Json::object()));
  return {};
}

Status unlock_ticket(store::Transaction& transaction, const OriginRules& rules, const std::string& id,
                     const std::string& actor) {
  TEGATA_ASSIGN(const auto ticket, find_by_id(transaction, id));
  const auto rule = password_rule(rules, ticket.origin);
  if (!rule) return Error(e::ticket_without_password, id);
  TEGATA_ASSIGN(const bool granted, store::grant_tries(transaction, id, rule->tries));
  if (!granted) return Error(e::ticket_not_live, id);
  transaction.audit(by_operator("ticket_unlocked", actor, id, {{"tries", rule->tries}}));
  return {};
}

}  // namespace tegata::enroll
