// Registration number and card ID: off unless asked for, counted, one answer for whoever is refused, and confirmed.
#include "enroll/registration_number.h"

#include "tests/unit/enroll/number_world.h"
#include "tests/unit/enroll/trace.h"

using namespace tegata;
using namespace tegata::test;
using enroll::NumberConfirmation;

TEST_CASE("numbers are compared as people read them off a card") {
  const auto parse = [](const char* number, const char* card) {
    return enroll::parse_registration_number(number, card);
  };
  const auto plain = parse("123456", "AB12CD34");
  REQUIRE(plain);
  CHECK(plain->number == "123456");
  CHECK(plain->card_id == "ab12cd34");
  const auto wide = parse("００１２３４５６", "ａｂ１２－ＣＤ 34");
  REQUIRE(wide);
  CHECK(wide->number == plain->number);
  CHECK(wide->card_id == plain->card_id);
  CHECK(parse("0", "abcd")->number == "0");
  const std::pair<const char*, const char*> bad[] = {{"", "abcd"},      {"12a", "abcd"}, {"12345678901", "abcd"},
                                                     {"1", ""},         {"1", "abc"},    {"1", "ab_cd"},
                                                     {"1", "漢字漢字"}, {"-", "abcd"}};
  for (const auto& [number, card] : bad) {
    const auto refused = parse(number, card);
    INFO(number << " " << card);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::registration_number_malformed);
  }
  CHECK_FALSE(parse("1", std::string(33, 'a').c_str()));
}

TEST_CASE("the MACs of number, pair, address and key are all different, and follow the key") {
  const enroll::RegistrationNumber one{"123456", "ab12"};
  const auto pair = enroll::pair_of(Bytes(32, 1), one);
  CHECK(pair.number != pair.pair);
  CHECK(pair == enroll::pair_of(Bytes(32, 1), one));
  CHECK(pair.number == enroll::pair_of(Bytes(32, 1), {"123456", "cd34"}).number);
  CHECK(pair.pair != enroll::pair_of(Bytes(32, 1), {"123456", "cd34"}).pair);
  CHECK(pair.number != enroll::pair_of(Bytes(32, 2), one).number);
  CHECK(pair.number != enroll::source_of_try(Bytes(32, 1), "123456").address);
  CHECK(enroll::mark_of_key(Bytes(32, 1)) != enroll::mark_of_key(Bytes(32, 2)));
}

TEST_CASE("the whole way by numbers: session, ticket, number of the phone, registration") {
  NumberWorld world;
  Browser pc, phone;
  CHECK(world.get(pc, "/api/offers").body["registration_number"] == true);
  const auto secret = world.confirmed_by_number(pc, phone);
  CHECK(world.get(pc, "/api/enrollment").body["approval"] == false);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  const auto phones = world.phones_of("AB123456789");
  REQUIRE(phones.size() == 1);
  CHECK(phones[0].origin == "registration-number");
  CHECK(world.count_audit("registration_number_login") == 1);
  // Good for tickets, and for nothing else.
  CHECK(world.get(pc, "/api/devices").status == 401);
  CHECK(world.post(pc, "/api/start", {{"purpose", "link"}, {"method", "mynumber"}}).status == 401);
}

TEST_CASE("defect: with confirm = none two numbers off a card showed the 本人ID in full") {
  NumberWorld world(NumberConfirmation::none);
  Browser pc, phone;
  const std::string id = "AB123456789", masked = "AB•••••••89";
  REQUIRE(world.sign_in(pc).status == 200);
  CHECK(world.get(pc, "/api/enrollment").body["practitioner_id"] == masked);  // before a ticket
  const auto issued = world.post(pc, "/api/enrollment", Json::object());
  CHECK(issued.body["practitioner_id"] == masked);
  const std::string url = issued.body["url"];
  const auto secret = url.substr(url.find("#t=") + 3);
  const auto claimed = world.claim(phone, secret);
  CHECK(claimed.body["practitioner_id"] == masked);
  REQUIRE(world.post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["practitioner_id"] == masked);
  const auto options = world.post(phone, "/api/phone/options", {{"ticket", secret}});
  REQUIRE(options.status == 200);
  CHECK(options.body["publicKey"]["user"]["name"] == masked);
  CHECK(options.response.body.find(id) == std::string::npos);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  REQUIRE(world.try_register(phone, secret, authenticator).status == 200);
  const auto bound = world.get(pc, "/api/enrollment");
  CHECK(bound.body["practitioner_id"] == masked);
  CHECK(bound.response.body.find(id) == std::string::npos);
}

