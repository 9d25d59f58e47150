#include "rp/store/registration_numbers.h"

#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

using std::chrono::hours;

constexpr hours window_of_number{24};
constexpr hours window_of_others{1};

NumberPair read_pair(engine::Row& row) {
  NumberPair out;
  out.number = row.digest();
  out.pair = row.digest();
  return out;
}

NumberOwner read_owner(engine::Row& row) {
  NumberOwner out;
  out.practitioner_id = row.text();
  out.pair_matches = row.flag();
  return out;
}

LetterOrder read_order(engine::Row& row) {
  LetterOrder out;
  out.practitioner_id = row.text();
  out.name = row.text();
  out.ordered_at = row.instant();
  return out;
}

struct Counts {
  std::int64_t of_number = 0, of_address = 0, of_network = 0;
};

Counts read_counts(engine::Row& row) {
  Counts out;
  out.of_number = row.integer();
  out.of_address = row.integer();
  out.of_network = row.integer();
  return out;
}

#define TRIES_OF_NUMBER "(SELECT count(*) FROM number_try t WHERE t.number = :number AND t.at > :day_ago)"
#define TRIES_OF_ADDRESS "(SELECT count(*) FROM number_try t WHERE t.address = :address AND t.at > :hour_ago)"
// None where the source has no network.
#define TRIES_OF_NETWORK "(SELECT count(*) FROM number_try t WHERE t.network = :network AND t.at > :hour_ago)"
#define TRIES_IN_ALL "(SELECT count(*) FROM number_try t WHERE t.at > :hour_ago)"

// Which limit it was, the narrowest first.
Result<NumberTry> why_refused(Transaction& transaction, const Digest& number, const NumberSource& source,
                              const NumberLimits& limits) {
  TEGATA_ASSIGN(const auto counts, transaction.connection().find<Counts>(
                                       "SELECT " TRIES_OF_NUMBER ", " TRIES_OF_ADDRESS ", " TRIES_OF_NETWORK,
                                       {{":number", number},
                                        {":address", source.address},
                                        {":network", source.network},
                                        {":day_ago", transaction.now() - window_of_number},
                                        {":hour_ago", transaction.now() - window_of_others}},
                                       read_counts));
  if (counts && counts->of_number >= limits.of_number) return NumberTry::number_is_full;
  const bool full = counts && (counts->of_address >= limits.of_address || counts->of_network >= limits.of_network);
  if (full) return NumberTry::address_is_full;
  return NumberTry::all_is_full;
}

}  // namespace

Result<std::vector<NumberPair>> list_number_pairs(Reader& reader, const std::string& practitioner_id) {
  return reader.connection().list<NumberPair>(
      "SELECT number, pair FROM registration_number WHERE practitioner_id = :id ORDER BY number, pair",
      {{":id", practitioner_id}}, read_pair);
}

Status put_number_pairs(Transaction& transaction, const std::string& practitioner_id,
                        const std::vector<NumberPair>& pairs) {
  TEGATA_TRY(transaction.connection().run("DELETE FROM registration_number WHERE practitioner_id = :id",
                                          {{":id", practitioner_id}}));
  for (const auto& each : pairs) {
    TEGATA_ASSIGN(const auto put, transaction.connection().run(
                                      "INSERT INTO registration_number (pair, number, practitioner_id) "
                                      "VALUES (:pair, :number, :id) ON CONFLICT DO NOTHING",
                                      {{":pair", each.pair}, {":number", each.number}, {":id", practitioner_id}}));
    if (put != 1) return Error(errors::store_card_taken, "a registration number with card ID of " + practitioner_id);
  }
  return {};
}

Result<std::int64_t> forget_number_pairs(Transaction& transaction) {
  return transaction.connection().run("DELETE FROM registration_number");
}

Result<std::optional<NumberOwner>> find_number_owner(Reader& reader, const NumberPair& pair) {
  return reader.connection().find<NumberOwner>(
      "SELECT practitioner_id, pair = :pair FROM registration_number WHERE number = :number "
      "ORDER BY pair = :pair DESC, practitioner_id LIMIT 1",
      {{":number", pair.number}, {":pair", pair.pair}}, read_owner);
}

Result<NumberTry> reserve_number_try(Transaction& transaction, const Digest& number, const NumberSource& source,
                                     const NumberLimits& limits) {
  TEGATA_ASSIGN(const auto reserved, transaction.connection().run(
                                         "INSERT INTO number_try (number, address, network, at) "
                                         "SELECT :number, :address, :network, :now WHERE " TRIES_OF_NUMBER
                                         " < :of_number AND " TRIES_OF_ADDRESS " < :of_address AND " TRIES_OF_NETWORK
                                         " < :of_network AND " TRIES_IN_ALL " < :in_all",
                                         {{":number", number},
                                          {":address", source.address},
                                          {":network", source.network},
                                          {":now", transaction.now()},
                                          {":day_ago", transaction.now() - window_of_number},
                                          {":hour_ago", transaction.now() - window_of_others},
                                          {":of_number", limits.of_number},
                                          {":of_address", limits.of_address},
                                          {":of_network", limits.of_network},
                                          {":in_all", limits.in_all}}));
  if (reserved != 1) return why_refused(transaction, number, source, limits);
  TEGATA_TRY(transaction.connection().run("DELETE FROM number_try WHERE at <= :day_ago",
                                          {{":day_ago", transaction.now() - window_of_number}}));
  return NumberTry::reserved;
}

#define LETTER_WENT_OUT                                                                     \
  "EXISTS (SELECT 1 FROM handoff h WHERE h.practitioner_id = letter_order.practitioner_id " \
  "AND h.kind = 'enrollment' AND h.origin = 'mailed' AND h.created_at >= letter_order.ordered_at)"

Result<bool> order_letter(Transaction& transaction, const std::string& practitioner_id) {
  TEGATA_ASSIGN(
      const auto ordered,
      transaction.connection().run(
          "INSERT INTO letter_order (practitioner_id, ordered_at) VALUES (:id, :now) "
          "ON CONFLICT (practitioner_id) DO UPDATE SET ordered_at = excluded.ordered_at WHERE " LETTER_WENT_OUT,
          {{":id", practitioner_id}, {":now", transaction.now()}}));
  return ordered == 1;
}

Result<std::vector<LetterOrder>> list_letter_orders(Reader& reader) {
  return reader.connection().list<LetterOrder>(
      "SELECT letter_order.practitioner_id, p.name, letter_order.ordered_at FROM letter_order "
      "JOIN practitioner p ON p.id = letter_order.practitioner_id WHERE p.active = 1 AND NOT " LETTER_WENT_OUT
      " ORDER BY letter_order.ordered_at, letter_order.practitioner_id",
      {}, read_order);
}

}  // namespace tegata::store
