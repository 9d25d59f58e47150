#include "rp/cli/tickets/file.h"

#include "rp/cli/command/errors.h"

namespace tegata::cli::tickets {
namespace {

Error damaged(std::size_t line, const std::string& what) {
  return Error(errors::cli_option_invalid, "tickets file, line " + std::to_string(line) + ": " + what);
}

Result<Instant> json_instant(const Json& object, const char* name) {
  TEGATA_ASSIGN(const auto text, json_string(object, name));
  return parse_rfc3339(text);
}

Status read_head(const Json& json, TicketsFile& out) {
  TEGATA_ASSIGN(out.batch, json_string(json, "batch"));
  TEGATA_ASSIGN(out.table_digest, json_string(json, "table"));
  TEGATA_ASSIGN(out.public_origin, json_string(json, "public_origin"));
  TEGATA_ASSIGN(out.prepared_at, json_instant(json, "prepared_at"));
  return {};
}

Status read_ticket(const Json& json, TicketsFile& out) {
  enroll::PreparedTicket ticket;
  ticket.order.batch = out.batch;
  TEGATA_ASSIGN(ticket.order.line, json_integer(json, "line"));
  TEGATA_ASSIGN(ticket.order.practitioner_id, json_string(json, "practitioner_id"));
  TEGATA_ASSIGN(ticket.order.origin, json_string(json, "origin"));
  TEGATA_ASSIGN(ticket.id, json_string(json, "ticket"));
  TEGATA_ASSIGN(ticket.password, json_string(json, "password"));
  TEGATA_ASSIGN(ticket.expires_at, json_instant(json, "expires_at"));
  TEGATA_ASSIGN(const auto tries, json_optional_integer(json, "tries"));
  if (tries) ticket.tries = static_cast<int>(*tries);
  TEGATA_ASSIGN(const auto url, json_string(json, "url"));
  const auto mark = url.find("#t=");
  ticket.secret = mark == std::string::npos ? "" : url.substr(mark + 3);
  TEGATA_ASSIGN(auto name, json_string(json, "name"));
  out.tickets.push_back(std::move(ticket));
  out.names.push_back(std::move(name));
  return {};
}

}  // namespace

Json ticket_json(const enroll::PreparedTicket& ticket, const std::string& name, const std::string& public_origin) {
  return {{"line", ticket.order.line},
          {"ticket", ticket.id},
          {"practitioner_id", ticket.order.practitioner_id},
          {"name", name},
          {"origin", ticket.order.origin},
          {"url", enroll::ticket_url(public_origin, ticket.secret)},
          {"password", ticket.password},
          {"expires_at", format_rfc3339(ticket.expires_at)},
          {"tries", ticket.tries}};
}

std::string tickets_text(const TicketsFile& file) {
  auto out = dump_json({{"batch", file.batch},
                        {"table", file.table_digest},
                        {"public_origin", file.public_origin},
                        {"prepared_at", format_rfc3339(file.prepared_at)}}) +
             "\n";
  for (std::size_t i = 0; i < file.tickets.size(); ++i)
    out += dump_json(ticket_json(file.tickets[i], file.names[i], file.public_origin)) + "\n";
  return out;
}

Result<TicketsFile> parse_tickets(std::string_view text) {
  TicketsFile out;
  std::size_t line = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    ++line;
    if (end == std::string_view::npos) return damaged(line, "cut off");
    const auto json = parse_json(text.substr(0, end));
    if (!json) return damaged(line, json.error().detail());
    const auto read = line == 1 ? read_head(*json, out) : read_ticket(*json, out);
    if (!read) return damaged(line, read.error().detail());
    text.remove_prefix(end + 1);
  }
  if (line == 0) return damaged(1, "empty");
  return out;
}

}  // namespace tegata::cli::tickets
