#include "enroll/ticket_rules.h"

#include <algorithm>

#include "enroll/errors.h"

namespace tegata::enroll {

namespace e = errors;
using handoff::Kind;
using handoff::State;

namespace {

std::string shown_state(const store::Handoff& ticket, const Settings& settings, Instant now) {
  if (ticket.state == State::fulfilled) {
    const bool waited = ticket.fulfilled_at && now >= *ticket.fulfilled_at + settings.done_after;
    return waited ? "done" : "registered";
  }
  return std::string(over_time(ticket, now) ? "expired" : handoff::shown(Kind::enrollment, ticket.state));
}

}  // namespace

std::string subject_of(const store::Handoff& ticket) { return "handoff:" + ticket.id; }
std::string actor_of(const store::Handoff& ticket) { return "practitioner:" + ticket.practitioner_id; }

bool over_time(const store::Handoff& ticket, Instant now) {
  return ticket.expires_at <= now && !handoff::is_final(Kind::enrollment, ticket.state);
}

bool is_over(const store::Handoff& ticket, Instant now) {
  const bool open =
      ticket.state == State::created || ticket.state == State::claimed || ticket.state == State::confirmed;
  return !open || ticket.expires_at <= now;
}

bool owns(const store::Handoff& ticket, const std::optional<Digest>& owner, Instant now) {
  if (!owner || !ticket.owner || !equal_constant_time(*ticket.owner, *owner)) return false;
  return !ticket.owner_until || *ticket.owner_until > now;
}

bool in_good_standing(const store::Practitioner& person, Instant now) {
  return person.active && person.second_certificate_not_after && *person.second_certificate_not_after > now;
}

OriginRule rule_of(const Settings& settings, const std::string& origin) {
  const auto found = settings.origins.find(origin);
  return found == settings.origins.end() ? OriginRule{std::chrono::seconds(0)} : found->second;
}

bool is_two_digits(const std::string& number) {
  return number.size() == 2 && std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status end_ticket(store::Transaction& transaction, const http::Request& request, const store::Handoff& ticket,
                  handoff::Event event_of_end, ErrorCode reason, const store::Condition& condition) {
  store::Change change;
  change.reason = std::string(reason.name());
  change.clear_challenge = true;
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, Kind::enrollment, ticket.id, event_of_end, condition, change));
  if (!moved) return standstill(ticket, transaction.now(), e::ticket_over);
  transaction.audit(
      event(request, "ticket_ended", actor_of(ticket), subject_of(ticket), Json::object(), reason.name()));
  return {};
}

Result<TicketView> view(store::Reader& reader, const Settings& settings, const store::Handoff& ticket, Instant now) {
  TicketView out;
  out.handoff = ticket;
  out.state = shown_state(ticket, settings, now);
  if (!ticket.credential_id) return out;
  TEGATA_ASSIGN(const auto credential, store::find_credential(reader, *ticket.credential_id));
  if (credential) out.label = credential->label;
  return out;
}

Result<store::Handoff> find_ticket(store::Reader& reader, const std::string& secret) {
  TEGATA_ASSIGN(auto found, store::find_handoff_by_secret(reader, Kind::enrollment, sha256(secret)));
  if (!found) return Error(e::ticket_unknown);
  return std::move(*found);
}

std::chrono::milliseconds prompt_time(const store::Handoff& ticket, Instant now) {
  const auto end = std::min(ticket.expires_at, ticket.owner_until.value_or(Instant::max()));
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::min<Instant::duration>(end - now, std::chrono::minutes(10)));
}

Result<store::Handoff> find_owned(store::Reader& reader, const std::string& secret, const Digest& owner, Instant now) {
  TEGATA_ASSIGN(auto ticket, find_ticket(reader, secret));
  if (!ticket.owner || !equal_constant_time(*ticket.owner, owner)) return Error(e::ticket_not_owner, ticket.id);
  if (!owns(ticket, owner, now)) return Error(e::ticket_ownership_lapsed, ticket.id);
  return ticket;
}

Error standstill(const store::Handoff& ticket, Instant now, ErrorCode too_early) {
  if (over_time(ticket, now) || ticket.state == State::expired) return Error(e::ticket_expired, ticket.id);
  if (handoff::is_final(Kind::enrollment, ticket.state)) return Error(e::ticket_over, ticket.id + " " + ticket.reason);
  return Error(too_early, ticket.id + " is " + std::string(handoff::name(ticket.state)));
}

}  // namespace tegata::enroll
