// Registration against what metadata says of the phone's model.
#include "rp/webauthn/metadata/metadata.h"

#include "tests/support/metadata_maker.h"
#include "tests/unit/enroll/world.h"

namespace tegata::test {

TEST_CASE("a phone of a model that metadata vouches for is bound as trusted; of one that it warns of, not at all") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  auto authenticator = sandbox::authenticator::Authenticator::make(world.random);
  MetadataMaker maker;
  maker.add(MetadataMaker::entry(authenticator.aaguid(), {authenticator.attestation_root()}));
  const auto publish = [&] {
    webauthn::metadata::ExpectedMetadata expected;
    expected.anchors = {maker.root_der()};
    expected.now = world.clock.now();
    auto metadata = webauthn::metadata::verify_metadata(maker.make(), expected);
    REQUIRE(metadata);
    world.metadata = std::make_shared<const webauthn::metadata::Metadata>(std::move(*metadata));
  };
  sandbox::authenticator::Behaviour behaviour;
  behaviour.attestation = sandbox::authenticator::AttestationChoice::packed_x5c;
  behaviour.algorithm = -7;

  maker.payload["entries"][0]["statusReports"] = Json::array({MetadataMaker::report("REVOKED")});
  publish();
  CHECK(world.try_register(phone, secret, authenticator, behaviour).status == 403);
  CHECK(world.newest_refusal() == "webauthn_metadata_status_unwanted");
  CHECK(world.phones_of("AB123456789").empty());

  maker.payload["entries"][0]["statusReports"] = Json::array({MetadataMaker::report("FIDO_CERTIFIED_L1")});
  publish();
  CHECK(world.try_register(phone, secret, authenticator, behaviour).status == 200);
  REQUIRE(world.phones_of("AB123456789").size() == 1);
  CHECK(world.phones_of("AB123456789")[0].record.attestation_type == "trusted");
  CHECK(world.phones_of("AB123456789")[0].record.key_protection == webauthn::wire::KeyProtection::tee);
}

}  // namespace tegata::test
