#include "enroll/services.h"

namespace tegata::enroll {

store::AuditEvent event(const http::Request& request, std::string kind, std::string actor, std::string subject,
                        Json details, std::string_view code) {
  store::AuditEvent out;
  out.kind = std::move(kind);
  out.actor = std::move(actor);
  out.subject = std::move(subject);
  out.code = std::string(code);
  out.details = std::move(details);
  out.request_id = request.request_id;
  out.source = request.remote_address;
  return out;
}

Error refuse(const Services& services, const http::Request& request, const std::string& kind, Error error) {
  const auto recorded = write<void>(
      services, request, kind, [&](store::Transaction&) -> Status { return error; }, store::Purpose::upkeep);
  if (recorded.error().code() != error.code()) services.report(request, error);
  return error;
}

http::Response turn_away(const Services& services, const http::Request& request, const Error& error) {
  return http::problem(request, refuse(services, request, "call_refused", error));
}

Instant shown_moment(const Services& services) {
  const auto judged = services.store.read<Instant>(
      [&](store::Reader& reader) { return store::moment(reader, services.clock, store::Purpose::take_away); });
  return judged ? *judged : services.clock.now();
}

std::optional<Digest> cookie_digest(const http::Request& request, const std::string& name) {
  const auto value = request.cookie(name);
  if (!value || value->empty()) return std::nullopt;
  return sha256(*value);
}

}  // namespace tegata::enroll