TEST_CASE("where the setting is off, the numbers open nothing") {
  World world;
  Browser pc;
  CHECK(world.get(pc, "/api/offers").body["registration_number"] == false);
  const auto refused =
      world.post(pc, "/api/registration-number", {{"registration_number", "123456"}, {"card_id", "AB12CD34"}});
  CHECK(refused.status == 403);
  CHECK(world.newest_refusal() == "registration_number_off");
  CHECK(pc.cookies.empty());
}

TEST_CASE("switched off later, a session by numbers issues no ticket any more") {
  NumberWorld world;
  Browser pc;
  REQUIRE(world.sign_in(pc).status == 200);
  world.registration_number.reset();
  world.start();
  CHECK(world.post(pc, "/api/enrollment", Json::object()).status >= 400);
  CHECK(world.newest_refusal() == "ticket_origin_unknown");
}

TEST_CASE("whoever is refused gets one answer after the same statements; the log has the cause") {
  Trace trace;
  NumberWorld world(NumberConfirmation::bound_phone);
  world.put(world.person("SUSPENDED1", false, world.clock.now() + 24h * 365), "2001");
  world.put(world.person("ENDED12345", true, world.clock.now() - 1h), "2002");
  world.give("SUSPENDED1", "777001", "SUSP0001");
  world.give("ENDED12345", "777002", "ENDE0001");
  struct Case {
    const char *number, *card, *code;
  };
  const Case cases[] = {{"999999", "ZZZZ9999", "registration_number_unknown"},
                        {NumberWorld::number, "ZZZZ9999", "registration_card_id_wrong"},
                        {"777001", "SUSP0001", "registration_person_not_in_good_standing"},
                        {"777002", "ENDE0001", "registration_person_not_in_good_standing"}};
  std::optional<Answer> first;
  std::vector<std::string> statements;
  for (const auto& each : cases) {
    Browser pc;
    trace.taken();
    const auto answer = world.sign_in(pc, each.number, each.card);
    const auto ran = trace.taken();
    INFO(each.code);
    CHECK(world.newest_refusal() == each.code);
    CHECK(answer.status == 403);
    CHECK(answer.body["code"] == "E-211");
    CHECK_FALSE(answer.body.contains("cause"));
    CHECK(pc.cookies.empty());
    if (!first) {
      first = answer;
      statements = ran;
    }
    CHECK_FALSE(ran.empty());
    CHECK(answer.response.body == first->response.body);
    CHECK(answer.response.headers == first->response.headers);
    CHECK(ran == statements);
  }
  CHECK(world.orders().empty());
}

TEST_CASE("tries are counted for the number, the address and all together, each with its own code") {
  const auto refused = [](NumberWorld& world, const char* number, const char* card) {
    Browser pc;
    const auto answer = world.sign_in(pc, number, card);
    CHECK(answer.status == 403);
    CHECK(answer.body["code"] == "E-211");
    return world.newest_refusal();
  };
  SECTION("the number, for a day, from whatever address; also the right card ID") {
    NumberWorld world(NumberConfirmation::none, {3, 20, 200});
    for (int i = 0; i < 3; ++i) {
      world.address = "192.0.2." + std::to_string(10 + i);
      CHECK(refused(world, NumberWorld::number, "WRONG123") == "registration_card_id_wrong");
    }
    CHECK(refused(world, NumberWorld::number, NumberWorld::card_id) == "registration_number_limited");
    CHECK(refused(world, "555", "WRONG123") == "registration_number_unknown");
    world.clock.advance(24h - 1s);
    CHECK(refused(world, NumberWorld::number, NumberWorld::card_id) == "registration_number_limited");
    world.clock.advance(2s);
    Browser pc;
    CHECK(world.sign_in(pc).status == 200);
  }
  SECTION("a number that nobody has is counted in the same way") {
    NumberWorld world(NumberConfirmation::none, {2, 20, 200});
    for (int i = 0; i < 2; ++i) CHECK(refused(world, "999999", "WRONG123") == "registration_number_unknown");
    CHECK(refused(world, "999999", "WRONG123") == "registration_number_limited");
  }
  SECTION("the address, for an hour, whatever the number") {
    NumberWorld world(NumberConfirmation::none, {5, 3, 200});
    for (const char* number : {"1", "2", "3"})
      CHECK(refused(world, number, "WRONG123") == "registration_number_unknown");
    CHECK(refused(world, "4", "WRONG123") == "registration_address_limited");
    world.address = "192.0.2.77";
    CHECK(refused(world, "4", "WRONG123") == "registration_number_unknown");
    world.address = "192.0.2.1";
    world.clock.advance(1h + 1s);
    CHECK(refused(world, "5", "WRONG123") == "registration_number_unknown");
  }
  SECTION("all together, for an hour") {
    NumberWorld world(NumberConfirmation::none, {5, 20, 4});
    for (int i = 0; i < 4; ++i) {
      world.address = "192.0.2." + std::to_string(10 + i);
      CHECK(refused(world, std::to_string(100 + i).c_str(), "WRONG123") == "registration_number_unknown");
    }
    world.address = "192.0.2.99";
    CHECK(refused(world, "200", "WRONG123") == "registration_all_limited");
    world.clock.advance(1h + 1s);
    CHECK(refused(world, "200", "WRONG123") == "registration_number_unknown");
  }
  SECTION("a restart forgets nothing") {
    NumberWorld world(NumberConfirmation::none, {1, 20, 200});
    CHECK(refused(world, NumberWorld::number, "WRONG123") == "registration_card_id_wrong");
    world.start();
    CHECK(refused(world, NumberWorld::number, NumberWorld::card_id) == "registration_number_limited");
  }
}

