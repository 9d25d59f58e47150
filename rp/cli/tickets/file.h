// The file that carries secrets from `ticket issue` to the letters; its form is in rp/cli/tickets/issue.h.
#pragma once

#include "enroll/ticket_issue.h"

namespace tegata::cli::tickets {

struct TicketsFile {
  std::string batch, table_digest, public_origin;
  Instant prepared_at{};
  std::vector<enroll::PreparedTicket> tickets;
  std::vector<std::string> names;  // of the people, in the same order
};

Json ticket_json(const enroll::PreparedTicket&, const std::string& name, const std::string& public_origin);
std::string tickets_text(const TicketsFile&);
// Error: cli_option_invalid.
Result<TicketsFile> parse_tickets(std::string_view text);

}  // namespace tegata::cli::tickets
