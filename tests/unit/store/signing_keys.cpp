// Which keys sign passes: one waits at most, and one that is withdrawn takes its passes with it.
#include "rp/store/signing_keys.h"

#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

struct KeysWorld : World {
  KeysWorld() {
    put_samples(*this);
    for (const char* id : {"A1", "A2"}) {
      write<bool>([&](store::Transaction& transaction) -> Result<bool> {
        TEGATA_TRY(
            insert_handoff(transaction, sample_activation(id, id == std::string("A1") ? "BCDF" : "GHJK", clock.now())));
        return true;
      });
    }
  }
  store::SigningKeyRow key(const std::string& kid, std::chrono::milliseconds ahead) {
    store::SigningKeyRow out{kid, "file:" + kid, {{"kty", "EC"}}, {}, {}};
    out.times.use_from = clock.now() + ahead;
    return out;
  }
  Operation adopt(const std::string& kid) {
    return [=, this](store::Transaction& transaction) { return adopt_signing_key(transaction, key(kid, 0ms)); };
  }
  Operation publish(const std::string& kid, std::chrono::milliseconds ahead) {
    return [=, this](store::Transaction& transaction) { return publish_signing_key(transaction, key(kid, ahead)); };
  }
  store::Withdrawal withdraw(const std::optional<std::string>& kid) {
    return write<store::Withdrawal>(
        [&](store::Transaction& transaction) { return withdraw_signing_keys(transaction, kid); });
  }
  // The code of the refusal, or nothing.
  std::string issue(const std::string& handoff, const std::string& kid) {
    const auto done = store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit(event("test"));
      store::IssuedPass pass;
      pass.jti = "pass of " + handoff;
      pass.handoff_id = handoff;
      pass.practitioner_id = "P1";
      pass.client_id = "ehr";
      pass.facility_code = "1312345678";
      pass.issued_at = clock.now();
      pass.expires_at = clock.now() + 18h;
      pass.kid = kid;
      pass.basis = sample_basis;
      return insert_pass(transaction, pass);
    });
    return done ? "" : std::string(done.error().code().name());
  }
  store::IssuedPass pass_of(const std::string& handoff) {
    return *read<std::optional<store::IssuedPass>>(
        [&](tegata::store::Reader& reader) { return store::find_pass_of_handoff(reader, handoff); });
  }
  std::vector<store::SigningKeyRow> keys() { return read<std::vector<store::SigningKeyRow>>(store::list_signing_keys); }
};

}  // namespace

TEST_CASE("the first key is taken in once, with the passes from before there were keys") {
  KeysWorld world;
  REQUIRE(world.issue("A1", "").empty());
  CHECK(does(world, world.adopt("K1")));
  CHECK(refuses(world, world.adopt("K2")));
  CHECK(world.pass_of("A1").kid == "K1");
  REQUIRE(world.keys().size() == 1);
  const auto row = world.keys()[0];
  CHECK((row.kid == "K1" && row.material == "file:K1" && row.public_jwk == Json{{"kty", "EC"}}));
  CHECK((row.published_at == world.clock.now() && row.times.use_from == world.clock.now()));
  CHECK((!row.times.withdrawn_at && row.times.last_pass_end == world.clock.now() + 18h));
}

TEST_CASE("one key waits for its turn at most") {
  KeysWorld world;
  does(world, world.adopt("K1"));
  CHECK(does(world, world.publish("K2", 24h)));
  CHECK(refuses(world, world.publish("K3", 24h)));
  world.clock.advance(24h);
  CHECK(does(world, world.publish("K3", 24h)));
  // One that is needed at once asks nobody.
  CHECK(does(world, world.publish("K4", 0ms)));
  std::vector<std::string> kids;
  for (const auto& key : world.keys()) kids.push_back(key.kid);
  CHECK(kids == std::vector<std::string>{"K1", "K2", "K4", "K3"});
}

TEST_CASE("a withdrawn key ends its live passes and those alone, and gets no new ones") {
  KeysWorld world;
  does(world, world.adopt("K1"));
  REQUIRE(world.issue("A1", "K1").empty());
  does(world, world.publish("K2", 0ms));
  REQUIRE(world.issue("A2", "K2").empty());
  const auto withdrawn = world.withdraw("K1");
  CHECK((withdrawn.kids == std::vector<std::string>{"K1"} && withdrawn.passes == 1));
  CHECK(world.pass_of("A1").revoked_at == world.clock.now());
  CHECK(world.pass_of("A1").revoked_why == "store_pass_key_withdrawn");
  CHECK_FALSE(world.pass_of("A2").revoked_at);
  CHECK(world.issue("A3", "K1") == "store_pass_key_withdrawn");
  CHECK(world.keys()[0].times.withdrawn_at == world.clock.now());
}

TEST_CASE("all keys at once, the waiting one too; what is over already stays as it was") {
  KeysWorld world;
  does(world, world.adopt("K1"));
  REQUIRE(world.issue("A1", "K1").empty());
  does(world, world.publish("K2", 24h));
  world.clock.advance(18h);
  const auto withdrawn = world.withdraw(std::nullopt);
  CHECK((withdrawn.kids == std::vector<std::string>{"K1", "K2"} && withdrawn.passes == 0));
  CHECK_FALSE(world.pass_of("A1").revoked_at);
  CHECK(world
            .read<store::Withdrawal>([&](tegata::store::Reader& reader) {
              return store::preview_withdrawal(reader, std::nullopt, world.clock.now());
            })
            .kids.empty());
  CHECK(does(world, world.publish("K3", 24h)));  // a withdrawn one waits for nothing
}
