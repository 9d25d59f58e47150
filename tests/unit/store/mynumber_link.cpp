// What ends with the link of a My Number card, and what stays.
#include "rp/store/mynumber_link.h"

#include "rp/store/own_passes.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

store::MyNumberLink link_of(const std::string& person, Instant now) {
  store::MyNumberLink out;
  out.practitioner_id = person;
  out.fingerprint = digest("card of " + person);
  out.not_before = now;
  out.not_after = now + std::chrono::hours(24);
  out.linked_by = "card";
  out.rests_on = sample_basis;
  return out;
}

std::optional<store::EndedWithLink> unlink(World& world, const std::string& person) {
  return world.write<std::optional<store::EndedWithLink>>(
      [&](store::Transaction& transaction) { return store::remove_mynumber_link(transaction, person, "why"); });
}

// A request that this approved.
void approve(World& world, const std::string& id, const std::string& letters, const store::Change& by) {
  const auto now = world.clock.now();
  REQUIRE(does(world, [&](store::Transaction& transaction) {
    return store::insert_handoff(transaction, sample_activation(id, letters, now));
  }));
  for (const auto event : {handoff::Event::claim, handoff::Event::fulfil}) {
    REQUIRE(does(world, [&](store::Transaction& transaction) {
      return store::advance(transaction, handoff::Kind::activation, id, event, {},
                            event == handoff::Event::fulfil ? by : store::Change());
    }));
  }
}

std::string state_of_request(World& world, const std::string& id) {
  const auto found =
      world.read<std::optional<store::Handoff>>([&](store::Reader& reader) { return store::find_handoff(reader, id); });
  REQUIRE(found);
  return std::string(handoff::name(found->state)) + " " + found->reason;
}

store::Change by(const std::string& person, store::BasisId basis) {
  store::Change out;
  out.practitioner_id = person;
  out.basis = basis;
  return out;
}

store::BasisId basis_of_link(World& world, const std::string& person) {
  return world
      .read<std::optional<store::MyNumberLink>>(
          [&](store::Reader& reader) { return store::find_mynumber_link(reader, person); })
      ->basis;
}

// A phone that the link bound.
store::BasisId phone_of_link(World& world) {
  auto phone = sample_credential("phone", "phone", world.clock.now());
  phone.rests_on = basis_of_link(world, "P1");
  REQUIRE(does(world, [&](store::Transaction& t) { return store::insert_credential(t, phone); }));
  return world
      .read<std::optional<store::BoundCredential>>(
          [&](store::Reader& reader) { return store::find_credential(reader, phone.record.id); })
      ->basis;
}

}  // namespace

TEST_CASE(
    "what a My Number card approved ends with its link; what a phone, an HPKI card or somebody else approved stays") {
  World world;
  put_samples(world);
  const auto now = world.clock.now();
  for (const auto* person : {"P1", "P2"})
    REQUIRE(does(world, [&](store::Transaction& transaction) {
      return store::put_mynumber_link(transaction, link_of(person, now));
    }));
  approve(world, "mine", "BCDF", by("P1", basis_of_link(world, "P1")));
  approve(world, "phone", "BCDG", by("P1", phone_of_link(world)));
  approve(world, "hpki", "BCDH", by("P1", sample_basis));
  approve(world, "other", "BCDJ", by("P2", basis_of_link(world, "P2")));

  const auto ended = unlink(world, "P1");
  REQUIRE(ended);
  CHECK(ended->link.fingerprint == digest("card of P1"));
  CHECK(ended->ended.requests == 1);
  CHECK(state_of_request(world, "mine") == "cancelled why");
  for (const auto* stays : {"phone", "hpki", "other"}) CHECK(state_of_request(world, stays) == "fulfilled ");
  CHECK_FALSE(unlink(world, "P1"));
  CHECK_FALSE(unlink(world, "nobody"));
  CHECK(unlink(world, "P2")->ended.requests == 1);
}

TEST_CASE("passes of a My Number card's approvals are revoked with its link, other passes are not") {
  World world;
  put_samples(world);
  const auto now = world.clock.now();
  REQUIRE(does(world, [&](store::Transaction& transaction) {
    return store::put_mynumber_link(transaction, link_of("P1", now));
  }));
  const auto issue = [&](const std::string& jti, const std::string& letters, store::BasisId basis) {
    approve(world, jti, letters, by("P1", basis));
    store::IssuedPass pass;
    pass.jti = pass.handoff_id = jti;
    pass.practitioner_id = "P1";
    pass.client_id = "ehr";
    pass.facility_code = "1312345678";
    pass.issued_at = now;
    pass.expires_at = now + std::chrono::hours(18);
    pass.basis = basis;
    world.write<void>([&](store::Transaction& transaction) { return store::insert_pass(transaction, pass); });
  };
  issue("mine", "BCDF", basis_of_link(world, "P1"));
  issue("phone", "BCDG", phone_of_link(world));
  issue("hpki", "BCDH", sample_basis);
  REQUIRE(unlink(world, "P1")->ended.passes == 1);
  const auto revoked = [&](const std::string& jti) {
    return world
        .read<std::optional<store::IssuedPass>>([&](store::Reader& reader) { return store::find_pass(reader, jti); })
        ->revoked_at.has_value();
  };
  CHECK(revoked("mine"));
  CHECK_FALSE(revoked("phone"));
  CHECK_FALSE(revoked("hpki"));
}

}  // namespace tegata::test
