// The conditional change: every condition, every move of the table, expiry to the millisecond.
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;
using handoff::Event;
using handoff::Kind;
using handoff::State;

namespace {

struct HandoffsWorld : World {
  HandoffsWorld() { put_samples(*this); }

  void put(const store::Handoff& handoff) {
    REQUIRE(does(*this, [&](store::Transaction& transaction) { return insert_handoff(transaction, handoff); }));
  }
  store::Handoff get(const std::string& id) {
    const auto found = read<std::optional<store::Handoff>>(
        [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); });
    REQUIRE(found);
    return *found;
  }
  void change(const std::function<Status(store::Transaction&)>& operation) { write<void>(operation); }
};

// Claimed, with every column that a condition may ask for.
store::Handoff full_activation(Instant now) {
  auto out = sample_activation("A1", "BCDF", now);
  out.state = State::claimed;
  out.owner = digest("owner");
  out.session = digest("session");
  out.challenge = Bytes{1, 2, 3};
  return out;
}

using SetCondition = std::function<void(store::Condition&)>;

Operation deny_if(const SetCondition& set, const std::string& id = "A1") {
  return [=](store::Transaction& transaction) {
    store::Condition condition;
    set(condition);
    return advance(transaction, Kind::activation, id, Event::deny, condition);
  };
}

Operation amend_if(const SetCondition& set, const std::string& id = "A1") {
  return [=](store::Transaction& transaction) {
    store::Condition condition;
    set(condition);
    store::Change change;
    change.device = "amended";
    return amend(transaction, id, {State::claimed}, condition, change);
  };
}

struct Case {
  std::string field;
  SetCondition right, wrong;
};

std::vector<Case> plain_conditions() {
  return {
      {"owner", [](auto& c) { c.owner = digest("owner"); }, [](auto& c) { c.owner = digest("other"); }},
      {"session", [](auto& c) { c.session = digest("session"); }, [](auto& c) { c.session = digest("other"); }},
      {"number", [](auto& c) { c.number = "47"; }, [](auto& c) { c.number = "74"; }},
      {"challenge",
       [](auto& c) {
         c.challenge = Bytes{1, 2, 3};
       },
       [](auto& c) {
         c.challenge = Bytes{1, 2};
       }},
      {"empty challenge",
       [](auto& c) {
         c.challenge = Bytes{1, 2, 3};
       },
       [](auto& c) { c.challenge = Bytes{}; }},
      {"client_id", [](auto& c) { c.client_id = "ehr"; }, [](auto& c) { c.client_id = "signer"; }},
      {"certificate", [](auto& c) { c.certificate = digest("certificate"); },
       [](auto& c) { c.certificate = digest("other"); }},
      {"login_hint", [](auto& c) { c.login_hint = "P1"; }, [](auto& c) { c.login_hint = "P2"; }},
  };
}

}  // namespace

TEST_CASE("each plain condition lets its own value through and no other") {
  HandoffsWorld world;
  world.put(full_activation(world.clock.now()));
  for (const auto& one : plain_conditions()) {
    INFO(one.field);
    CHECK(refuses(world, deny_if(one.wrong)));
    CHECK(refuses(world, amend_if(one.wrong)));
    CHECK(does(world, amend_if(one.right)));
  }
  const auto index = GENERATE(range(0, 8));
  CHECK(does(world, deny_if(plain_conditions().at(static_cast<std::size_t>(index)).right)));
  CHECK(world.get("A1").state == State::denied);
}

TEST_CASE("a condition on a column that is empty is not met") {
  HandoffsWorld world;
  auto handoff = full_activation(world.clock.now());
  handoff.owner.reset();
  handoff.session.reset();
  handoff.challenge.reset();
  handoff.number.clear();
  world.put(handoff);
  for (const auto& one : plain_conditions()) {
    INFO(one.field);
    const bool filled = one.field == "client_id" || one.field == "certificate" || one.field == "login_hint";
    if (!filled) CHECK(refuses(world, deny_if(one.right)));
  }
}

