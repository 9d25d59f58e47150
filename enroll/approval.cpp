#include "enroll/approval.h"

#include <algorithm>

#include "enroll/call.h"
#include "enroll/devices.h"
#include "enroll/errors.h"
#include "enroll/sign_in_number.h"
#include "enroll/ticket_rules.h"

namespace tegata::enroll {
namespace {

namespace e = errors;
using handoff::Event;
using handoff::State;

std::string phone_of(const store::Session& session) { return "credential:" + base64url(*session.credential_id); }

// A bound phone that signed in by itself a moment ago, and may still be used.
Status verify_approver(store::Transaction& transaction, const Settings& settings, const store::Session& session) {
  if (!session.credential_id) return Error(e::devices_phone_needed, session.method);
  TEGATA_TRY(verify_step_up(transaction, settings, session));
  return {};
}

Result<store::Handoff> require_waiting(store::Transaction& transaction, const store::Session& session,
                                       const std::string& ticket_id) {
  TEGATA_ASSIGN(const auto waiting, find_waiting(transaction, session.practitioner_id, transaction.now()));
  const auto found = std::ranges::find(waiting, ticket_id, &store::Handoff::id);
  if (found == waiting.end()) return Error(e::ticket_approval_unknown, session.practitioner_id);
  return *found;
}

Status approve_in(store::Transaction& transaction, const Settings& settings, const http::Request& request,
                  const store::Session& session, const ApprovalAnswer& answer) {
  TEGATA_TRY(verify_approver(transaction, settings, session));
  TEGATA_ASSIGN(const auto ticket, require_waiting(transaction, session, answer.ticket_id));
  store::Condition condition;
  condition.number = answer.number;
  store::Change change;
  change.basis = session.basis;  // numbers off a card are worth nothing by themselves: it rests on this phone
  change.evidence = ticket.evidence;
  change.evidence->update({{"approved_by", base64url(*session.credential_id)}});
  TEGATA_ASSIGN(const bool approved, store::amend(transaction, ticket.id, {State::confirmed}, condition, change));
  if (approved) {
    transaction.audit(event(request, "ticket_approved", actor_of(ticket), subject_of(ticket),
                            {{"device", ticket.device}, {"by", phone_of(session)}}));
    return {};
  }
  TEGATA_TRY(end_ticket(transaction, request, ticket, Event::deny, e::ticket_wrong_number));
  transaction.keep_effects();
  return Error(e::ticket_wrong_number, ticket.id);
}

}  // namespace

Json approval_mark(const Settings& settings, const http::Request& request, const store::Session& session) {
  const bool asked = session.method == method_registration_number && settings.registration_number &&
                     settings.registration_number->confirmation != NumberConfirmation::none;
  if (!asked) return Json::object();
  return {{"approval", true}, {"pc", device_name(identity_of(request))}};
}

std::string mark_of(const store::Handoff& ticket) {
  constexpr std::string_view letters = "BCDFGHJKLMNPQRSTVWXZ";  // no vowels: no words; and no digits beside the number
  const auto made = sha256("mark " + ticket.id);
  std::string out;
  for (std::size_t i = 0; i < 3; ++i) out += letters[made[i] % letters.size()];
  return out;
}

bool waits_for_approval(const store::Handoff& ticket) {
  return ticket.request.value("approval", false) && !ticket.evidence.contains("approved_by");
}

bool is_by_numbers_alone(const store::Handoff& ticket) {
  return ticket.origin == origin_registration_number && !ticket.evidence.contains("approved_by");
}

Result<std::vector<store::Handoff>> find_waiting(store::Reader& reader, const std::string& practitioner_id,
                                                 Instant now) {
  TEGATA_ASSIGN(auto tickets, store::confirmed_enrollments(reader, practitioner_id, method_registration_number, now));
  std::erase_if(tickets, [](const store::Handoff& ticket) { return !waits_for_approval(ticket); });
  return tickets;
}

Status approve_ticket(const Services& services, const http::Request& request, const store::Session& session,
                      const ApprovalAnswer& answer) {
  const auto kind = "approval_refused";
  if (!is_two_digits(answer.number)) return refuse(services, request, kind, Error(e::ticket_number_malformed));
  return write<void>(services, request, kind, [&](store::Transaction& transaction) {
    return approve_in(transaction, services.settings, request, session, answer);
  });
}

Status decline_waiting_ticket(const Services& services, const http::Request& request, const store::Session& session,
                              const std::string& ticket_id) {
  return write<void>(
      services, request, "approval_refused",
      [&](store::Transaction& transaction) -> Status {
        TEGATA_TRY(verify_session(transaction, session));
        TEGATA_ASSIGN(const auto ticket, require_waiting(transaction, session, ticket_id));
        return end_ticket(transaction, request, ticket, Event::deny, e::ticket_approval_declined);
      },
      store::Purpose::take_away);
}

}  // namespace tegata::enroll
