// By which card's certificate a phone was bound, and what ends when that card is revoked.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "rp/store/store.h"

namespace tegata::store {

// As a revocation list names it.
struct CardCertificate {
  Digest issuer{};  // as in card::RevocationQuestion
  Bytes serial;     // content of the INTEGER
};

Status insert_credential_card(Transaction&, ByteView credential_id, const CardCertificate&);
// Nothing for a phone that was bound in another way.
Result<std::optional<CardCertificate>> find_credential_card(Reader&, ByteView credential_id);

// The certificates of that issuer on which something stands, each once: a phone that is neither removed nor stopped, a
// link of a My Number card, a request or a pass that the card itself approved.
Result<std::vector<CardCertificate>> standing_card_certificates(Reader&, const Digest& issuer);

struct StoppedPhone {
  std::string practitioner_id, label;
};
struct EndedWithCard {
  std::vector<StoppedPhone> phones;
  std::int64_t requests = 0, passes = 0, tickets = 0, sessions = 0, links = 0;
};
// Ends what stands on that certificate, for good: its phones prove and approve nothing from then on, what they or the
// card approved and nobody fetched is cancelled, passes are revoked, open tickets of the card and of its phones are
// cancelled, sessions that its phones began end, with `why`; a My Number card that was linked by it is linked no more.
Result<EndedWithCard> end_with_card(Transaction&, const CardCertificate&, const std::string& why);

Result<bool> is_stopped(Reader&, ByteView credential_id);
// The phones of that person that are stopped, removed ones too.
Result<std::set<Bytes>> stopped_credentials(Reader&, const std::string& practitioner_id);

}  // namespace tegata::store
