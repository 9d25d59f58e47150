// The directory as operators keep it: people and their cards from a file, suspending and resuming.
#pragma once

#include "rp/store/practitioners.h"
#include "rp/store/registration_numbers.h"

namespace tegata::store {

struct CardKey {
  std::string authority, holder_number;
  friend bool operator==(const CardKey&, const CardKey&) = default;
  friend auto operator<=>(const CardKey&, const CardKey&) = default;
};

// A person as a file has them. What the file does not know stays: whether they are suspended, their user handle, cards
// that it does not name.
struct DirectoryEntry {
  std::string id;  // 本人ID
  std::string name, romaji;
  std::vector<std::string> roles;
  std::optional<Instant> second_certificate_not_after;
  std::vector<CardKey> cards;
  std::optional<std::string> mail = std::nullopt;  // where the person is told of changes; empty: nowhere
  // In order, in place of those that the person has; absent: they stay.
  std::optional<std::vector<NumberPair>> numbers = std::nullopt;
};

// What importing an entry does. `taken`: its cards and numbers that lead to somebody else; then it cannot be imported.
struct ImportPlan {
  enum class Effect { added, changed, unchanged } effect = Effect::added;
  std::vector<CardKey> taken;
  std::vector<NumberPair> numbers_taken;
};
Result<ImportPlan> plan_import(Reader&, const DirectoryEntry&);
// The user handle is taken for a new person only. Error: store_card_taken.
Status import_entry(Transaction&, const DirectoryEntry&, ByteView user_handle);

// Empty where the person has none, or is unknown.
Result<std::string> find_mail(Reader&, const std::string& practitioner_id);
Status put_mail(Transaction&, const std::string& practitioner_id, const std::string& mail);

Result<std::vector<CardKey>> list_cards(Reader&, const std::string& practitioner_id);

// One statement each for the person, the open requests of both kinds (also those that only name the person), the
// passes, the page sessions and the card log-ins under way: after the commit nothing more is redeemed or reported
// active. Nothing where nobody active has that id.
struct Suspended {
  std::int64_t requests = 0, passes = 0, sessions = 0;
};
Result<std::optional<Suspended>> suspend_practitioner(Transaction&, const std::string& id);
// False where nobody suspended has that id. What the suspension ended stays ended.
Result<bool> resume_practitioner(Transaction&, const std::string& id);

}  // namespace tegata::store
