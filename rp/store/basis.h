// What everything that is granted rests on: who or what proved the person when it was made.
//
// A forest. Its roots are a card's certificate, an operator's letter, and numbers off a card. What those prove makes
// links of My Number cards and phones, which are bases in their turn. Everything else that is granted (a hand-over
// code, a session, a ticket, an approval, a pass) names one basis: the nearest.
//
// A basis ends once, for good. Nothing is granted on one that has ended: the condition stands inside each statement
// that grants (basis_stands.h). docs/decisions/0019-basis.md has the table of what rests on what.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "rp/store/store.h"

namespace tegata::store {

// A row of the table; 0 where there is none.
using BasisId = std::int64_t;

enum class BasisKind { card, mynumber, phone, letter, number };

// As a revocation list names it.
struct CardCertificate {
  Digest issuer{};  // as in card::RevocationQuestion
  Bytes serial;     // content of the INTEGER
};

// A card's certificate in its holder's hands; made where it is not there yet. Nothing where the card was revoked here,
// unless a list of a later date vouches for it again (a hold that was lifted): then it is a new basis, on which nothing
// of the former one rests. `vouched_at`: the date of that list; absent where no list speaks about the card.
Result<std::optional<BasisId>> basis_of_card(Transaction&, const CardCertificate&, const std::string& practitioner_id,
                                             std::optional<Instant> vouched_at = std::nullopt);
// A letter of an operator, by its ticket; a person's numbers off a card. Made where it is not there yet.
Result<BasisId> basis_of_letter(Transaction&, const std::string& ticket_id, const std::string& practitioner_id);
Result<BasisId> basis_of_number(Transaction&, const std::string& practitioner_id);

struct NewBasis {
  BasisKind kind = BasisKind::phone;
  std::optional<BasisId> rests_on;  // absent: on an operator's word
  std::string practitioner_id;
  std::string name;  // hexadecimal: of a phone its credential ID, of a My Number card its fingerprint
};
// Nothing where what it would rest on does not stand.
Result<std::optional<BasisId>> insert_basis(Transaction&, const NewBasis&);

struct Basis {
  BasisId id = 0;
  BasisKind kind = BasisKind::card;
  std::optional<BasisId> rests_on;
  std::string practitioner_id, name;
  std::optional<CardCertificate> card;  // of BasisKind::card
  std::optional<Instant> ended_at;
};
Result<std::optional<Basis>> find_basis(Reader&, BasisId);
// From that one down to its root.
Result<std::vector<Basis>> bases_below(Reader&, BasisId);
const char* name(BasisKind);

struct StandingCard {
  BasisId basis = 0;
  std::string practitioner_id;
  CardCertificate certificate;
};
// The certificates of that issuer that are known here and have not ended.
Result<std::vector<StandingCard>> standing_cards(Reader&, const Digest& issuer);

// How far an end goes. `itself`: what the basis proved directly; phones and links that it made go on, and still rest on
// what is below it (a removed phone, a My Number card that another one replaced). `without_phones`: the links too, and
// what those proved, but no phone. `everything`: phones, and what those made.
enum class Reach { itself, without_phones, everything };

struct EndedPhone {
  std::string practitioner_id, label;
};
struct Ended {
  std::vector<EndedPhone> phones;  // that were in use; with Reach::itself none
  std::int64_t requests = 0, passes = 0, tickets = 0, sessions = 0, codes = 0, links = 0;
};
// Ends the basis and what rests on it, for good: sessions and hand-over codes are gone, open tickets and approved
// requests are cancelled and passes revoked, with `why`; links are gone, phones prove and approve nothing any more. A
// basis that has ended before is walked through all the same: what it had made may have gone on.
Result<Ended> end_basis(Transaction&, BasisId, const std::string& why, Reach);

// Whether what the phone rests on has ended while it is still bound.
Result<bool> is_stopped(Reader&, ByteView credential_id);
// The phones of that person that are stopped.
Result<std::set<Bytes>> stopped_credentials(Reader&, const std::string& practitioner_id);

}  // namespace tegata::store
