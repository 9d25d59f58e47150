// Pages of related origins may use the RP ID, and no other page.
#include "tests/unit/enroll/world.h"

namespace tegata::test {

TEST_CASE("a key made on a page of a related origin is bound, one of any other page is not") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  const auto register_from = [&](const std::string& origin) {
    auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
    const auto options = world.post(phone, "/api/phone/options", {{"ticket", secret}});
    const auto credential = authenticator.create(options.body["publicKey"], origin, {}, world.random);
    REQUIRE(credential);
    return world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", *credential}});
  };
  for (const char* other : {"https://tegata.example:8443", "http://tegata.example", "https://www.tegata.example"}) {
    CHECK(register_from(other).body["cause"] == "webauthn_origin_mismatch");
  }
  CHECK(register_from(related_origin).status == 200);
}

}  // namespace tegata::test