TEST_CASE("an activation without login hint is anybody's, one with it that person's alone") {
  HandoffsWorld world;
  auto handoff = full_activation(world.clock.now());
  handoff.login_hint.clear();
  world.put(handoff);
  CHECK(does(world, amend_if([](auto& c) { c.login_hint = "P2"; })));
}

TEST_CASE("the practitioner must be active with a second certificate that has not ended") {
  HandoffsWorld world;
  world.put(full_activation(world.clock.now()));
  const auto stands = [](auto& c) { c.practitioner_in_good_standing = "P1"; };
  CHECK(does(world, amend_if(stands)));
  CHECK(refuses(world, amend_if([](auto& c) { c.practitioner_in_good_standing = "nobody"; })));
  auto person = sample_practitioner("P1");
  SECTION("suspended") { person.active = false; }
  SECTION("no second certificate") { person.second_certificate_not_after.reset(); }
  SECTION("ended at this very moment") { person.second_certificate_not_after = world.clock.now(); }
  world.change([&](store::Transaction& transaction) { return put_practitioner(transaction, person); });
  CHECK(refuses(world, amend_if(stands)));
  CHECK(refuses(world, deny_if(stands)));
  CHECK(does(world, amend_if([](auto& c) { c.practitioner_in_good_standing = "P2"; })));
}

namespace {

// One way to fall out of good standing each; the empty one keeps it.
std::function<Status(store::Transaction&)> requester_falls(const std::string& how, Instant now) {
  return [=](store::Transaction& transaction) -> Status {
    store::Facility facility{"1312345678", "検証医院", how != "facility", "standard", std::nullopt, false};
    store::Client client{"ehr",
                         how == "moved" ? "" : "1312345678",
                         false,
                         how != "client",
                         {"openid", "hpki.sign"},
                         {"https://sign.example"}};
    store::ClientCertificate certificate{digest("certificate"), how == "owner" ? "signer" : "ehr", now - 1h, now + 1h,
                                         how != "certificate"};
    if (how == "not yet") certificate.not_before = now + 1ms;
    if (how == "not any more") certificate.not_after = now;
    TEGATA_TRY(put_facility(transaction, facility));
    TEGATA_TRY(put_client(transaction, client));
    return put_client_certificate(transaction, certificate);
  };
}

}  // namespace

TEST_CASE("facility, client and certificate must stand, for a change and for a new activation alike") {
  HandoffsWorld world;
  world.put(full_activation(world.clock.now()));
  const auto stands = [](auto& c) { c.standing = store::Standing::request; };
  const auto next = sample_activation("A2", "GHJK", world.clock.now());
  const auto begin = [&](store::Transaction& transaction) { return insert_handoff(transaction, next); };
  SECTION("all stand") {
    world.change(requester_falls("", world.clock.now()));
    CHECK(does(world, deny_if(stands)));
    CHECK(does(world, begin));
  }
  SECTION("one does not") {
    const std::string how = GENERATE("facility", "client", "certificate", "not yet", "not any more", "moved", "owner");
    INFO(how);
    world.change(requester_falls(how, world.clock.now()));
    CHECK(refuses(world, deny_if(stands)));
    CHECK(refuses(world, amend_if(stands)));
    CHECK(refuses(world, begin));
    CHECK(does(world, amend_if([](auto&) {})));  // who does not ask is not refused
  }
}

TEST_CASE("an activation of another facility than its client's is not begun") {
  HandoffsWorld world;
  auto next = sample_activation("A2", "GHJK", world.clock.now());
  SECTION("another facility") { next.facility_code = "1399999999"; }
  SECTION("no facility") { next.facility_code.clear(); }
  SECTION("no client") { next.client_id.clear(); }
  SECTION("an unknown certificate") { next.certificate = digest("unknown"); }
  SECTION("no certificate") { next.certificate.reset(); }
  CHECK(refuses(world, [&](store::Transaction& transaction) { return insert_handoff(transaction, next); }));
}

