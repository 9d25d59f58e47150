// Tickets that a password opens: the password's hash, and every guess that was ever made.
//
// A guess is written down before it is checked, as a keyed MAC that tells nothing of it. One row for each different
// guess, for ever: the same guess counts once, however often it is sent and whatever becomes of its answer. Rows are
// never given to another guess; only an operator gives more tries.
#pragma once

#include "rp/store/handoffs.h"

namespace tegata::store {

struct TicketPassword {
  std::string handoff_id;
  std::string hash;        // Argon2id, in the text form that names its parameters
  std::int64_t tries = 5;  // different guesses that may be wrong or unanswered
  std::string batch;       // of the operator; empty for a single one
  std::int64_t line = 0;   // of the batch
};

// False where the hand-off has a password already, or the line of that batch has its ticket.
Result<bool> insert_ticket_password(Transaction&, const TicketPassword&);

// How the guesses of a ticket stand.
struct TicketTries {
  std::string hash;
  std::int64_t tries = 0;
  std::int64_t wrong = 0;
  std::int64_t open = 0;  // reserved, and never answered
  std::string outcome;    // of the guess that was asked for: "", "open", "wrong", "right"

  std::int64_t left() const { return tries > wrong + open ? tries - wrong - open : 0; }
  bool locked() const { return wrong >= tries; }
};
// Nothing where the hand-off has no password.
Result<std::optional<TicketTries>> find_tries(Reader&, const std::string& handoff_id, const Digest& guess);

// One conditional INSERT: the ticket is live, the guess is new, and there is a try left. True if it was written.
Result<bool> reserve_try(Transaction&, const std::string& handoff_id, const Digest& guess);
// True if this is its first answer.
Result<bool> answer_try(Transaction&, const std::string& handoff_id, const Digest& guess, bool right);
// Gives `more` tries beyond all that were used, to a live ticket. False where it is not live or has no password.
Result<bool> grant_tries(Transaction&, const std::string& handoff_id, std::int64_t more);

// A ticket as operators see it.
struct TicketRow {
  std::string id, practitioner_id, origin, state, reason, batch;
  std::int64_t line = 0;
  bool password = false;
  std::int64_t tries_left = 0;
  bool locked = false;
  Instant created_at{}, expires_at{};
};
struct TicketFilter {
  std::string practitioner_id, batch;  // empty: all
  bool live_only = false;
};
// Newest first, at most `limit`.
Result<std::vector<TicketRow>> list_tickets(Reader&, const TicketFilter&, Instant now, std::int64_t limit);

// The lines of a batch that have their ticket: line and hand-off.
struct BatchLine {
  std::int64_t line = 0;
  std::string handoff_id;
};
Result<std::vector<BatchLine>> list_batch(Reader&, const std::string& batch);

}  // namespace tegata::store
