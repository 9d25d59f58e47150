// The directory: importing people, suspending them, and what that ends.
#include "rp/store/directory.h"

#include "rp/store/mynumber_link.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using Effect = store::ImportPlan::Effect;

namespace {

store::DirectoryEntry entry(const std::string& id, const std::vector<store::CardKey>& cards = {}) {
  return {id, "検証 太郎", "Kensho Taro", {"Medical Doctor"}, {}, cards};
}

store::ImportPlan plan(World& world, const store::DirectoryEntry& one) {
  return world.read<store::ImportPlan>([&](tegata::store::Reader& reader) { return store::plan_import(reader, one); });
}

void import(World& world, const store::DirectoryEntry& one) {
  world.write<void>([&](store::Transaction& transaction) {
    return store::import_entry(transaction, one, random_bytes(world.random, 64));
  });
}

std::optional<store::Practitioner> find(World& world, const std::string& id) {
  return world.read<std::optional<store::Practitioner>>(
      [&](tegata::store::Reader& reader) { return store::find_practitioner(reader, id); });
}

store::MyNumberLink link(const std::string& id, const std::string& certificate, Instant now) {
  return {id, digest(certificate), now, now + std::chrono::hours(24), {}, "card", sample_basis};
}

bool put_link(World& world, const store::MyNumberLink& one) {
  return does(world, [&](store::Transaction& transaction) { return store::put_mynumber_link(transaction, one); });
}

std::string state_of(World& world, const std::string& id) {
  const auto found = world.read<std::optional<store::Handoff>>(
      [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); });
  REQUIRE(found);
  return std::string(handoff::name(found->state)) + " " + found->reason;
}

}  // namespace

TEST_CASE("an import adds, changes, or leaves as it was, and keeps what the file does not know") {
  World world;
  const auto first = entry("NEW1", {{"MEDIS", "1"}, {"JMA", "1"}});
  CHECK(plan(world, first).effect == Effect::added);
  import(world, first);
  CHECK(plan(world, first).effect == Effect::unchanged);
  const auto handle = find(world, "NEW1")->user_handle;
  CHECK(handle.size() == 64);
  world.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(store::suspend_practitioner(transaction, "NEW1"));
    return {};
  });

  auto second = entry("NEW1", {{"JPA", "1"}});
  CHECK(plan(world, second).effect == Effect::changed);  // a further card
  second.name = "検証 花子";
  import(world, second);
  const auto now = find(world, "NEW1");
  CHECK(now->name == "検証 花子");
  CHECK(now->user_handle == handle);
  CHECK_FALSE(now->active);
  const auto cards = world.read<std::vector<store::CardKey>>(
      [](tegata::store::Reader& reader) { return store::list_cards(reader, "NEW1"); });
  CHECK(cards == std::vector<store::CardKey>{{"JMA", "1"}, {"JPA", "1"}, {"MEDIS", "1"}});
}

