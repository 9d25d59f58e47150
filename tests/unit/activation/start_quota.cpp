// How many requests a facility may begin in a minute.
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// The world's store behind endpoints that allow a facility two starts in a minute.
class Narrow {
 public:
  explicit Narrow(World& world) : world_(world) {
    activation::Settings settings;
    settings.issuer = World::origin;
    settings.most_starts_per_minute = 2;
    activation::add_routes(router_,
                           activation::Services{*world.store, world.clock, world.random, world.keys, settings});
  }
  http::Response start(const Party& party, const std::string& terminal) {
    http::Request request;
    request.origin = http::Origin::facility;
    request.method = "POST";
    request.path = "/device_authorization";
    request.client_certificate = party.certificate;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    request.body = "client_id=" + party.client_id + "&scope=openid&terminal_id=" + terminal;
    return router_.handle(request);
  }
  // How many requests of that terminal the store has.
  std::size_t stored(const Party& party, const std::string& terminal) {
    const auto found = world_.store->read<std::vector<store::Handoff>>([&](tegata::store::Reader& reader) {
      return store::open_activations_of_terminal(reader, party.client_id, terminal, world_.clock.now());
    });
    REQUIRE(found);
    return found->size();
  }

 private:
  World& world_;
  http::Router router_;
};

// To the first second of a minute, so that each test knows where in it it stands.
void begin_a_minute(World& world) { world.clock.set(std::chrono::ceil<std::chrono::minutes>(world.clock.now() + 1ms)); }

}  // namespace

TEST_CASE("one start more than a facility may is 429 slow_down, says when to come back, and leaves nothing") {
  World world;
  Narrow narrow(world);
  begin_a_minute(world);
  world.clock.advance(18s);
  CHECK(narrow.start(world.ehr, "t1").status == 200);
  CHECK(narrow.start(world.ehr, "t2").status == 200);

  const auto refused = narrow.start(world.ehr, "t3");
  CHECK(refused.status == 429);
  CHECK(error_of(refused) == "slow_down");
  CHECK(refused.cause == "activation_start_quota");
  REQUIRE(refused.headers.count("Retry-After") == 1);
  CHECK(refused.headers.find("Retry-After")->second == "42");
  CHECK(refused.headers.find("Cache-Control")->second == "no-store");
  CHECK(world.last_code() == "activation_start_quota");
  CHECK(narrow.stored(world.ehr, "t3") == 0);
  CHECK(world.count_kind("activation_requested") == 2);
}

TEST_CASE("a refused start does not cancel what its terminal has open") {
  World world;
  Narrow narrow(world);
  begin_a_minute(world);
  CHECK(narrow.start(world.ehr, "t1").status == 200);
  CHECK(narrow.start(world.ehr, "t2").status == 200);
  CHECK(narrow.start(world.ehr, "t1").status == 429);
  CHECK(narrow.stored(world.ehr, "t1") == 1);
  CHECK(world.count_kind("activation_cancelled") == 0);
}

TEST_CASE("the quota is the facility's own, and the next minute is a new one") {
  World world;
  Narrow narrow(world);
  begin_a_minute(world);
  for (const char* terminal : {"t1", "t2"}) CHECK(narrow.start(world.ehr, terminal).status == 200);
  CHECK(narrow.start(world.ehr_second_certificate, "t3").status == 429);
  CHECK(narrow.start(world.other_ehr, "t1").status == 200);

  world.clock.advance(59s);
  CHECK(narrow.start(world.ehr, "t3").status == 429);
  world.clock.advance(1s);
  for (const char* terminal : {"t3", "t4"}) CHECK(narrow.start(world.ehr, terminal).status == 200);
  CHECK(narrow.start(world.ehr, "t5").status == 429);
}

TEST_CASE("what is refused for another reason does not count") {
  World world;
  Narrow narrow(world);
  begin_a_minute(world);
  CHECK(narrow.start(world.ehr, "t1").status == 200);
  for (int i = 0; i < 3; ++i) CHECK(narrow.start(world.ehr, std::string(65, 't')).status == 400);
  CHECK(narrow.start(world.ehr, "t2").status == 200);
  CHECK(narrow.start(world.ehr, "t3").status == 429);
}