TEST_CASE("advance moves exactly where the table says, and expire only what is over") {
  HandoffsWorld world;
  const auto kind = GENERATE(Kind::enrollment, Kind::activation);
  for (const auto state : handoff::all_states) {
    for (const auto event : handoff::all_events) {
      for (const bool over : {false, true}) {
        const auto id = std::string(name(state)) + " " + std::string(name(event)) + (over ? " over" : " live");
        INFO(name(kind) << " " << id);
        const auto now = world.clock.now();
        auto row = kind == Kind::enrollment ? sample_enrollment(id, now) : sample_activation(id, "", now);
        row.user_code.clear();
        row.state = state;
        row.expires_at = over ? now : now + 1ms;
        world.put(row);
        const auto wanted = handoff::advance(kind, state, event);
        const bool any_time = kind == Kind::enrollment && event == Event::close;  // naming a phone that is bound
        const bool moves = wanted && (any_time || (event == Event::expire) == over);
        const auto move = [&](store::Transaction& transaction) { return advance(transaction, kind, id, event); };
        if (moves) CHECK(does(world, move));
        if (!moves) CHECK(refuses(world, move));
        CHECK(world.get(id).state == (moves ? *wanted : state));
      }
    }
  }
}

TEST_CASE("a hand-off moves only as its own kind and by its own id") {
  HandoffsWorld world;
  world.put(sample_enrollment("E1", world.clock.now()));
  world.put(sample_activation("A1", "BCDF", world.clock.now()));
  const auto claim = [](Kind kind, const std::string& id) -> Operation {
    return [=](store::Transaction& transaction) { return advance(transaction, kind, id, Event::claim); };
  };
  CHECK(refuses(world, claim(Kind::activation, "E1")));
  CHECK(refuses(world, claim(Kind::enrollment, "A1")));
  CHECK(refuses(world, claim(Kind::enrollment, "E2")));
  CHECK(does(world, claim(Kind::enrollment, "E1")));
  CHECK(does(world, claim(Kind::activation, "A1")));
}

TEST_CASE("a change sets what it names and leaves the rest") {
  HandoffsWorld world;
  world.put(full_activation(world.clock.now()));
  const auto now = world.clock.now();
  store::Change change;
  SECTION("nothing") {}
  SECTION("everything") {
    change.owner = digest("new owner");
    change.number = "00";
    change.challenge = Bytes{9};
    change.practitioner_id = "P2";
    change.device = "Chrome on Pixel";
    change.reason = "some_reason";
    change.credential_id = Bytes{7};
    change.expires_at = now + 1h;
    change.fulfilled_at = now;
    change.evidence = Json{{"user_verified", true}};
  }
  SECTION("the challenge goes even when a new one is named") {
    change.clear_challenge = true;
    change.challenge = Bytes{9};
  }
  const auto before = world.get("A1");
  REQUIRE(does(world, [&](store::Transaction& transaction) {
    return amend(transaction, "A1", {State::created, State::claimed}, {}, change);
  }));
  const auto after = world.get("A1");
  CHECK(after.state == State::claimed);
  CHECK(after.owner == (change.owner ? change.owner : before.owner));
  CHECK(after.number == change.number.value_or(before.number));
  CHECK(after.challenge == (change.clear_challenge ? std::nullopt
                            : change.challenge     ? change.challenge
                                                   : before.challenge));
  CHECK(after.practitioner_id == change.practitioner_id.value_or(before.practitioner_id));
  CHECK(after.device == change.device.value_or(before.device));
  CHECK(after.reason == change.reason.value_or(before.reason));
  CHECK(after.credential_id == (change.credential_id ? change.credential_id : before.credential_id));
  CHECK(after.expires_at == change.expires_at.value_or(before.expires_at));
  CHECK(after.fulfilled_at == (change.fulfilled_at ? change.fulfilled_at : before.fulfilled_at));
  CHECK(after.evidence == change.evidence.value_or(before.evidence));
  CHECK(after.request == before.request);
  CHECK(after.session == before.session);
}

