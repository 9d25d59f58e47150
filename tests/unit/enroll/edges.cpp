// What owners, strangers and repeated calls meet at the edges of an enrollment.
#include <thread>

#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("without a card session there is no ticket, and a session lives fifteen minutes") {
  World world;
  Browser pc;
  CHECK(world.get(pc, "/api/enrollment").status == 401);
  for (const auto* path : {"/api/enrollment", "/api/enrollment/confirm", "/api/enrollment/reject"}) {
    INFO(path);
    CHECK(world.post(pc, path, {{"number", "00"}}).response.cause == "sign_in_session_missing");
  }
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto none = world.get(pc, "/api/enrollment");
  CHECK(none.body["state"] == "none");
  CHECK(none.body["name"] == "検証 太郎");
  world.clock.advance(900s - 1ms);
  CHECK(world.get(pc, "/api/enrollment").status == 200);
  world.clock.advance(1ms);
  CHECK(world.get(pc, "/api/enrollment").status == 401);
}

TEST_CASE("a new log-in replaces the session, and ending it ends it for every copy of the cookie") {
  World world;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  Browser copy = pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  CHECK(world.get(copy, "/api/enrollment").status == 401);
  copy = pc;
  CHECK(world.post(pc, "/api/session/end", Json::object()).status == 204);
  CHECK(pc.cookies.count("__Host-tegata-session") == 0);
  CHECK(world.get(copy, "/api/enrollment").status == 401);
}

TEST_CASE("a card log-in that nobody asked for by a known purpose does not begin") {
  World world;
  Browser pc;
  const auto refused = world.post(pc, "/api/start", {{"purpose", "admin"}});
  CHECK(refused.status == 400);
  CHECK(world.newest_refusal() == "sign_in_purpose_unknown");
  CHECK(pc.cookies.empty());
}

TEST_CASE("the ticket of one session is not moved by another") {
  World world;
  world.put(world.person("CD987654321", true, world.clock.now() + 24h), "1003");
  Browser pc, other_pc, phone;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  REQUIRE(world.log_in(other_pc, card_der("hpki-auth", "good", "1003")).status == 200);
  const auto claimed = world.claim(phone, world.ticket(pc));
  const auto refused = world.post(other_pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}});
  CHECK(refused.status == 404);
  CHECK(world.newest_refusal() == "ticket_unknown");
  CHECK(world.post(other_pc, "/api/enrollment/reject", Json::object()).status == 404);
  CHECK(world.pc_state(pc) == "opened");
}

TEST_CASE("strangers can do nothing with the QR of a ticket that is owned") {
  World world;
  Browser pc, phone, stranger;
  const auto secret = world.confirmed_ticket(pc, phone);
  stranger.cookies[claim_cookie_of(phone).first] = std::string(43, 'A');
  for (const auto* call : {"look", "status", "options", "label", "decline"}) {
    INFO(call);
    const auto refused = world.post(stranger, "/api/phone/" + std::string(call), {{"ticket", secret}});
    CHECK(refused.status == 404);
    CHECK(refused.response.cause == "ticket_not_owner");
    CHECK(refused.body["code"] == "E-204");
    CHECK_FALSE(refused.body.contains("cause"));
  }
  Browser blank;
  CHECK(world.post(blank, "/api/phone/options", {{"ticket", secret}}).response.cause == "ticket_not_owner");
  CHECK(world.pc_state(pc) == "confirmed");
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, secret, authenticator).status == 200);
}

TEST_CASE("a phone without a platform authenticator claims nothing") {
  World world;
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto secret = world.ticket(pc);
  const auto refused = world.post(phone, "/api/phone/claim", {{"ticket", secret}, {"platform_authenticator", false}});
  CHECK(refused.body["cause"] == "ticket_no_platform_authenticator");
  CHECK(world.newest_refusal() == "ticket_no_platform_authenticator");
  CHECK(world.pc_state(pc) == "waiting");
  CHECK(world.claim(phone, secret).status == 200);
}

TEST_CASE("defect: a claim cookie that somebody had put there was kept, and owned the next ticket too") {
  World world;
  Browser pc, phone, thief;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  REQUIRE(world.claim(thief, world.ticket(pc)).status == 200);
  const auto planted = claim_cookie_of(thief);
  for (const auto& name : {std::string("__Host-tegata-phone"), planted.first}) phone.cookies[name] = planted.second;
  const auto last = world.ticket(pc);
  REQUIRE(world.claim(phone, last).status == 200);
  std::erase_if(phone.cookies, [&](const auto& each) { return each.second == planted.second; });
  const auto own = claim_cookie_of(phone);
  CHECK(own.second.size() == 43);
  thief.cookies = {{own.first, planted.second}};
  CHECK(world.post(thief, "/api/phone/status", {{"ticket", last}}).response.cause == "ticket_not_owner");
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", last}}).status == 200);
}

