#include "rp/activation/services.h"

#include "rp/activation/errors.h"

namespace tegata::activation {

Deed deed_of_client(const std::string& client_id, const std::string& subject) {
  return {"client:" + client_id, subject, client_id};
}

Deed deed_of_phone(const http::Request& request, const std::string& actor, const std::string& subject) {
  return {actor, subject, request.remote_address};
}

std::string subject_of(const store::Handoff& handoff) { return "handoff:" + handoff.id; }

store::AuditEvent event(const http::Request& request, const Deed& deed, std::string kind, Json details,
                        std::string_view code) {
  store::AuditEvent out;
  out.kind = std::move(kind);
  out.actor = deed.actor;
  out.subject = deed.subject;
  out.code = std::string(code);
  out.details = std::move(details);
  out.request_id = request.request_id;
  out.source = deed.source;
  return out;
}

Status verify_pace(const Services& services, const http::Request& request, SourceLimit& limit) {
  const SourceLimit::Call call{request.remote_address, services.browsers.person(request, services.clock.now())};
  const auto wait = limit.wait_in_turn(call, services.clock.monotonic());
  if (wait.count() == 0) return {};
  return Error(errors::activation_too_many, std::to_string(wait.count()) + " ms to wait");
}

Error refuse(const Services& services, const http::Request& request, const Deed& deed, Error error) {
  // The refusal stands also where its record cannot be written; the log says so.
  const auto recorded = write<void>(
      services, request, deed, [&](store::Transaction&) -> Status { return error; }, store::Purpose::upkeep);
  if (recorded.error().code() != error.code()) services.report(request, error);
  return error;
}

}  // namespace tegata::activation