TEST_CASE("32 tries at once: no more than the limit are looked up") {
  NumberWorld world(NumberConfirmation::none, {5, 100, 1000});
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&, i] {
      auto out = world.request({}, "POST", "/api/registration-number");
      out.headers.emplace("origin", public_origin);
      out.headers.emplace("sec-fetch-site", "same-origin");
      out.headers.emplace("content-type", "application/json");
      out.body = dump_json({{"registration_number", NumberWorld::number}, {"card_id", "WRONG" + std::to_string(i)}});
      world.router.handle(out);
    });
  }
  for (auto& thread : threads) thread.join();
  std::size_t looked_up = 0;
  for (const auto& record : world.audit()) looked_up += record.event.code == "registration_card_id_wrong";
  CHECK(looked_up == 5);
}

TEST_CASE("malformed numbers are refused before anything is counted") {
  NumberWorld world(NumberConfirmation::none, {1, 1, 1});
  Browser pc;
  const auto refused = world.sign_in(pc, "12x", "AB12CD34");
  CHECK(refused.status == 422);
  CHECK(refused.body["code"] == "E-212");
  CHECK(world.newest_refusal() == "registration_number_malformed");
  CHECK(world.sign_in(pc).status == 200);
}

TEST_CASE("each profession counts its own numbers: whoever has the pair is found") {
  NumberWorld world;
  world.put(world.person("PHARMACIST", true, world.clock.now() + 24h * 365), "2001");
  world.give("PHARMACIST", NumberWorld::number, "PH99-0001");
  Browser pc;
  REQUIRE(world.sign_in(pc, NumberWorld::number, "PH99-0001").status == 200);
  CHECK(world.post(pc, "/api/enrollment", Json::object()).body["practitioner_id"] == "PH••••••ST");
  REQUIRE(world.sign_in(pc).status == 200);
  CHECK(world.post(pc, "/api/enrollment", Json::object()).body["practitioner_id"] == "AB•••••••89");
}

TEST_CASE("an IPv6 network's tries count together: by the /64, and eight times as many by the /48") {
  NumberWorld world(enroll::NumberConfirmation::none, {1000, 2, 1000});
  const auto cause_at = [&](const std::string& address, int number) {
    world.address = address;
    Browser pc;
    return world.sign_in(pc, std::to_string(number), "WRONG123").response.cause;
  };
  CHECK(cause_at("2001:db8:1:1::1", 1) == "registration_number_unknown");
  CHECK(cause_at("2001:db8:1:1::2", 2) == "registration_number_unknown");
  CHECK(cause_at("2001:db8:1:1::3", 3) == "registration_address_limited");
  for (int i = 2; i < 16; ++i) {
    CHECK(cause_at("2001:db8:1:" + std::to_string(i) + "::1", 10 + i) == "registration_number_unknown");
  }
  CHECK(cause_at("2001:db8:1:99::1", 50) == "registration_address_limited");
  CHECK(cause_at("2001:db8:2::1", 51) == "registration_number_unknown");
  CHECK(cause_at("192.0.2.1", 52) == "registration_number_unknown");
}

TEST_CASE("a known network tries registration numbers as many times more often as its factor says") {
  NumberWorld world(enroll::NumberConfirmation::none, {1000, 2, 1000});
  auto known = std::make_shared<KnownNetworks>();
  known->add(*Network::parse("192.0.2.1"), 3);
  world.limits = std::make_shared<enroll::Limits>(known);
  world.start();
  const auto cause = [&](int number) {
    Browser pc;
    return world.sign_in(pc, std::to_string(number), "WRONG123").response.cause;
  };
  for (int i = 0; i < 6; ++i) CHECK(cause(i + 1) == "registration_number_unknown");
  CHECK(cause(7) == "registration_address_limited");
}
