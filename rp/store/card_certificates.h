// By which card's certificate a phone was bound, and what ends when that card is revoked.
#pragma once

#include <optional>
#include <vector>

#include "rp/store/store.h"

namespace tegata::store {

// As a revocation list names it.
struct CardCertificate {
  Digest issuer{};  // as in card::RevocationQuestion
  Bytes serial;     // content of the INTEGER
};

Status insert_credential_card(Transaction&, ByteView credential_id, const CardCertificate&);

// The certificates of that issuer by which a phone is bound that is neither removed nor stopped, each once.
Result<std::vector<CardCertificate>> standing_card_certificates(Reader&, const Digest& issuer);

struct StoppedPhones {
  std::int64_t phones = 0, requests = 0, passes = 0;
};
// Stops every phone bound by that certificate, for good: they approve nothing from then on, what they approved and
// nobody fetched is cancelled, their passes are revoked, with `why`.
Result<StoppedPhones> stop_phones_of_card(Transaction&, const CardCertificate&, const std::string& why);

Result<bool> is_stopped(Reader&, ByteView credential_id);
// The phones of that person that are stopped, removed ones too.
Result<std::vector<Bytes>> stopped_credentials(Reader&, const std::string& practitioner_id);

}  // namespace tegata::store
