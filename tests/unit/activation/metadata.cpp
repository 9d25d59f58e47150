// A phone whose model metadata warns of by now.
#include "rp/webauthn/metadata.h"

#include "tests/support/metadata_maker.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

std::shared_ptr<const webauthn::Metadata> published(const MetadataMaker& maker, Instant now) {
  webauthn::ExpectedMetadata expected;
  expected.anchors = {maker.root_der()};
  expected.now = now;
  auto metadata = webauthn::verify_metadata(maker.make(), expected);
  REQUIRE(metadata);
  return std::make_shared<const webauthn::Metadata>(std::move(*metadata));
}

}  // namespace

TEST_CASE("approval: refused while metadata warns of the phone's model; the phone stays bound") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  MetadataMaker maker;
  maker.add(MetadataMaker::entry(phone.authenticator.aaguid(), {}));
  world.metadata = published(maker, world.clock.now());
  CHECK(world.whole_activation(phone).contains("access_token"));

  maker.payload["entries"][0]["statusReports"] =
      Json::array({MetadataMaker::report("USER_KEY_REMOTE_COMPROMISE", "2026-11-21")});
  world.metadata = published(maker, world.clock.now());
  CHECK(world.whole_activation(phone).contains("access_token"));

  world.clock.set(parse_rfc3339("2026-11-21T00:00:00Z").value());
  const Json asked = world.ask();
  const auto refused = world.approve(phone, asked);
  CHECK(refused.status == 403);
  CHECK(Json::parse(refused.body)["code"] == "E-408");
  CHECK(world.last_code() == "activation_model_unwanted");
  // The request still waits, so another phone may approve it.
  Phone second = world.enrolled_phone(world.doctor);
  CHECK(world.approve(second, world.ask()).status == 200);

  // Nothing was removed: without the warning the phone is as good as before.
  world.metadata = nullptr;
  CHECK(world.whole_activation(phone).contains("access_token"));
}

TEST_CASE("approval: a wrong signature tells nothing about the model") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  MetadataMaker maker;
  maker.add(MetadataMaker::entry(phone.authenticator.aaguid(), {}));
  maker.payload["entries"][0]["statusReports"] = Json::array({MetadataMaker::report("REVOKED")});
  world.metadata = published(maker, world.clock.now());
  sandbox::Behaviour behaviour;
  behaviour.lie = sandbox::Lie::bogus_signature;
  const auto refused = world.approve(phone, world.ask(), behaviour);
  CHECK(Json::parse(refused.body)["code"] == "E-403");
  CHECK(world.last_code() == "webauthn_signature_invalid");
}
