// Beginning a hand-off and finding it again: what is unique, and what a stranger's value does not find.
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;
using handoff::Event;
using handoff::Kind;
using handoff::State;

namespace {

struct HandoffRowsWorld : World {
  HandoffRowsWorld() { put_samples(*this); }

  Operation begin(const store::Handoff& handoff) {
    return [=](store::Transaction& transaction) { return insert_handoff(transaction, handoff); };
  }
  store::Handoff activation(const std::string& id, const std::string& letters) {
    return sample_activation(id, letters, clock.now());
  }
  bool is_there(const std::string& id) {
    return read<std::optional<store::Handoff>>(
               [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
        .has_value();
  }
  bool moves(const std::string& id, Event event) {
    return does(*this,
                [&](store::Transaction& transaction) { return advance(transaction, Kind::activation, id, event); });
  }
  std::optional<store::Handoff> by_user_code(const std::string& code) {
    return read<std::optional<store::Handoff>>(
        [&](tegata::store::Reader& reader) { return store::find_activation_by_user_code(reader, code, clock.now()); });
  }
};

std::vector<std::string> ids(const std::vector<store::Handoff>& all) {
  std::vector<std::string> out;
  for (const auto& one : all) out.push_back(one.id);
  return out;
}

}  // namespace

TEST_CASE("every column of a hand-off comes back as it went in") {
  HandoffRowsWorld world;
  auto put = world.activation("A1", "BCDF");
  put.owner = digest("owner");
  put.challenge = Bytes{0, 255};
  put.device = "Safari 18 / iPhone";
  put.reason = "why";
  put.credential_id = Bytes{};
  put.fulfilled_at = put.created_at + 1ms;
  put.acr_values = "a b";
  put.evidence = Json{{"hardware", false}};
  REQUIRE(does(world, world.begin(put)));
  const auto got = *world.read<std::optional<store::Handoff>>(
      [](tegata::store::Reader& reader) { return store::find_handoff(reader, "A1"); });
  CHECK(got.kind == Kind::activation);
  CHECK(got.state == State::created);
  CHECK(got.secret == put.secret);
  CHECK(got.owner == put.owner);
  CHECK(got.number == "47");
  CHECK(got.challenge == put.challenge);
  CHECK(got.practitioner_id.empty());
  CHECK(got.device == put.device);
  CHECK(got.reason == put.reason);
  CHECK(got.credential_id == put.credential_id);  // empty is not absent
  CHECK(got.created_at == put.created_at);
  CHECK(got.expires_at == put.expires_at);
  CHECK(got.fulfilled_at == put.fulfilled_at);
  CHECK(got.origin.empty());
  CHECK(!got.session);
  CHECK(got.device_code == put.device_code);
  CHECK(got.user_code == "BCDF-GHJK-47");
  CHECK(got.client_id == "ehr");
  CHECK(got.facility_code == "1312345678");
  CHECK(got.certificate == put.certificate);
  CHECK(got.terminal_id == "T1");
  CHECK(got.terminal_name == "第1診察室");
  CHECK(got.login_hint == "P1");
  CHECK(got.scope == put.scope);
  CHECK(got.audience == put.audience);
  CHECK(got.acr_values == "a b");
  CHECK(got.request == put.request);
  CHECK(got.evidence == put.evidence);
}

TEST_CASE("a second hand-off with a value that must be unique is not begun") {
  HandoffRowsWorld world;
  REQUIRE(does(world, world.begin(world.activation("A1", "BCDF"))));
  auto next = world.activation("A2", "GHJK");
  SECTION("the id") { next.id = "A1"; }
  SECTION("the secret") { next.secret = digest("secret of A1"); }
  SECTION("the device code") { next.device_code = digest("device code of A1"); }
  SECTION("the letters, whatever the number") { next.user_code = "BCDF-GHJK-99"; }
  CHECK(refuses(world, world.begin(next)));
  CHECK(!world.is_there("A2"));
}

TEST_CASE("codes whose first letters alone are the same live beside each other") {
  HandoffRowsWorld world;
  REQUIRE(does(world, world.begin(world.activation("A1", "BCDF"))));
  auto next = world.activation("A2", "BCDF");
  next.user_code = "BCDF-LMNP-47";
  CHECK(does(world, world.begin(next)));
  CHECK(world.by_user_code("BCDF-GHJK-47")->id == "A1");
  CHECK(world.by_user_code("BCDF-LMNP-47")->id == "A2");
}

TEST_CASE("the secret is unique over both kinds") {
  HandoffRowsWorld world;
  REQUIRE(does(world, world.begin(world.activation("A1", "BCDF"))));
  auto ticket = sample_enrollment("E1", world.clock.now());
  ticket.secret = digest("secret of A1");
  CHECK(refuses(world, world.begin(ticket)));
}

TEST_CASE("letters stay taken while an activation lives and are free after its end") {
  HandoffRowsWorld world;
  REQUIRE(does(world, world.begin(world.activation("A1", "BCDF"))));
  const auto next = world.activation("A2", "BCDF");
  const auto stays_taken = [&] { return refuses(world, world.begin(next)); };
  CHECK(stays_taken());
  SECTION("denied") { REQUIRE(world.moves("A1", Event::deny)); }
  SECTION("cancelled") { REQUIRE(world.moves("A1", Event::cancel)); }
  SECTION("redeemed, and not before") {
    for (const auto event : {Event::claim, Event::fulfil}) {
      REQUIRE(world.moves("A1", event));
      CHECK(stays_taken());
    }
    REQUIRE(world.moves("A1", Event::close));
  }
  SECTION("expired") {
    world.clock.advance(3min);
    REQUIRE(world.moves("A1", Event::expire));
  }
  CHECK(does(world, world.begin(next)));
}

TEST_CASE("activations without a user code do not stand in each other's way") {
  HandoffRowsWorld world;
  for (const auto* id : {"A1", "A2"}) {
    auto one = world.activation(id, "");
    one.user_code.clear();
    one.device_code.reset();
    CHECK(does(world, world.begin(one)));
  }
  CHECK(!world.by_user_code(""));
}

TEST_CASE("a user code finds one open activation, whole and in time only") {
  HandoffRowsWorld world;
  REQUIRE(does(world, world.begin(world.activation("A1", "BCDF"))));
  REQUIRE(world.by_user_code("BCDF-GHJK-47"));
  CHECK(world.by_user_code("BCDF-GHJK-47")->id == "A1");
  CHECK(!world.by_user_code("BCDF-GHJK-48"));
  CHECK(!world.by_user_code("BCDF-GHJK"));
  SECTION("over at its very moment") { world.clock.advance(3min); }
  SECTION("ended") { REQUIRE(world.moves("A1", Event::deny)); }
  CHECK(!world.by_user_code("BCDF-GHJK-47"));
}

TEST_CASE("secrets and codes find their own kind only") {
  HandoffRowsWorld world;
  REQUIRE(does(world, world.begin(world.activation("A1", "BCDF"))));
  REQUIRE(does(world, world.begin(sample_enrollment("E1", world.clock.now()))));
  using Found = std::optional<store::Handoff>;
  const auto by_secret = [&](Kind kind, const std::string& text) {
    return world.read<Found>(
        [&](tegata::store::Reader& r) { return store::find_handoff_by_secret(r, kind, digest(text)); });
  };
  const auto by_code = [&](const std::string& text) {
    return world.read<Found>(
        [&](tegata::store::Reader& r) { return store::find_activation_by_device_code(r, digest(text)); });
  };
  CHECK(by_secret(Kind::activation, "secret of A1")->id == "A1");
  CHECK(by_secret(Kind::enrollment, "secret of E1")->id == "E1");
  CHECK(!by_secret(Kind::enrollment, "secret of A1"));
  CHECK(!by_secret(Kind::activation, "secret of E1"));
  CHECK(!by_secret(Kind::activation, "secret of A2"));
  CHECK(by_code("device code of A1")->id == "A1");
  CHECK(!by_code("device code of A2"));
}

TEST_CASE("a session finds the newest ticket that it began") {
  HandoffRowsWorld world;
  auto first = sample_enrollment("E1", world.clock.now());
  auto second = sample_enrollment("E2", world.clock.now());
  auto other = sample_enrollment("E3", world.clock.now() + 1ms);
  other.session = digest("other");
  for (const auto& one : {first, second, other}) REQUIRE(does(world, world.begin(one)));
  const auto newest = [&](const std::string& session) {
    return world.read<std::optional<store::Handoff>>(
        [&](tegata::store::Reader& r) { return store::find_enrollment_by_session(r, digest(session)); });
  };
  CHECK(newest("session")->id == "E2");
  CHECK(newest("other")->id == "E3");
  CHECK(!newest("nobody's"));
}

TEST_CASE("the open activations of a terminal and of a person are theirs, open, in time, oldest first") {
  HandoffRowsWorld world;
  const auto begin = [&](const std::string& id, const std::string& letters, auto adjust) {
    auto one = world.activation(id, letters);
    adjust(one);
    REQUIRE(does(world, world.begin(one)));
  };
  begin("later", "BCDF", [](auto& one) { one.created_at += 2ms; });
  begin("sooner", "GHJK", [](auto& one) { one.state = State::fulfilled; });
  begin("another room", "LMNP", [](auto& one) { one.terminal_id = "T2"; });
  begin("another person", "QRST", [](auto& one) { one.login_hint = "P2"; });
  begin("over", "VWXZ", [&](auto& one) { one.expires_at = world.clock.now(); });
  begin("ended", "BBBB", [](auto& one) { one.state = State::denied; });
  using All = std::vector<store::Handoff>;
  const auto now = world.clock.now();
  const auto of_terminal = [&](const std::string& client, const std::string& terminal) {
    return ids(world.read<All>(
        [&](tegata::store::Reader& r) { return store::open_activations_of_terminal(r, client, terminal, now); }));
  };
  const auto of_person = [&](const std::string& facility, const std::string& id) {
    return ids(world.read<All>(
        [&](tegata::store::Reader& r) { return store::open_activations_of_practitioner(r, facility, id, now); }));
  };
  CHECK(of_terminal("ehr", "T1") == std::vector<std::string>{"sooner", "another person", "later"});
  CHECK(of_terminal("ehr", "T2") == std::vector<std::string>{"another room"});
  CHECK(of_terminal("signer", "T1").empty());
  CHECK(of_person("1312345678", "P1") == std::vector<std::string>{"sooner", "another room", "later"});
  CHECK(of_person("1312345678", "P2") == std::vector<std::string>{"another person"});
  CHECK(of_person("1399999999", "P1").empty());
}
