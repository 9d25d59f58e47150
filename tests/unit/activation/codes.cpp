// Codes that got into other hands, and codes that never arrived.
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("defect: another client that showed an approved code was told about its verifier, and raised no alarm") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({}).status == 303);
  browser.approve_here(phone);
  const std::string code = parameter_of(browser.call("finish")["location"], "code");
  const auto foreign = world.send({http::Origin::facility,
                                   "/token",
                                   {{"client_id", "ehr-1"},
                                    {"grant_type", "authorization_code"},
                                    {"code", code},
                                    {"code_verifier", std::string(43, 'B')},
                                    {"redirect_uri", callback}},
                                   std::nullopt,
                                   world.ehr.certificate});
  CHECK(error_of(foreign) == "invalid_grant");
  const auto last = world.audit().back().event;
  CHECK(last.kind == "activation_cancelled");
  CHECK(last.code == "activation_code_of_another_client");
  CHECK(last.details["alarm"] == true);
  CHECK(error_of(browser.redeem(code)) == "invalid_grant");
  CHECK(world.count_kind("pass_issued") == 0);
}

TEST_CASE("a device code in other hands: nothing before the approval, the end of the request after it") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  CHECK(error_of(world.poll(asked, world.other_ehr)) == "invalid_grant");
  CHECK(world.count_kind("activation_cancelled") == 0);
  REQUIRE(world.approve(phone, asked).status == 200);
  CHECK(error_of(world.poll(asked, world.other_ehr)) == "invalid_grant");
  CHECK(world.last_kind() == "activation_cancelled");
  CHECK(error_of(world.poll(asked)) == "invalid_grant");
  CHECK(error_of(world.poll(asked, world.other_ehr)) == "invalid_grant");
  CHECK(world.count_kind("activation_cancelled") == 1);
  CHECK(world.count_kind("pass_issued") == 0);
}

TEST_CASE("defect: every further use of a code in other hands was audited as one more revocation") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json asked = world.ask();
  REQUIRE(world.approve(phone, asked).status == 200);
  REQUIRE(world.poll(asked).status == 200);
  for (int i = 0; i < 3; ++i) {
    CHECK(error_of(world.poll(asked, world.other_ehr)) == "invalid_grant");
    CHECK(world.last_code() == "activation_redeemed_elsewhere");
  }
  CHECK(world.count_kind("pass_revoked") == 1);
}

TEST_CASE("defect: a lost answer with the code was a dead end; the newest code alone redeems, and in the same minute") {
  KeyWorld world;
  Phone phone = world.enrolled_phone(world.doctor);
  AuthorizeBrowser browser(world);
  REQUIRE(browser.open({}).status == 303);
  browser.approve_here(phone);
  const auto code = [&] { return parameter_of(browser.call("finish")["location"], "code"); };
  const std::string lost = code();
  world.clock.advance(59s);
  const std::string newest = code();
  CHECK(newest != lost);
  CHECK(error_of(browser.redeem(lost)) == "invalid_grant");
  CHECK(world.last_code() == "activation_code_unknown");
  SECTION("in time") {
    CHECK(browser.redeem(newest).status == 200);
    CHECK(browser.refusal("finish") == "activation_already_decided");
  }
  SECTION("a new code is no new minute") {
    world.clock.advance(1s);
    CHECK(browser.redeem(newest).cause == "activation_code_expired");
    CHECK(parameter_of(browser.call("finish")["location"], "error") == "access_denied");
  }
}
