// Registration numbers with the card IDs that stand beside them on cards: whose they are, how often somebody tried, and
// the letters that such a try ordered. Numbers, IDs and addresses arrive as keyed MACs and are kept as nothing else.
#pragma once

#include "rp/store/store.h"

namespace tegata::store {

// `number` is of the registration number alone, `pair` of number and card ID together.
struct NumberPair {
  Digest number{}, pair{};
  friend bool operator==(const NumberPair&, const NumberPair&) = default;
  friend auto operator<=>(const NumberPair&, const NumberPair&) = default;
};

// In order.
Result<std::vector<NumberPair>> list_number_pairs(Reader&, const std::string& practitioner_id);
// In place of those that the person had. Error: store_card_taken, where a pair is somebody else's.
Status put_number_pairs(Transaction&, const std::string& practitioner_id, const std::vector<NumberPair>&);
// Forgets the pairs of everybody; gives their number.
Result<std::int64_t> forget_number_pairs(Transaction&);

// Who has this number; where several have (each profession counts its own), whoever has the pair.
struct NumberOwner {
  std::string practitioner_id;
  bool pair_matches = false;
};
Result<std::optional<NumberOwner>> find_number_owner(Reader&, const NumberPair&);

// How many tries are let through: for one number in a day; for one address, for all together and for one IPv6 /48 in an
// hour.
struct NumberLimits {
  std::int64_t of_number = 5, of_address = 20, in_all = 200, of_network = 160;
};
struct NumberSource {
  Digest address{};               // of an IPv4 address or an IPv6 /64
  std::optional<Digest> network;  // of an IPv6 /48
};
enum class NumberTry { reserved, number_is_full, address_is_full, all_is_full };
// One conditional INSERT with all limits in it, whether anybody has the number or not. Forgets what is too old to
// count.
Result<NumberTry> reserve_number_try(Transaction&, const Digest& number, const NumberSource&, const NumberLimits&);

// A letter that a person asked for; done when a mailed ticket younger than the order stands. True if it is a new one.
Result<bool> order_letter(Transaction&, const std::string& practitioner_id);
struct LetterOrder {
  std::string practitioner_id, name;
  Instant ordered_at{};
};
// Those still to be done, of people who are active, oldest first.
Result<std::vector<LetterOrder>> list_letter_orders(Reader&);

}  // namespace tegata::store