TEST_CASE("amend asks for one of its states and for time left") {
  HandoffsWorld world;
  world.put(full_activation(world.clock.now()));
  const auto amend_in = [](std::vector<State> states) -> Operation {
    return [=](store::Transaction& transaction) {
      store::Change change;
      change.challenge = Bytes{5};
      return amend(transaction, "A1", states, {}, change);
    };
  };
  CHECK(refuses(world, amend_in({})));
  CHECK(refuses(world, amend_in({State::created, State::fulfilled})));
  CHECK(does(world, amend_in({std::begin(handoff::all_states), std::end(handoff::all_states)})));
  world.clock.set(world.get("A1").expires_at - 1ms);
  CHECK(does(world, amend_in({State::claimed})));
  world.clock.advance(1ms);
  CHECK(refuses(world, amend_in({State::claimed})));
}

TEST_CASE("forget_unproved removes what nobody proved or approved, once it has ended, and nothing else") {
  HandoffsWorld world;
  const auto now = world.clock.now();
  const auto put = [&](const std::string& id, bool unproved, const std::string& person, Instant ends) {
    auto row = sample_activation(id, "BC" + id, now);
    row.unproved = unproved;
    row.practitioner_id = person;
    row.expires_at = ends;
    world.put(row);
  };
  put("Z1", true, "", now + 1ms);
  put("Z2", true, "", now + 2ms);
  put("Z3", true, "", now + 3ms);
  put("live", true, "", now + 5ms);
  put("approved", true, "P1", now + 1ms);
  put("proved", false, "", now + 1ms);
  CHECK(world.get("Z1").unproved);
  CHECK(!world.get("proved").unproved);
  const auto forget = [&](std::int64_t limit) {
    world.write<void>([&](store::Transaction& transaction) { return forget_unproved(transaction, now + 4ms, limit); });
  };
  const auto is_there = [&](const std::string& id) {
    return world
        .read<std::optional<store::Handoff>>(
            [&](tegata::store::Reader& reader) { return store::find_handoff(reader, id); })
        .has_value();
  };
  forget(2);
  CHECK((!is_there("Z1") && !is_there("Z2") && is_there("Z3")));  // the oldest first
  forget(10);
  CHECK(!is_there("Z3"));
  for (const auto* id : {"live", "approved", "proved"}) CHECK(is_there(id));
}

TEST_CASE("expire_overdue takes what is over, oldest first, up to its limit, with one record") {
  HandoffsWorld world;
  const auto now = world.clock.now();
  for (int i = 0; i < 6; ++i) {
    const auto id = std::to_string(i);
    auto row = i % 2 == 0 ? sample_enrollment("H" + id, now) : sample_activation("H" + id, "BCD" + id, now);
    row.expires_at = now + std::chrono::milliseconds(i);
    world.put(row);
  }
  auto ended = sample_enrollment("ended", now);
  ended.state = State::closed;
  ended.expires_at = now;
  world.put(ended);
  auto bound = sample_enrollment("bound", now);  // an enrollment that is fulfilled waits for its label, not for time
  bound.state = State::fulfilled;
  bound.expires_at = now;
  world.put(bound);
  world.clock.advance(4ms);
  const auto records_before = world.store->figures().audit_records;
  const auto expire = [&](std::int64_t limit) {
    const auto done = world.store->write<std::int64_t>(
        [&](store::Transaction& transaction) { return expire_overdue(transaction, limit); });
    REQUIRE(done);
    return *done;
  };
  CHECK(expire(2) == 2);
  CHECK(world.get("H0").state == State::expired);
  CHECK(expire(10) == 3);
  CHECK(expire(10) == 0);
  for (const auto* id : {"H1", "H2", "H3", "H4"}) CHECK(world.get(id).state == State::expired);
  CHECK(world.get("H5").state == State::created);
  CHECK(world.get("ended").state == State::closed);
  CHECK(world.get("bound").state == State::fulfilled);
  CHECK(world.store->figures().audit_records - records_before == 2);
}
