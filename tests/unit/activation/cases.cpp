// What the server conformance cases, and advisories about others, ask of the room that judges assertions.
#include "tests/unit/activation/world.h"

namespace tegata::test {

TEST_CASE("case 119: no challenge twice, of one request or of two") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  std::set<std::string> challenges;
  for (int request = 0; request < 3; ++request) {
    const Json asked = world.ask();
    for (int scan = 0; scan < 5; ++scan) {
      const Json options = Json::parse(world.scan(phone, asked).body)["publicKey"];
      const auto challenge = parse_base64url(options["challenge"].get<std::string>());
      REQUIRE(challenge);
      CHECK(challenge->size() >= 16);
      CHECK(options["userVerification"] == "required");
      challenges.insert(options["challenge"]);
    }
  }
  CHECK(challenges.size() == 15);
}

TEST_CASE("defect: a credential whose owner was changed in the database signed that other person in") {
  World world;
  // The row names the doctor; the handle inside it is still that of the colleague, whose phone it is.
  store::Practitioner altered = world.doctor;
  altered.user_handle = world.colleague.user_handle;
  Phone phone = world.enrolled_phone(altered);
  const Json asked = world.ask();
  CHECK(world.approve(phone, asked).status == 403);
  CHECK(world.last_code() == "activation_user_handle_mismatch");
  CHECK(error_of(world.poll(asked)) == "authorization_pending");
}

}  // namespace tegata::test
