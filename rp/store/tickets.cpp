#include "rp/store/tickets.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

#define LIVE_TICKET "h.kind = 'enrollment' AND h.state IN ('created', 'claimed', 'confirmed') AND h.expires_at > :now"

TicketTries read_tries(engine::Row& row) {
  TicketTries out;
  out.hash = row.text();
  out.tries = row.integer();
  out.wrong = row.integer();
  out.open = row.integer();
  out.outcome = row.text();
  return out;
}

TicketRow read_ticket(engine::Row& row) {
  TicketRow out;
  out.id = row.text();
  out.practitioner_id = row.text();
  out.origin = row.text();
  out.state = row.text();
  out.reason = row.text();
  out.created_at = row.instant();
  out.expires_at = row.instant();
  out.batch = row.text();
  out.line = row.integer();
  const auto tries = row.integer();
  const auto used = row.integer();
  const auto wrong = row.integer();
  out.password = tries > 0;
  out.tries_left = tries > used ? tries - used : 0;
  out.locked = out.password && wrong >= tries;
  return out;
}

BatchLine read_line(engine::Row& row) {
  BatchLine out;
  out.line = row.integer();
  out.handoff_id = row.text();
  return out;
}

}  // namespace

Result<bool> insert_ticket_password(Transaction& transaction, const TicketPassword& password) {
  TEGATA_ASSIGN(const auto inserted,
                transaction.connection().run("INSERT INTO ticket_password (handoff_id, hash, tries, batch, line) "
                                             "VALUES (:id, :hash, :tries, :batch, :line) ON CONFLICT DO NOTHING",
                                             {{":id", password.handoff_id},
                                              {":hash", password.hash},
                                              {":tries", password.tries},
                                              {":batch", engine::Value::text_or_null(password.batch)},
                                              {":line", password.line}}));
  return inserted == 1;
}

Result<std::optional<TicketTries>> find_tries(Reader& reader, const std::string& handoff_id, const Digest& guess) {
  return reader.connection().find<TicketTries>(
      "SELECT t.hash, t.tries, "
      "(SELECT count(*) FROM ticket_try y WHERE y.handoff_id = t.handoff_id AND y.outcome = 'wrong'), "
      "(SELECT count(*) FROM ticket_try y WHERE y.handoff_id = t.handoff_id AND y.outcome = 'open'), "
      "coalesce((SELECT y.outcome FROM ticket_try y WHERE y.handoff_id = t.handoff_id AND y.guess = :guess), '') "
      "FROM ticket_password t WHERE t.handoff_id = :id",
      {{":id", handoff_id}, {":guess", guess}}, read_tries);
}

Result<bool> reserve_try(Transaction& transaction, const std::string& handoff_id, const Digest& guess) {
  TEGATA_ASSIGN(const auto reserved,
                transaction.connection().run(
                    "INSERT INTO ticket_try (handoff_id, guess, at, outcome) SELECT t.handoff_id, :guess, :now, 'open' "
                    "FROM ticket_password t JOIN handoff h ON h.id = t.handoff_id "
                    "WHERE t.handoff_id = :id AND " LIVE_TICKET
                    " AND (SELECT count(*) FROM ticket_try y WHERE y.handoff_id = t.handoff_id "
                    "AND y.outcome <> 'right') < t.tries ON CONFLICT DO NOTHING",
                    {{":id", handoff_id}, {":guess", guess}, {":now", transaction.now()}}));
  return reserved == 1;
}

Result<bool> answer_try(Transaction& transaction, const std::string& handoff_id, const Digest& guess, bool right) {
  TEGATA_ASSIGN(
      const auto answered,
      transaction.connection().run("UPDATE ticket_try SET outcome = :outcome "
                                   "WHERE handoff_id = :id AND guess = :guess AND outcome = 'open'",
                                   {{":id", handoff_id}, {":guess", guess}, {":outcome", right ? "right" : "wrong"}}));
  return answered == 1;
}

Result<bool> grant_tries(Transaction& transaction, const std::string& handoff_id, std::int64_t more) {
  TEGATA_ASSIGN(const auto granted,
                transaction.connection().run(
                    "UPDATE ticket_password SET tries = :more + (SELECT count(*) FROM ticket_try y "
                    "WHERE y.handoff_id = ticket_password.handoff_id AND y.outcome <> 'right') WHERE handoff_id = :id "
                    "AND EXISTS (SELECT 1 FROM handoff h WHERE h.id = ticket_password.handoff_id AND " LIVE_TICKET ")",
                    {{":id", handoff_id}, {":more", more}, {":now", transaction.now()}}));
  return granted == 1;
}

Result<std::vector<TicketRow>> list_tickets(Reader& reader, const TicketFilter& filter, Instant now,
                                            std::int64_t limit) {
  return reader.connection().list<TicketRow>(
      "SELECT h.id, h.practitioner_id, h.origin, h.state, h.reason, h.created_at, h.expires_at, "
      "coalesce(t.batch, ''), coalesce(t.line, 0), coalesce(t.tries, 0), "
      "(SELECT count(*) FROM ticket_try y WHERE y.handoff_id = h.id AND y.outcome <> 'right'), "
      "(SELECT count(*) FROM ticket_try y WHERE y.handoff_id = h.id AND y.outcome = 'wrong') "
      "FROM handoff h LEFT JOIN ticket_password t ON t.handoff_id = h.id WHERE h.kind = 'enrollment' "
      "AND (:practitioner = '' OR h.practitioner_id = :practitioner) AND (:batch = '' OR t.batch = :batch) "
      "AND (:all = 1 OR (" LIVE_TICKET ")) ORDER BY h.created_at DESC, h.id LIMIT :limit",
      {{":practitioner", filter.practitioner_id},
       {":batch", filter.batch},
       {":all", !filter.live_only},
       {":now", now},
       {":limit", limit}},
      read_ticket);
}

Result<std::vector<BatchLine>> list_batch(Reader& reader, const std::string& batch) {
  return reader.connection().list<BatchLine>(
      "SELECT line, handoff_id FROM ticket_password WHERE batch = :batch ORDER BY line", {{":batch", batch}},
      read_line);
}

}  // namespace tegata::store
