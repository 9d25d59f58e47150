#include "rp/store/card_certificates.h"

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

void bind_phone(World& world, const std::string& id, const store::CardCertificate& by) {
  world.write<bool>([&](store::Transaction& transaction) -> Result<bool> {
    const auto credential = sample_credential(id, id, world.clock.now());
    TEGATA_ASSIGN(const bool inserted, store::insert_credential(transaction, credential));
    TEGATA_TRY(store::insert_credential_card(transaction, credential.record.id, by));
    return inserted;
  });
}
Bytes id_of(World& world, const std::string& id) { return sample_credential(id, id, world.clock.now()).record.id; }
store::EndedWithCard stop(World& world, const store::CardCertificate& which) {
  return world.write<store::EndedWithCard>(
      [&](store::Transaction& transaction) { return store::end_with_card(transaction, which, "why"); });
}
bool stopped(World& world, const std::string& id) {
  return world.read<bool>([&](store::Reader& reader) { return store::is_stopped(reader, id_of(world, id)); });
}
std::size_t standing(World& world) {
  return world
      .read<std::vector<store::CardCertificate>>(
          [](store::Reader& reader) { return store::standing_card_certificates(reader, card.issuer); })
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
  bind_phone(world, "c1", card);
  bind_phone(world, "c2", card);
  bind_phone(world, "c3", {card.issuer, {0x03}});
  bind_phone(world, "c4", {digest("another issuer"), card.serial});
  CHECK(standing(world) == 2);
  CHECK(stop(world, card).phones.size() == 2);
  CHECK(stop(world, card).phones.size() == 0);
  CHECK(stopped(world, "c1"));
  CHECK(stopped(world, "c2"));
  CHECK_FALSE(stopped(world, "c3"));
  CHECK_FALSE(stopped(world, "c4"));
  CHECK(standing(world) == 1);
  const auto all =
      world.read<std::set<Bytes>>([](store::Reader& reader) { return store::stopped_credentials(reader, "P1"); });
  CHECK(all.size() == 2);
}

TEST_CASE("what a stopped phone had approved is cancelled, and an approval by it does not take place") {
  World world;
  put_samples(world);
  bind_phone(world, "c1", card);
  const auto now = world.clock.now();
  const auto insert = [&](const std::string& id, const std::string& letters) {
    return does(world, [&, id, letters](store::Transaction& transaction) {
      return store::insert_handoff(transaction, sample_activation(id, letters, now));
    });
  };
  const auto advance = [&](const std::string& id, handoff::Event event, const store::Condition& condition) {
    return [&, id, event, condition](store::Transaction& transaction) -> Result<bool> {
      store::Change change;
      if (event == handoff::Event::fulfil) {
        change.credential_id = id_of(world, "c1");
        change.practitioner_id = "P1";
        change.roles.emplace();
        change.evidence = Json::object();
      }
      return store::advance(transaction, handoff::Kind::activation, id, event, condition, change);
    };
  };
  store::Condition by_the_phone;
  by_the_phone.standing = store::Standing::approval;
  store::Condition standing_still;
  standing_still.standing = store::Standing::whole;
  for (const char* id : {"h1", "h2", "h3"}) {
    REQUIRE(insert(id, std::string("BCD") + (id[1] == '1' ? "F" : id[1] == '2' ? "G" : "H")));
    REQUIRE(does(world, advance(id, handoff::Event::claim, {})));
  }
  REQUIRE(does(world, advance("h1", handoff::Event::fulfil, by_the_phone)));
  CHECK(stop(world, card).requests == 1);
  CHECK(refuses(world, advance("h1", handoff::Event::close, standing_still)));
  CHECK(refuses(world, advance("h2", handoff::Event::fulfil, by_the_phone)));
  CHECK(does(world, advance("h3", handoff::Event::fulfil, {})));
  CHECK(refuses(world, advance("h3", handoff::Event::close, standing_still)));
  const auto h1 = world.read<std::optional<store::Handoff>>(
      [](store::Reader& reader) { return store::find_handoff(reader, "h1"); });
  REQUIRE(h1);
  CHECK(h1->state == handoff::State::cancelled);
  CHECK(h1->reason == "why");
}

}  // namespace tegata::test
