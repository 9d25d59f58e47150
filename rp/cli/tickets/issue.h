// `tegata ticket issue`: tickets by letter or portal, one or a whole table.
//
// A table is issued by way of one private file, the tickets file: all secrets are drawn and the file is on the disk
// before the first ticket stands in the database. Whatever ends the command, the same command again goes on from the
// file; a line of a batch has one ticket, ever. The file is what letters are made of; it is to be destroyed when they
// are printed.
//
// Tickets file: one JSON object a line. The first names the batch: {"batch","table","public_origin","prepared_at"};
// each other one is a ticket:
// {"line","ticket","practitioner_id","name","origin","url","password","expires_at","tries"}.
#pragma once

#include "enroll/ticket_issue.h"
#include "rp/cli/command/progress.h"
#include "rp/server/config/config.h"

namespace tegata::cli::tickets {

struct TicketIssue {
  std::string practitioner_id;  // one ticket, or
  std::string table;            // a CSV file with the column practitioner_id, and origin if it is not the same for all
  std::string origin;
  std::string batch;
  std::string tickets_file;
  bool dry_run = false;
  std::string actor;  // "operator:uid-1000"
};

// The ticket as in the tickets file. Errors: those of enroll::put_ticket.
Result<Json> issue_one(const server::config::Config&, const TicketIssue&, const Clock&, Random&);

// {"ok":true,"batch","tickets","issued","dry_run"}; or
// {"ok":false,"code":"ticket_table_refused","rows":[{"line","code", "detail"}]}: every row is checked before anything
// is issued. Whoever left good standing after that gets none: the answer of a batch then has "ok":false and "rows",
// too. Errors: csv_malformed, cli_option_invalid (another table under this batch), ticket_batch_line_taken (this batch
// was issued with another tickets file), file_not_written.
Result<Json> issue_table(const server::config::Config&, const TicketIssue&, const Clock&, Random&, command::Progress&);

}  // namespace tegata::cli::tickets
