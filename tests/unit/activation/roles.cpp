// A person whose second certificate has several roles chooses the one that signs.
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

struct Scene {
  World world;
  Phone phone{tegata::sandbox::authenticator::Authenticator::make(world.random), {}};
  Json asked, proof;

  Scene() {
    world.doctor.roles = {"Medical Doctor", "Dentist"};
    world.put(world.doctor);
    phone = world.enrolled_phone(world.doctor);
    asked = world.ask();
    const Json context = Json::parse(world.scan(phone, asked).body);
    const auto assertion = phone.authenticator.get(context["publicKey"], World::origin, {}, world.random);
    REQUIRE(assertion);
    proof = {{"token", World::scan_token(asked)}, {"number", asked["number"]}, {"credential", *assertion}};
  }
  http::Response approve(const std::string& role = {}) {
    Json body = proof;
    if (!role.empty()) body["role"] = role;
    return world.post_page(phone, "approve", body);
  }
  Json details_of(const std::string& kind) {
    for (const auto& record : world.audit()) {
      if (record.event.kind == kind) return record.event.details;
    }
    return nullptr;
  }
  Json pass() {
    const auto response = world.poll(asked);
    REQUIRE(response.status == 200);
    return Json::parse(world.introspect(Json::parse(response.body)["access_token"]).body);
  }
};

}  // namespace

TEST_CASE("the roles are named after the proof, and nothing has happened until one is chosen") {
  Scene scene;
  const auto question = Json::parse(scene.approve().body);
  CHECK(question == Json{{"state", "role"}, {"roles", {"Medical Doctor", "Dentist"}}});
  CHECK(error_of(scene.world.poll(scene.asked)) == "authorization_pending");
  CHECK(scene.approve("Dentist").status == 200);
  CHECK(scene.pass()["hpki_role"] == Json::array({"Dentist"}));
  // Which of the roles it was stands in the log, of the approval and of the pass.
  CHECK(scene.details_of("activation_approved")["role"] == "Dentist");
  CHECK(scene.details_of("pass_issued")["hpki_role"] == Json::array({"Dentist"}));
}

TEST_CASE("a role of somebody else is refused, and the right one still works") {
  Scene scene;
  CHECK(scene.approve("Pharmacist").status == 403);
  CHECK(scene.world.last_code() == "activation_role_unknown");
  CHECK(scene.approve("Medical Doctor").status == 200);
  CHECK(scene.pass()["hpki_role"] == Json::array({"Medical Doctor"}));
}

TEST_CASE("a wrong number ends the request before any role is named") {
  Scene scene;
  scene.proof["number"] = scene.asked["number"] == "00" ? "01" : "00";
  const auto refused = scene.approve();
  CHECK(error_of(refused) == "activation_wrong_number");
  CHECK(refused.body.find("Dentist") == std::string::npos);
}

TEST_CASE("a proof that is wrong names no role") {
  Scene scene;
  scene.proof["credential"]["response"]["signature"] = base64url(Bytes(70, 1));
  const auto refused = scene.approve();
  CHECK(refused.status == 403);
  CHECK(refused.body.find("Dentist") == std::string::npos);
}

TEST_CASE("a role that was lost between approval and redemption gives no pass") {
  Scene scene;
  REQUIRE(scene.approve("Dentist").status == 200);
  scene.world.doctor.roles = {"Medical Doctor"};
  scene.world.put(scene.world.doctor);
  CHECK(error_of(scene.world.poll(scene.asked)) == "invalid_grant");
  CHECK(scene.world.last_code() == "right_role_taken");
}

TEST_CASE("who has one role is asked nothing") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const Json tokens = world.whole_activation(phone);
  CHECK(Json::parse(world.introspect(tokens["access_token"]).body)["hpki_role"] == Json::array({"Medical Doctor"}));
}