TEST_CASE("a card of somebody else is never moved") {
  World world;
  import(world, entry("NEW1", {{ "MEDIS", "1" }}));
  const auto thief = entry("NEW2", {{"MEDIS", "2"}, {"MEDIS", "1"}});
  CHECK(plan(world, thief).taken == std::vector<store::CardKey>{{"MEDIS", "1"}});
  const auto refused = world.store->write<void>([&](store::Transaction& transaction) {
    transaction.audit(event("test"));
    return store::import_entry(transaction, thief, random_bytes(world.random, 64));
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::store_card_taken);
  CHECK_FALSE(find(world, "NEW2"));
}

TEST_CASE("a suspension ends open requests of both kinds, passes, sessions and log-ins under way") {
  World world;
  put_samples(world);
  const auto now = world.clock.now();
  world.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(store::insert_handoff(transaction, sample_enrollment("mine", now)));
    auto named = sample_activation("named", "BCDF", now);
    named.login_hint = "P1";
    TEGATA_TRY(store::insert_handoff(transaction, named));
    auto nobodys = sample_activation("nobody's", "GHJK", now);
    nobodys.login_hint = "";
    TEGATA_TRY(store::insert_handoff(transaction, nobodys));
    TEGATA_TRY(
        store::insert_start(transaction, {digest("s"), digest("c"), "enrol", "n", now + std::chrono::minutes(1)}));
    TEGATA_TRY(store::finish_start(
        transaction, {digest("code"), digest("s"), "P1", "", Json::object(), now + std::chrono::minutes(1)}, "n"));
    TEGATA_TRY(store::insert_session(transaction, {digest("session"),
                                                   "P1",
                                                   "enrol",
                                                   "card",
                                                   Json::object(),
                                                   now + std::chrono::minutes(1),
                                                   std::nullopt,
                                                   {},
                                                   sample_basis}));
    store::IssuedPass pass;
    pass.jti = "j";
    pass.handoff_id = "nobody's";
    pass.practitioner_id = "P1";
    pass.expires_at = now + std::chrono::hours(1);
    pass.basis = sample_basis;
    return store::insert_pass(transaction, pass);
  });

  const auto ended = world.write<std::optional<store::Suspended>>(
      [](store::Transaction& transaction) { return store::suspend_practitioner(transaction, "P1"); });
  REQUIRE(ended);
  CHECK(ended->requests == 2);
  CHECK(ended->passes == 1);
  CHECK(ended->sessions == 1);
  CHECK(state_of(world, "mine") == "cancelled practitioner_suspended");
  CHECK(state_of(world, "named") == "cancelled practitioner_suspended");
  CHECK(state_of(world, "nobody's") == "created ");
  const auto pass = world.read<std::optional<store::IssuedPass>>(
      [](tegata::store::Reader& reader) { return store::find_pass(reader, "j"); });
  CHECK(pass->revoked_why == "practitioner_suspended");
  CHECK(pass->revoked_at);
  CHECK(refuses(world, [](store::Transaction& transaction) -> Result<bool> {
    TEGATA_ASSIGN(const auto redeemed, store::redeem_card_login(transaction, digest("code"), digest("c")));
    return redeemed.has_value();
  }));
  CHECK(refuses(world, [](store::Transaction& transaction) -> Result<bool> {
    TEGATA_ASSIGN(const auto again, store::suspend_practitioner(transaction, "P1"));
    return again.has_value();
  }));
  CHECK(does(world, [](store::Transaction& transaction) { return store::resume_practitioner(transaction, "P1"); }));
  CHECK(refuses(world, [](store::Transaction& transaction) { return store::resume_practitioner(transaction, "P1"); }));
  CHECK(find(world, "P1")->active);
  CHECK(state_of(world, "mine") == "cancelled practitioner_suspended");
}

TEST_CASE("a My Number certificate is linked to one person, and a person has one") {
  World world;
  put_samples(world);
  const auto now = world.clock.now();
  CHECK(put_link(world, link("P1", "first", now)));
  CHECK(put_link(world, link("P1", "first", now)));
  CHECK_FALSE(put_link(world, link("P2", "first", now)));
  CHECK_FALSE(put_link(world, link("nobody", "third", now)));
  CHECK(put_link(world, link("P1", "second", now)));
  CHECK(put_link(world, link("P2", "first", now)));  // free again
  const auto found = world.read<std::optional<store::MyNumberLink>>(
      [](tegata::store::Reader& reader) { return store::find_mynumber_link_by_fingerprint(reader, digest("second")); });
  REQUIRE(found);
  CHECK(found->practitioner_id == "P1");
  CHECK(found->linked_at == now);
  const auto ending = [&](std::optional<Instant> until) {
    return world
        .read<std::vector<store::MyNumberLink>>(
            [&](tegata::store::Reader& reader) { return store::list_mynumber_links(reader, until); })
        .size();
  };
  CHECK(ending(now) == 0);
  CHECK(ending(now + std::chrono::hours(24)) == 2);
  CHECK(ending(std::nullopt) == 2);
}

TEST_CASE("a start record is finished by its own method only") {
  World world;
  const auto now = world.clock.now();
  world.write<void>([&](store::Transaction& transaction) {
    return store::insert_start(
        transaction, {digest("s"), digest("c"), "link", "n", now + std::chrono::minutes(1), "mynumber", "P1"});
  });
  const store::CardLogin login{digest("code"), digest("s"), "P1", "", Json::object(), now + std::chrono::minutes(1)};
  CHECK(refuses(world, [&](store::Transaction& transaction) { return store::finish_start(transaction, login, "n"); }));
  CHECK(does(world, [&](store::Transaction& transaction) {
    return store::finish_start(transaction, login, "n", "mynumber");
  }));
  const auto redeemed = world.write<std::optional<store::Redeemed>>([](store::Transaction& transaction) {
    return store::redeem_card_login(transaction, digest("code"), digest("c"));
  });
  REQUIRE(redeemed);
  CHECK(redeemed->method == "mynumber");
  CHECK(redeemed->started_for == "P1");
}
