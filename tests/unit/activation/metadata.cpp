// A phone whose model metadata warns of by now.
#include "rp/webauthn/metadata/metadata.h"

#include "tests/support/metadata_maker.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

std::shared_ptr<const tegata::webauthn::metadata::Metadata> published(const MetadataMaker& maker, Instant now) {
  tegata::webauthn::metadata::ExpectedMetadata expected;
  expected.anchors = {maker.root_der()};
  expected.now = now;
  auto metadata = tegata::webauthn::metadata::verify_metadata(maker.make(), expected);
  REQUIRE(metadata);
  return std::make_shared<const tegata::webauthn::metadata::Metadata>(std::move(*metadata));
}

// A phone that the metadata of its registration vouched for.
Phone vouched_phone(World& world, tegata::sandbox::authenticator::Authenticator authenticator,
                    const tegata::webauthn::metadata::Metadata& metadata) {
  webauthn::ExpectedRegistration expected;
  expected.rp_id = "localhost";
  expected.origins = {World::origin};
  expected.challenge = random_bytes(world.random, 32);
  expected.now = world.clock.now();
  expected.policy = tegata::webauthn::wire::standard_policy();
  expected.metadata = &metadata;
  const auto& owner = world.doctor;
  const Json options =
      webauthn::creation_options(expected, "Tegata", {owner.user_handle, owner.id, owner.name}, {}, "direct", 60000);
  tegata::sandbox::authenticator::Behaviour behaviour;
  behaviour.attestation = tegata::sandbox::authenticator::AttestationChoice::packed_x5c;
  behaviour.algorithm = -7;
  const auto made = authenticator.create(options, World::origin, behaviour, world.random);
  REQUIRE(made);
  const auto verified = webauthn::verify_registration(expected, *webauthn::parse_registration_response(*made));
  REQUIRE(verified);
  world.bind(owner, verified->record());
  return {std::move(authenticator), {}};
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

TEST_CASE("defect: unusable metadata counted as none: phones went on as hardware, and strict facilities took them") {
  World world;
  MetadataMaker maker;
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  maker.add(MetadataMaker::entry(authenticator.aaguid(), {authenticator.attestation_root()}));
  const auto usable = published(maker, world.clock.now());
  const auto unusable = std::make_shared<const tegata::webauthn::metadata::Metadata>(
      tegata::webauthn::metadata::warnings_of(maker.make(), nullptr));
  Phone phone = vouched_phone(world, std::move(authenticator), *usable);

  world.metadata = usable;
  const auto claims_of = [&](const Json& tokens) { return Json::parse(world.introspect(tokens["access_token"]).body); };
  const Json before = claims_of(world.whole_activation(phone));
  CHECK(before["acr"] == "phrh");
  CHECK(before["amr"].dump().find("hwk") != std::string::npos);

  world.metadata = unusable;
  const Json during = claims_of(world.whole_activation(phone));
  CHECK(during["acr"] == "phr");
  CHECK(during["amr"].dump().find("hwk") == std::string::npos);

  auto facility = world.facility;
  facility.profile = "strict";
  world.put(facility);
  const auto refused = world.approve(phone, world.ask());
  CHECK(refused.status == 503);
  CHECK(Json::parse(refused.body)["code"] == "E-901");
  CHECK(world.last_code() == "activation_metadata_unusable");
  world.metadata = usable;
  CHECK(world.approve(phone, world.ask()).status == 200);
}

TEST_CASE("defect: unusable metadata warned of no model any more") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  MetadataMaker maker;
  maker.add(MetadataMaker::entry(phone.authenticator.aaguid(), {}));
  maker.payload["entries"][0]["statusReports"] = Json::array({MetadataMaker::report("REVOKED")});
  world.metadata = std::make_shared<const tegata::webauthn::metadata::Metadata>(
      tegata::webauthn::metadata::warnings_of(maker.make(), nullptr));
  CHECK(world.approve(phone, world.ask()).status == 403);
  CHECK(world.last_code() == "activation_model_unwanted");
}

TEST_CASE("approval: a wrong signature tells nothing about the model") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  MetadataMaker maker;
  maker.add(MetadataMaker::entry(phone.authenticator.aaguid(), {}));
  maker.payload["entries"][0]["statusReports"] = Json::array({MetadataMaker::report("REVOKED")});
  world.metadata = published(maker, world.clock.now());
  tegata::sandbox::authenticator::Behaviour behaviour;
  behaviour.lie = tegata::sandbox::authenticator::Lie::bogus_signature;
  const auto refused = world.approve(phone, world.ask(), behaviour);
  CHECK(Json::parse(refused.body)["code"] == "E-403");
  CHECK(world.last_code() == "webauthn_signature_invalid");
}