TEST_CASE("a ticket ends on time for its owner too, on both screens") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  world.clock.advance(600s - 1ms);
  CHECK(world.post(phone, "/api/phone/options", {{"ticket", secret}}).status == 200);
  world.clock.advance(1ms);
  CHECK(world.post(phone, "/api/phone/options", {{"ticket", secret}}).response.cause == "ticket_expired");
  CHECK(world.newest_refusal() == "ticket_expired");
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["state"] == "expired");
  CHECK(world.post(phone, "/api/phone/look", {{"ticket", secret}}).body["state"] == "expired");
  CHECK(world.pc_state(pc) == "expired");
  CHECK(world.post(pc, "/api/enrollment", Json::object()).status == 201);
}

TEST_CASE("names that cannot be used or are taken lose nothing") {
  World world;
  Browser pc, phone, second_pc, second_phone;
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto first = world.confirmed_ticket(pc, phone);
  REQUIRE(world.try_register(phone, first, authenticator).status == 200);
  REQUIRE(world.post(phone, "/api/phone/label", {{"ticket", first}, {"label", "Office phone"}}).status == 200);

  auto other = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto secret = world.confirmed_ticket(second_pc, second_phone);
  REQUIRE(world.try_register(second_phone, secret, other).status == 200);
  const auto empty = world.post(second_phone, "/api/phone/label", {{"ticket", secret}, {"label", " "}});
  CHECK(empty.status == 422);
  CHECK(empty.body["cause"] == "label_invalid");
  CHECK(world.newest_refusal() == "label_invalid");
  const auto taken = world.post(second_phone, "/api/phone/label", {{"ticket", secret}, {"label", "OFFICE PHONE"}});
  CHECK(taken.status == 409);
  CHECK(taken.body["cause"] == "store_label_taken");
  CHECK(world.newest_refusal() == "store_label_taken");
  CHECK(world.pc_state(second_pc) == "registered");
  const auto good = world.post(second_phone, "/api/phone/label", {{"ticket", secret}, {"label", "Ward phone"}});
  CHECK(good.status == 200);
  CHECK(world.phones_of("AB123456789").size() == 2);
  // A tap that is repeated because its answer was lost.
  CHECK(world.post(second_phone, "/api/phone/label", {{"ticket", secret}}).body["label"] == "Ward phone");
}

TEST_CASE("one answer of an authenticator, sent eight times at once, binds once") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  const auto options = world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["publicKey"];
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto credential = authenticator.create(options, public_origin, {}, world.random);
  REQUIRE(credential);
  std::atomic<int> bound{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < 8; ++i) {
    senders.emplace_back([&, copy = phone]() mutable {
      bound += world.post(copy, "/api/phone/register", {{"ticket", secret}, {"credential", *credential}}).status == 200;
    });
  }
  for (auto& sender : senders) sender.join();
  CHECK(bound == 1);
  CHECK(world.count_audit("credential_registered") == 1);
  CHECK(world.phones_of("AB123456789").size() == 1);
}

TEST_CASE("calls that cannot be read, and calls of other sites, are in the audit log") {
  World world;
  Browser pc;
  auto out = world.request(pc, "POST", "/api/start");
  out.headers.emplace("content-type", "application/json");
  CHECK(world.router.handle(out).cause == "http_cross_site");
  CHECK(world.newest_refusal() == "http_cross_site");
  out.headers.emplace("origin", public_origin);
  out.headers.emplace("sec-fetch-site", "same-origin");
  out.body = "{";
  CHECK(world.router.handle(out).cause == "json_malformed");
  CHECK(world.newest_refusal() == "json_malformed");
}

TEST_CASE("the audit log holds no secret: not of the QR, not of a cookie, not of a code") {
  World world;
  Browser pc, phone;
  const auto start = world.post(pc, "/api/start", {{"purpose", "enrol"}});
  std::vector<std::string> secrets{pc.cookies["__Host-tegata-start"]};
  const std::string url = start.body["card_url"];
  secrets.push_back(url.substr(url.find("?s=") + 3));
  secrets.push_back(world.card_origin(url, good_card()).code);
  REQUIRE(world.post(pc, "/api/handover", {{"code", secrets.back()}}).status == 200);
  secrets.push_back(pc.cookies["__Host-tegata-session"]);
  secrets.push_back(world.ticket(pc));
  REQUIRE(world.claim(phone, secrets.back()).status == 200);
  secrets.push_back(claim_cookie_of(phone).second);
  std::string log;
  for (const auto& record : world.audit()) {
    const auto& event = record.event;
    log += event.kind + event.actor + event.subject + event.code + dump_json(event.details) + event.request_id +
           event.source;
  }
  CHECK(log.find("ticket_claimed") != std::string::npos);
  for (const auto& secret : secrets) {
    REQUIRE(secret.size() >= 22);
    CHECK(log.find(secret) == std::string::npos);
  }
}

TEST_CASE("defect: a session that was over showed its pages again while the clock stood in the past") {
  World world;
  Browser pc;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  world.clock.advance(900s);
  CHECK(world.get(pc, "/api/enrollment").status == 401);
  Browser other;
  REQUIRE(world.log_in(other, good_card()).status == 200);  // committed: the clock goes on from here
  world.clock.step(-60s);
  CHECK(world.get(pc, "/api/enrollment").status == 401);
  CHECK(world.get(other, "/api/enrollment").status == 200);
  world.clock.step(60s);
  CHECK(world.get(pc, "/api/enrollment").status == 401);
  CHECK(world.get(other, "/api/enrollment").status == 200);
}
