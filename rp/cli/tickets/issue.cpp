#include "rp/cli/tickets/issue.h"

#include <filesystem>
#include <future>
#include <set>
#include <thread>

#include "enroll/errors.h"
#include "rp/base/csv.h"
#include "rp/base/errors.h"
#include "rp/cli/command/errors.h"
#include "rp/cli/tickets/file.h"
#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/server/compose.h"
#include "rp/server/tickets.h"

namespace tegata::cli::tickets {
namespace {

namespace e = errors;
using enroll::OriginRules;
using enroll::PreparedTicket;

constexpr std::size_t chunk = 32;  // tickets in one transaction

Result<std::string> hash_of(const PreparedTicket& ticket, Random& random) {
  return enroll::hash_password(enroll::plain_password(ticket.password), {}, random);
}

// What is asked for in a row, and why it cannot be had.
struct Row {
  enroll::TicketOrder order;
  std::string name;
  std::optional<Error> wrong;
};

Row read_row(const Csv& csv, const CsvRow& row, const TicketIssue& issue) {
  Row out;
  out.order.practitioner_id = csv.field(row, "practitioner_id");
  out.order.origin = csv.has("origin") ? csv.field(row, "origin") : issue.origin;
  out.order.batch = issue.batch;
  out.order.line = static_cast<std::int64_t>(row.line);
  return out;
}

Status check_row(store::Reader& reader, Row& row, const OriginRules& rules, std::set<std::string>& people,
                 Instant now) {
  const auto rule = rules.find(row.order.origin);
  if (rule == rules.end() || !rule->second.password) {
    row.wrong = Error(e::ticket_origin_unknown, row.order.origin);
    return {};
  }
  if (!people.insert(row.order.practitioner_id).second) {
    row.wrong = Error(e::ticket_person_twice, row.order.practitioner_id);
    return {};
  }
  const auto checked = enroll::check_order(reader, row.order, now);
  if (!checked && checked.error().code() != e::ticket_person_not_in_good_standing) return checked;
  if (!checked) {
    row.wrong = checked.error();
    return {};
  }
  TEGATA_ASSIGN(const auto person, store::find_practitioner(reader, row.order.practitioner_id));
  row.name = person->name;
  return {};
}

Result<std::vector<Row>> read_rows(store::Store& store, const Csv& csv, const TicketIssue& issue,
                                   const OriginRules& rules, Instant now) {
  return store.read<std::vector<Row>>([&](store::Reader& reader) -> Result<std::vector<Row>> {
    std::vector<Row> rows;
    std::set<std::string> people;
    for (const auto& each : csv.rows) {
      rows.push_back(read_row(csv, each, issue));
      TEGATA_TRY(check_row(reader, rows.back(), rules, people, now));
    }
    return rows;
  });
}

Json wrong_rows(const std::vector<Row>& rows) {
  Json wrong = Json::array();
  for (const auto& row : rows) {
    if (!row.wrong) continue;
    wrong.push_back({{"line", row.order.line}, {"code", row.wrong->code().name()}, {"detail", row.wrong->detail()}});
  }
  return wrong;
}

Result<TicketsFile> prepare(const server::config::Config& config, const TicketIssue& issue, const std::string& digest,
                            const std::vector<Row>& rows, Random& random, Instant now) {
  TicketsFile file{issue.batch, digest, config.public_origin, now, {}, {}};
  const auto rules = server::ticket_origins(config);
  for (const auto& row : rows) {
    TEGATA_ASSIGN(auto ticket, enroll::prepare_ticket(rules, row.order, random, now));
    file.tickets.push_back(std::move(ticket));
    file.names.push_back(row.name);
  }
  return file;
}

// The tickets that the database has of this batch must be those of the file.
Result<std::set<std::int64_t>> lines_that_stand(store::Store& store, const TicketsFile& file) {
  TEGATA_ASSIGN(const auto there, store.read<std::vector<store::BatchLine>>(
                                      [&](store::Reader& reader) { return store::list_batch(reader, file.batch); }));
  std::map<std::int64_t, std::string> ours;
  for (const auto& ticket : file.tickets) ours[ticket.order.line] = ticket.id;
  std::set<std::int64_t> lines;
  for (const auto& each : there) {
    if (ours[each.line] != each.handoff_id)
      return Error(e::ticket_batch_line_taken, file.batch + " line " + std::to_string(each.line));
    lines.insert(each.line);
  }
  return lines;
}

// Password hashing is the work: as many at a time as there are cores.
Result<std::vector<std::string>> hash_all(const std::vector<const PreparedTicket*>& tickets, Random& random) {
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> hashes(tickets.size());
  std::vector<std::future<Status>> parts;
  for (std::size_t part = 0; part < threads; ++part) {
    parts.push_back(std::async(std::launch::async, [&, part]() -> Status {
      for (std::size_t i = part; i < tickets.size(); i += threads) {
        TEGATA_ASSIGN(hashes[i], hash_of(*tickets[i], random));
      }
      return {};
    }));
  }
  std::optional<Error> failed;
  for (auto& part : parts) {
    if (const auto done = part.get(); !done) failed = done.error();
  }
  if (failed) return *failed;
  return hashes;
}

// Gives the rows of people who have left their good standing since the table was checked: they get none, and hold up
// nobody.
Result<Json> put_chunk(store::Store& store, const OriginRules& rules, const std::vector<const PreparedTicket*>& tickets,
                       const std::string& actor, Random& random) {
  TEGATA_ASSIGN(const auto hashes, hash_all(tickets, random));
  return store.write<Json>([&](store::Transaction& transaction) -> Result<Json> {
    Json refused = Json::array();
    for (std::size_t i = 0; i < tickets.size(); ++i) {
      const auto put = enroll::put_ticket(transaction, rules, *tickets[i], hashes[i], actor);
      if (put) continue;
      if (put.error().code() != e::ticket_person_not_in_good_standing) return put.error();
      refused.push_back({{"line", tickets[i]->order.line},
                         {"code", put.error().code().name()},
                         {"detail", tickets[i]->order.practitioner_id}});
    }
    return refused;
  });
}

struct Issued {
  std::size_t tickets = 0;
  Json refused = Json::array();
};

Result<Issued> put_all(store::Store& store, const server::config::Config& config, const TicketsFile& file,
                       const std::string& actor, Random& random, command::Progress& progress) {
  TEGATA_ASSIGN(const auto standing, lines_that_stand(store, file));
  std::vector<const PreparedTicket*> open;
  for (const auto& ticket : file.tickets) {
    if (!standing.contains(ticket.order.line)) open.push_back(&ticket);
  }
  const auto rules = server::ticket_origins(config);
  Issued out;
  for (std::size_t at = 0; at < open.size(); at += chunk) {
    progress.at("issued", standing.size() + at, file.tickets.size());
    const auto end = std::min(at + chunk, open.size());
    const std::vector<const PreparedTicket*> part(open.begin() + static_cast<std::ptrdiff_t>(at),
                                                  open.begin() + static_cast<std::ptrdiff_t>(end));
    TEGATA_ASSIGN(const auto refused, put_chunk(store, rules, part, actor, random));
    out.tickets += part.size() - refused.size();
    out.refused.insert(out.refused.end(), refused.begin(), refused.end());
  }
  progress.at("issued", file.tickets.size(), file.tickets.size());
  return out;
}

Result<TicketsFile> resume(const TicketIssue& issue, const std::string& digest) {
  TEGATA_ASSIGN(const auto text, host::read_private_file(issue.tickets_file, host::largest_file));
  TEGATA_ASSIGN(auto file, parse_tickets(text));
  if (file.batch != issue.batch || file.table_digest != digest)
    return Error(e::cli_option_invalid, issue.tickets_file + " belongs to another batch or table");
  return file;
}

Json done(const TicketsFile& file, const Issued& issued, bool dry_run) {
  Json out = {{"ok", issued.refused.empty()},
              {"batch", file.batch},
              {"tickets", file.tickets.size()},
              {"issued", issued.tickets},
              {"dry_run", dry_run}};
  if (issued.refused.empty()) return out;
  out["code"] = e::ticket_table_refused.name();
  out["rows"] = issued.refused;
  return out;
}

}  // namespace

Result<Json> issue_one(const server::config::Config& config, const TicketIssue& issue, const Clock& clock,
                       Random& random) {
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  const auto rules = server::ticket_origins(config);
  const enroll::TicketOrder order{issue.practitioner_id, issue.origin, "", 0};
  TEGATA_ASSIGN(const auto ticket, enroll::prepare_ticket(rules, order, random, clock.now()));
  TEGATA_ASSIGN(const auto name, store->read<std::string>([&](store::Reader& reader) -> Result<std::string> {
    TEGATA_TRY(enroll::check_order(reader, order, clock.now()));
    TEGATA_ASSIGN(const auto person, store::find_practitioner(reader, order.practitioner_id));
    return person->name;
  }));
  if (issue.dry_run) return Json{{"ok", true}, {"dry_run", true}, {"practitioner_id", order.practitioner_id}};
  TEGATA_ASSIGN(const auto hash, hash_of(ticket, random));
  TEGATA_TRY(store->write<bool>([&](store::Transaction& transaction) {
    return enroll::put_ticket(transaction, rules, ticket, hash, issue.actor);
  }));
  auto out = ticket_json(ticket, name, config.public_origin);
  out["ok"] = true;
  return out;
}

Result<Json> issue_table(const server::config::Config& config, const TicketIssue& issue, const Clock& clock,
                         Random& random, command::Progress& progress) {
  TEGATA_ASSIGN(const auto text, host::read_input(issue.table));
  TEGATA_ASSIGN(const auto csv, parse_csv(text));
  if (!csv.has("practitioner_id")) return Error(e::csv_malformed, "line 1: no column practitioner_id");
  const auto digest = hex(sha256(text + "\n" + issue.origin));
  TEGATA_ASSIGN(const auto store, store::Store::open(server::store_options(config), clock));
  if (!host::is_there(issue.tickets_file)) {
    TEGATA_ASSIGN(const auto rows, read_rows(*store, csv, issue, server::ticket_origins(config), clock.now()));
    if (auto wrong = wrong_rows(rows); !wrong.empty())
      return Json{{"ok", false}, {"code", e::ticket_table_refused.name()}, {"rows", std::move(wrong)}};
    TEGATA_ASSIGN(const auto file, prepare(config, issue, digest, rows, random, clock.now()));
    TEGATA_TRY(lines_that_stand(*store, file));
    if (issue.dry_run) return done(file, {}, true);
    TEGATA_TRY(host::write_private_file(issue.tickets_file, tickets_text(file), true));
  }
  TEGATA_ASSIGN(const auto file, resume(issue, digest));
  if (issue.dry_run) return done(file, {}, true);
  TEGATA_ASSIGN(const auto issued, put_all(*store, config, file, issue.actor, random, progress));
  return done(file, issued, false);
}

}  // namespace tegata::cli::tickets
