// A world with tickets that a password opens. Argon2id with little memory: what is tested is what stands around it.
#pragma once

#include "enroll/errors.h"
#include "enroll/ticket_issue.h"
#include "tests/unit/enroll/world.h"

namespace tegata::test {

struct PasswordWorld : World {
  enroll::OriginRules rules = enroll::standard_origins();
  static constexpr enroll::PasswordCost cost{1, 64};

  explicit PasswordWorld(enroll::PasswordWork::Settings settings = {}) {
    settings.cost = cost;
    with(std::move(settings));
  }
  // Another server on the same database, with the same key for guesses.
  void with(enroll::PasswordWork::Settings settings) {
    auto made = enroll::PasswordWork::make(Bytes(32, 7), std::move(settings), random);
    REQUIRE(made);
    passwords = *made;
    start();
  }

  template <typename T>
  Result<T> as_operator(const std::function<Result<T>(store::Transaction&)>& operation) {
    return store->write<T>(operation);
  }
  Result<bool> put(const enroll::PreparedTicket& ticket) {
    const auto hash = enroll::hash_password(enroll::plain_password(ticket.password), cost, random);
    REQUIRE(hash);
    return as_operator<bool>([&](store::Transaction& transaction) {
      return enroll::put_ticket(transaction, rules, ticket, *hash, "operator:test");
    });
  }
  using World::put;

  enroll::PreparedTicket prepare(const std::string& origin = "mailed", const std::string& batch = "",
                                 std::int64_t line = 0) {
    const auto ticket = enroll::prepare_ticket(rules, {"AB123456789", origin, batch, line}, random, clock.now());
    REQUIRE(ticket);
    return *ticket;
  }
  enroll::PreparedTicket issue(const std::string& origin = "mailed") {
    const auto ticket = prepare(origin);
    const auto stands = put(ticket);
    REQUIRE(stands);
    REQUIRE(*stands);
    return ticket;
  }

  Json claim_body(const std::string& secret, const std::string& password) {
    return {{"ticket", secret}, {"platform_authenticator", true}, {"touch_points", 5}, {"password", password}};
  }
  Answer claim_with(Browser& phone, const std::string& secret, const std::string& password) {
    return post(phone, "/api/phone/claim", claim_body(secret, password));
  }
  // From a phone that has never been here; safe from several threads.
  int stranger_tries(const std::string& secret, const std::string& password) {
    auto out = request({}, "POST", "/api/phone/claim");
    out.headers.emplace("origin", public_origin);
    out.headers.emplace("sec-fetch-site", "same-origin");
    out.headers.emplace("content-type", "application/json");
    out.body = dump_json(claim_body(secret, password));
    return router.handle(out).status;
  }
  store::TicketRow row(const std::string& id) {
    const auto rows = store->read<std::vector<store::TicketRow>>(
        [&](store::Reader& reader) { return store::list_tickets(reader, {}, clock.now(), 1000); });
    REQUIRE(rows);
    for (const auto& each : *rows) {
      if (each.id == id) return each;
    }
    FAIL("no such ticket");
    return {};
  }
};

}  // namespace tegata::test
