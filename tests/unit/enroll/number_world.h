// A world in which people may begin by registration number and card ID.
#pragma once

#include "enroll/errors.h"
#include "enroll/registration_number.h"
#include "tests/unit/enroll/world.h"

namespace tegata::test {

struct NumberWorld : World {
  static constexpr const char* number = "123456";
  static constexpr const char* card_id = "AB12-CD34";

  explicit NumberWorld(enroll::NumberConfirmation confirmation = enroll::NumberConfirmation::none,
                       const store::NumberLimits& most = {}) {
    registration_number = {Bytes(32, 9), confirmation, most};
    start();
    give("AB123456789", number, card_id);
  }

  store::NumberPair pair(const std::string& of, const std::string& card) {
    const auto parsed = enroll::parse_registration_number(of, card);
    REQUIRE(parsed);
    return enroll::pair_of(registration_number->key, *parsed);
  }
  void give(const std::string& person, const std::string& of, const std::string& card) {
    const auto put = store->write<void>([&](store::Transaction& transaction) -> Status {
      store::AuditEvent event;
      event.kind = "test_setup";
      transaction.audit(event);
      return store::put_number_pairs(transaction, person, {pair(of, card)});
    });
    REQUIRE(put);
  }
  Answer sign_in(Browser& pc, const std::string& of = number, const std::string& card = card_id) {
    return post(pc, "/api/registration-number", {{"registration_number", of}, {"card_id", card}});
  }
  std::vector<store::LetterOrder> orders() {
    const auto all = store->read<std::vector<store::LetterOrder>>(
        [](store::Reader& reader) { return store::list_letter_orders(reader); });
    REQUIRE(all);
    return *all;
  }
  // From the numbers to the number typed at the PC.
  std::string confirmed_by_number(Browser& pc, Browser& phone) {
    const auto answer = sign_in(pc);
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body["next"] == "qr");
    const auto secret = ticket(pc);
    const auto claimed = claim(phone, secret);
    REQUIRE(claimed.status == 200);
    REQUIRE(post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
    return secret;
  }
};

}  // namespace tegata::test
