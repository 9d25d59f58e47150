#include "rp/store/basis.h"

#include "rp/store/revocation_lists.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

store::StoredRevocationList list(const Bytes& number, std::int64_t this_update, const std::string& text) {
  const Instant at = from_unix_seconds(this_update);
  return {digest("issuer"),
          digest("scope"),
          Bytes(text.begin(), text.end()),
          number,
          at,
          at + std::chrono::hours(96),
          at,
          "http://crl.example.jp/a.crl"};
}
Operation put_list(const store::StoredRevocationList& what) {
  return [=](store::Transaction& transaction) { return store::put_revocation_list(transaction, what); };
}
std::vector<store::StoredRevocationList> kept(World& world) {
  return world.read<std::vector<store::StoredRevocationList>>(store::list_revocation_lists);
}

const store::CardCertificate card{digest("issuer"), {0x01, 0x02}};

store::BasisId basis_of(World& world, const store::CardCertificate& which) {
  return *world.write<std::optional<store::BasisId>>(
      [&](store::Transaction& transaction) { return store::basis_of_card(transaction, which, "P1"); });
}
store::BasisId bind_phone(World& world, const std::string& id, store::BasisId rests_on) {
  auto credential = sample_credential(id, id, world.clock.now());
  credential.rests_on = rests_on;
  REQUIRE(does(world, [&](store::Transaction& t) { return store::insert_credential(t, credential); }));
  return world
      .read<std::optional<store::BoundCredential>>(
          [&](store::Reader& reader) { return store::find_credential(reader, credential.record.id); })
      ->basis;
}
Bytes id_of(World& world, const std::string& id) { return sample_credential(id, id, world.clock.now()).record.id; }
store::Ended end(World& world, store::BasisId which, store::Reach reach = store::Reach::everything) {
  return world.write<store::Ended>(
      [&](store::Transaction& transaction) { return store::end_basis(transaction, which, "why", reach); });
}
bool stopped(World& world, const std::string& id) {
  return world.read<bool>([&](store::Reader& reader) { return store::is_stopped(reader, id_of(world, id)); });
}
std::size_t standing(World& world) {
  return world
      .read<std::vector<store::StandingCard>>(
          [](store::Reader& reader) { return store::standing_cards(reader, card.issuer); })
      .size();
}

}  // namespace

TEST_CASE("revocation lists: neither number nor date goes back, and 256 follows 255") {
  World world;
  CHECK(kept(world).empty());
  CHECK(does(world, put_list(list({0xff}, 1000, "255"))));
  CHECK(does(world, put_list(list({0x01, 0x00}, 1000, "256"))));
  CHECK(refuses(world, put_list(list({0xff}, 2000, "older number"))));
  CHECK(refuses(world, put_list(list({0x01, 0x01}, 999, "older date"))));
  CHECK(does(world, put_list(list({0x01, 0x00}, 1000, "the same number again"))));
  auto other = list({0x01}, 1, "another part");
  other.scope = digest("other scope");
  CHECK(does(world, put_list(other)));
  world.reopen();
  REQUIRE(kept(world).size() == 2);
  for (const auto& row : kept(world)) {
    if (row.scope == other.scope) continue;
    CHECK(row.number == Bytes{0x01, 0x00});
    CHECK(std::string(as_text(row.list)) == "the same number again");
    CHECK(row.next_update == row.this_update + std::chrono::hours(96));
    CHECK(row.address == "http://crl.example.jp/a.crl");
  }
}

TEST_CASE("phones of a revoked card are stopped, those of other cards are not") {
  World world;
  put_samples(world);
  bind_phone(world, "c1", basis_of(world, card));
  bind_phone(world, "c2", basis_of(world, card));
  bind_phone(world, "c3", basis_of(world, {card.issuer, {0x03}}));
  bind_phone(world, "c4", basis_of(world, {digest("another issuer"), card.serial}));
  CHECK(standing(world) == 2);
  const auto revoked = basis_of(world, card);
  CHECK(end(world, revoked).phones.size() == 2);
  CHECK(end(world, revoked).phones.empty());
  CHECK(stopped(world, "c1"));
  CHECK(stopped(world, "c2"));
  CHECK_FALSE(stopped(world, "c3"));
  CHECK_FALSE(stopped(world, "c4"));
  CHECK(standing(world) == 1);
  const auto all =
      world.read<std::set<Bytes>>([](store::Reader& reader) { return store::stopped_credentials(reader, "P1"); });
  CHECK(all.size() == 2);
}

