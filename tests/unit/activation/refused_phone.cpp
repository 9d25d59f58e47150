// What a phone may not do with a request, and what ends one.
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("a second phone ends the request on both screens") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor), stranger = world.enrolled_phone(world.colleague);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  const auto refused = world.scan(stranger, asked);
  CHECK(refused.status == 409);
  CHECK(error_of(refused) == "activation_other_phone");
  CHECK(world.last_code() == "activation_other_phone");
  CHECK(Json::parse(world.post_page(phone, "status", {{"token", World::scan_token(asked)}}).body) ==
        Json{{"state", "failed"}, {"code", "E-401"}});
  world.approve(phone, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_already_decided");
  CHECK(end_of(world, asked) == "access_denied");
}

TEST_CASE("one wrong number ends the request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  const std::string wrong = asked["number"] == "00" ? "01" : "00";
  const auto refused = world.approve(phone, asked, context, wrong);
  CHECK(refused.status == 409);
  CHECK(error_of(refused) == "activation_wrong_number");
  CHECK(world.last_code() == "activation_wrong_number");
  world.approve(phone, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_already_decided");
  CHECK(end_of(world, asked) == "access_denied");
}

TEST_CASE("something that is no number costs nothing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  for (const char* text : {"", "1", "123", "4x", "４７"}) {
    world.approve(phone, asked, context, text);
    CHECK(world.last_code() == "activation_number_malformed");
  }
  CHECK(world.approve(phone, asked, context, asked["number"]).status == 200);
}

TEST_CASE("declined on the phone is access_denied") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  world.scan(phone, asked);
  world.post_page(phone, "decline", {{"token", World::scan_token(asked)}});
  CHECK(end_of(world, asked) == "access_denied");
}

TEST_CASE("only the phone that scanned may approve or decline") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Json context = Json::parse(world.scan(phone, asked).body);
  Phone without_cookie{phone.authenticator, {}};
  const auto refused = world.approve(without_cookie, asked, context, asked["number"]);
  CHECK(world.last_code() == "activation_not_owner");
  CHECK(refused.status == 404);
  CHECK_FALSE(Json::parse(refused.body).contains("cause"));
  without_cookie.cookies = {{phone.cookies.begin()->first, "guess"}};
  world.post_page(without_cookie, "decline", {{"token", World::scan_token(asked)}});
  CHECK(world.last_code() == "activation_not_owner");
  world.scan(phone, asked);
  CHECK(world.approve(phone, asked).status == 200);
}

TEST_CASE("calls from other sites, and for requests that nobody made") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  world.post_page(phone, "scan", {{"token", World::scan_token(asked)}}, false);
  CHECK(world.last_code() == "http_cross_site");
  world.post_page(phone, "scan", {{"token", "nobody"}});
  CHECK(world.last_code() == "activation_request_unknown");
  world.post_page(phone, "scan", {{"token", 7}});
  CHECK(world.last_code() == "json_member_type");
  world.post_page(phone, "approve",
                  {{"token", World::scan_token(asked)}, {"number", "00"}, {"credential", {{"id", "!"}}}});
  CHECK(world.last_code() != "activation_approved");
  CHECK(world.scan(phone, asked).status == 200);
}

TEST_CASE("another person's phone than the one named: refused, and the request stays open") {
  World world;
  Phone phone = world.enrolled_phone(world.colleague);
  const Json asked = world.ask({{"login_hint", world.doctor.id}});
  const auto refused = world.approve(phone, asked);
  CHECK(refused.status == 403);
  CHECK(error_of(refused) == "activation_other_person");
  CHECK(world.last_code() == "activation_other_person");
  CHECK(end_of(world, asked) == "authorization_pending");
}

TEST_CASE("assertions that are wrong: each its own code, the request stays open, and the right one goes through") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  using tegata::sandbox::authenticator::Lie;
  const std::pair<Lie, const char*> lies[] = {{Lie::challenge, "challenge"},
                                              {Lie::origin, "origin"},
                                              {Lie::rp_id, "rp_id"},
                                              {Lie::no_uv, "user_verif"},
                                              {Lie::no_up, "user_pres"},
                                              {Lie::bogus_signature, "signature"},
                                              {Lie::type, "type"}};
  std::set<std::string> codes;
  for (const auto& [lie, word] : lies) {
    tegata::sandbox::authenticator::Behaviour behaviour;
    behaviour.lie = lie;
    INFO(word);
    CHECK(world.approve(phone, asked, behaviour).status != 200);
    CHECK(world.last_code().starts_with("webauthn_"));
    codes.insert(world.last_code());
  }
  CHECK(codes.size() == std::size(lies));
  CHECK(world.approve(phone, asked).status == 200);
}

TEST_CASE("a phone that is not bound, or was removed") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  const Bytes id = phone.authenticator.credentials().front().id;
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(const bool removed, store::remove_credential(t, id, world.doctor.id));
    CHECK(removed);
    return {};
  });
  CHECK(world.approve(phone, asked).status == 403);
  CHECK(world.last_code() == "activation_credential_unknown");
}

TEST_CASE("a sign count that went back") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  tegata::sandbox::authenticator::Behaviour behaviour;
  behaviour.sign_count = 50;
  REQUIRE(world.approve(phone, world.ask(), behaviour).status == 200);
  behaviour.sign_count = 50;
  world.approve(phone, world.ask(), behaviour);
  CHECK(world.last_code().starts_with("webauthn_"));
  CHECK(world.count_kind("activation_approved") == 1);
}

TEST_CASE("the strict profile takes only a key that an anchor vouches for") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  auto facility = world.facility;
  facility.profile = "strict";
  world.put(facility);
  CHECK(error_of(world.approve(phone, world.ask())) == "activation_key_not_hardware");
}