TEST_CASE("a revoked card's certificate is a basis for nobody any more") {
  World world;
  put_samples(world);
  end(world, basis_of(world, card));
  for (const char* person : {"P1", "P2"}) {
    CHECK(refuses(world, [&](store::Transaction& transaction) -> Result<bool> {
      TEGATA_ASSIGN(const auto basis, store::basis_of_card(transaction, card, person));
      return basis.has_value();
    }));
  }
}

TEST_CASE(
    "a hold that was lifted: a later list lets the card in again, an older one does not, and nothing comes back") {
  World world;
  put_samples(world);
  const auto first = basis_of(world, card);
  bind_phone(world, "c1", first);
  end(world, first);
  const auto again = [&](std::optional<Instant> vouched_at) {
    return [=](store::Transaction& transaction) -> Result<bool> {
      TEGATA_ASSIGN(const auto basis, store::basis_of_card(transaction, card, "P1", vouched_at));
      return basis && *basis != first;
    };
  };
  const auto now = world.clock.now();
  CHECK(refuses(world, again(std::nullopt)));
  CHECK(refuses(world, again(now - std::chrono::hours(1))));
  CHECK(refuses(world, again(now)));
  CHECK(does(world, again(now + std::chrono::hours(1))));
  CHECK(does(world, again(std::nullopt)));  // it is in again
  CHECK(stopped(world, "c1"));
  CHECK(standing(world) == 1);
}

TEST_CASE("defect: a phone rested on the phone that added it no longer, once that one was removed") {
  World world;
  put_samples(world);
  const auto first = bind_phone(world, "first", basis_of(world, card));
  const auto second = bind_phone(world, "second", first);
  bind_phone(world, "third", second);
  CHECK(end(world, first, store::Reach::itself).phones.size() == 1);
  CHECK(end(world, second, store::Reach::without_phones).phones.size() == 1);
  CHECK_FALSE(stopped(world, "third"));
  // Through both that have ended.
  CHECK(end(world, basis_of(world, card)).phones.size() == 1);
  CHECK(stopped(world, "third"));
}

TEST_CASE("from a phone down to its card: what each rests on") {
  World world;
  put_samples(world);
  const auto second = bind_phone(world, "second", bind_phone(world, "first", basis_of(world, card)));
  const auto way =
      world.read<std::vector<store::Basis>>([&](store::Reader& reader) { return store::bases_below(reader, second); });
  REQUIRE(way.size() == 3);
  CHECK(way[0].kind == store::BasisKind::phone);
  CHECK(way[0].name == hex(id_of(world, "second")));
  CHECK(way[1].name == hex(id_of(world, "first")));
  CHECK(way[2].kind == store::BasisKind::card);
  REQUIRE(way[2].card);
  CHECK(way[2].card->serial == card.serial);
  CHECK_FALSE(way[2].rests_on);
}

TEST_CASE("what a stopped phone had approved is cancelled, and an approval by it does not take place") {
  World world;
  put_samples(world);
  const auto phone = bind_phone(world, "c1", basis_of(world, card));
  const auto now = world.clock.now();
  const auto insert = [&](const std::string& id, const std::string& letters) {
    return does(world, [&, id, letters](store::Transaction& transaction) {
      return store::insert_handoff(transaction, sample_activation(id, letters, now));
    });
  };
  const auto advance = [&](const std::string& id, handoff::Event event) {
    return [&, id, event](store::Transaction& transaction) -> Result<bool> {
      store::Change change;
      if (event == handoff::Event::fulfil) {
        change.basis = phone;
        change.practitioner_id = "P1";
        change.roles.emplace();
        change.evidence = Json::object();
      }
      return store::advance(transaction, handoff::Kind::activation, id, event, {}, change);
    };
  };
  for (const char* id : {"h1", "h2"}) {
    REQUIRE(insert(id, std::string("BCD") + (id[1] == '1' ? "F" : "G")));
    REQUIRE(does(world, advance(id, handoff::Event::claim)));
  }
  REQUIRE(does(world, advance("h1", handoff::Event::fulfil)));
  CHECK(end(world, basis_of(world, card)).requests == 1);
  CHECK(refuses(world, advance("h1", handoff::Event::close)));
  CHECK(refuses(world, advance("h2", handoff::Event::fulfil)));
  const auto h1 = world.read<std::optional<store::Handoff>>(
      [](store::Reader& reader) { return store::find_handoff(reader, "h1"); });
  REQUIRE(h1);
  CHECK(h1->state == handoff::State::cancelled);
  CHECK(h1->reason == "why");
}

}  // namespace tegata::test
