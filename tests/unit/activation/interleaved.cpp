// Approval, redemption, cancellation, refusal, expiry, suspension and revocation of one request at once, in threads,
// with a seeded schedule, 1,000 times: whatever came first, no good pass stands behind a request that was taken back or
// a party that was ended.
#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "rp/store/directory.h"
#include "rp/store/facility_changes.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr int rounds = 1000;
constexpr unsigned seed = 20261121;

enum class Deed { approve, redeem, redeem_too, redeem_abroad, cancel, decline, expire, suspend, shut, remove, revoke };
constexpr const char* deed_names[] = {"approve", "redeem",  "redeem too", "redeem abroad", "cancel", "decline",
                                      "expire",  "suspend", "shut",       "remove",        "revoke"};
constexpr std::size_t deeds = std::size(deed_names);
constexpr std::size_t number_of(Deed deed) { return static_cast<std::size_t>(deed); }

tegata::store::AuditEvent by_operator() {
  tegata::store::AuditEvent event;
  event.kind = "test_race";
  event.actor = "operator:test";
  return event;
}

// What stands in the store once everybody has done their deed.
struct Outcome {
  store::Handoff handoff;
  std::optional<store::PassStatus> pass;
};

// One request, scanned, with the phone's answer ready to be sent.
class Race {
 public:
  Race(World& world, Phone& phone) : world_(world), phone_(phone), asked_(world.ask()) {
    const Json scanned = Json::parse(world.scan(phone, asked_).body);
    const auto assertion = phone.authenticator.get(scanned["publicKey"], World::origin, {}, world.random);
    REQUIRE(assertion);
    approval_ = {{"token", World::scan_token(asked_)}, {"number", asked_["number"]}, {"credential", *assertion}};
    id_ = found()->id;
    declining_ = phone;  // the answer to the approval changes the other's cookies
  }

  // Each deed in its thread, after as many microseconds as the schedule says. No check of Catch in a thread.
  void run(const std::map<Deed, int>& schedule) {
    std::barrier start(static_cast<std::ptrdiff_t>(schedule.size()));
    std::vector<std::thread> threads;
    for (const auto& [deed, delay] : schedule) {
      threads.emplace_back([this, &start, deed = deed, delay = delay] {
        start.arrive_and_wait();
        std::this_thread::sleep_for(std::chrono::microseconds(delay));
        done_[number_of(deed)] = act(deed);
      });
    }
    for (auto& thread : threads) thread.join();
  }

  bool did(Deed deed) const { return done_[number_of(deed)]; }
  std::set<std::string> jtis() const { return jtis_; }
  std::string token() const { return token_; }
  const Json& asked() const { return asked_; }

  Outcome outcome() {
    const auto out = world_.store->read<Outcome>([&](tegata::store::Reader& reader) -> Result<Outcome> {
      Outcome seen;
      TEGATA_ASSIGN(const auto handoff, store::find_handoff(reader, id_));
      seen.handoff = *handoff;
      TEGATA_ASSIGN(const auto pass, store::find_pass_of_handoff(reader, id_));
      if (!pass) return seen;
      TEGATA_ASSIGN(seen.pass, store::pass_status(reader, pass->jti, world_.clock.now()));
      return seen;
    });
    REQUIRE(out);
    return *out;
  }

 private:
  std::optional<store::Handoff> found() {
    const auto handoff = world_.store->read<std::optional<store::Handoff>>([&](tegata::store::Reader& reader) {
      return store::find_activation_by_device_code(reader, sha256(asked_["device_code"].get<std::string>()));
    });
    return handoff ? *handoff : std::nullopt;
  }

  // Polls on while the request waits; true where that gave a pass.
  bool fetch(const Party& party) {
    for (int i = 0; i < 30; ++i) {
      const auto response = world_.poll(asked_, party);
      const std::string error = error_of(response);
      if (response.status != 200 && error != "authorization_pending" && error != "slow_down") return false;
      if (response.status == 200) {
        keep(Json::parse(response.body)["access_token"]);
        return true;
      }
    }
    return false;
  }
  void keep(const std::string& token) {
    const auto payload = parse_base64url(token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1));
    const std::lock_guard lock(mutex_);
    jtis_.insert(Json::parse(as_text(*payload))["jti"]);
    token_ = token;
  }

  bool by_store(const std::function<Result<bool>(store::Transaction&)>& operation) {
    const auto done = world_.store->write<bool>([&](store::Transaction& transaction) {
      transaction.audit(by_operator());
      return operation(transaction);
    });
    return done && *done;
  }
  bool shut_facility() {
    return by_store([&](store::Transaction& t) -> Result<bool> {
      TEGATA_ASSIGN(const auto ended, store::suspend_facility(t, world_.facility.code, "test"));
      return ended.has_value();
    });
  }
  bool let_it_expire() {
    world_.clock.advance(181s);
    return by_store([](store::Transaction& t) -> Result<bool> {
      TEGATA_ASSIGN(const auto over, store::expire_overdue(t, 100));
      return over > 0;
    });
  }
  // As the client, and as soon as there is something to revoke.
  bool revoke_pass() {
    for (int i = 0; i < 30; ++i) {
      const bool revoked = by_store([&](store::Transaction& t) -> Result<bool> {
        TEGATA_ASSIGN(const auto pass, store::find_pass_of_handoff(t, id_));
        if (!pass) return false;
        return store::revoke_pass(t, pass->jti, pass->client_id, "test");
      });
      if (revoked) return true;
    }
    return false;
  }
  bool act(Deed deed) {
    switch (deed) {
      case Deed::approve:
        return world_.post_page(phone_, "approve", approval_).status == 200;
      case Deed::redeem:
      case Deed::redeem_too:
        return fetch(world_.ehr);
      case Deed::redeem_abroad:
        return fetch(world_.other_ehr);
      case Deed::cancel:
        return world_.post_form(world_.ehr, "/revoke", {{"token", asked_["device_code"]}}).status == 200;
      case Deed::decline:
        return world_.post_page(*declining_, "decline", {{"token", World::scan_token(asked_)}}).status == 200;
      case Deed::expire:
        return let_it_expire();
      case Deed::suspend:
        return by_store([&](store::Transaction& t) -> Result<bool> {
          TEGATA_ASSIGN(const auto ended, store::suspend_practitioner(t, world_.doctor.id));
          return ended.has_value();
        });
      case Deed::shut:
        return shut_facility();
      case Deed::remove:
        return by_store([&](store::Transaction& t) {
          return store::remove_credential(t, phone_.authenticator.credentials().back().id, world_.doctor.id);
        });
      case Deed::revoke:
        return revoke_pass();
    }
    return false;
  }

  World& world_;
  Phone& phone_;
  std::optional<Phone> declining_;
  const Json asked_;
  Json approval_;
  std::string id_;
  std::array<std::atomic<bool>, deeds> done_{};
  std::mutex mutex_;
  std::set<std::string> jtis_;
  std::string token_;
};

// Approval and redemption always, and one to three of the others; each soon, in an order that the generator chooses.
std::map<Deed, int> schedule(std::mt19937& random) {
  const auto below = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
  std::map<Deed, int> out = {{Deed::approve, below(1500)}, {Deed::redeem, below(3000)}};
  for (int others = 1 + below(3); others > 0; --others) {
    constexpr auto first = static_cast<int>(Deed::redeem_too);
    out.emplace(static_cast<Deed>(first + below(static_cast<int>(deeds) - first)), below(8000));
  }
  return out;
}

// Everybody as before, for the next round.
void restore(World& world, Phone& phone, Race& race) {
  world.clock.advance(10min);
  if (race.did(Deed::suspend)) {
    world.change([&](store::Transaction& t) -> Status {
      TEGATA_TRY(store::resume_practitioner(t, world.doctor.id));
      return {};
    });
  }
  if (race.did(Deed::shut)) {
    world.change([&](store::Transaction& t) -> Status {
      TEGATA_TRY(store::resume_facility(t, world.facility.code));
      return {};
    });
  }
  if (race.did(Deed::remove)) phone = world.enrolled_phone(world.doctor);
  // Whoever goes on gets nothing back.
  const Outcome later = race.outcome();
  if (race.did(Deed::suspend) || race.did(Deed::shut)) CHECK_FALSE((later.pass && later.pass->active));
}

void check_ended(World& world, Race& race, const Outcome& seen) {
  using handoff::State;
  const State state = seen.handoff.state;
  const bool over = state == State::denied || state == State::cancelled || state == State::expired;
  const bool ended = race.did(Deed::suspend) || race.did(Deed::shut) || race.did(Deed::remove);
  CHECK_FALSE((over && seen.pass));
  CHECK(seen.pass.has_value() == (state == State::closed));
  if (seen.pass) {
    CHECK(race.did(Deed::approve));
    CHECK(seen.pass->pass.issued_at < seen.handoff.expires_at);
    CHECK_FALSE((seen.pass->active && (ended || race.did(Deed::revoke))));
  }
  CHECK_FALSE(race.did(Deed::redeem_abroad));
  CHECK(race.jtis().size() <= 1);
  if (!race.jtis().empty()) {
    REQUIRE(seen.pass);
    CHECK(*race.jtis().begin() == seen.pass->pass.jti);
    CHECK(Json::parse(world.introspect(race.token()).body)["active"] == seen.pass->active);
  }
  // Nor does asking again help.
  if (over || ended || (seen.pass && !seen.pass->active)) CHECK(world.poll(race.asked()).status != 200);
}

}  // namespace

TEST_CASE("1,000 requests whose approval, redemption and end come at once: no good pass behind what was ended") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  std::mt19937 random(seed);
  std::map<std::string, int> ends;
  for (int round = 0; round < rounds; ++round) {
    Race race(world, phone);
    const auto plan = schedule(random);
    std::string says = "round " + std::to_string(round) + " of seed " + std::to_string(seed) + ":";
    for (const auto& [deed, delay] : plan)
      says += std::string(" ") + deed_names[number_of(deed)] + "@" + std::to_string(delay);
    INFO(says);
    race.run(plan);
    const Outcome seen = race.outcome();
    check_ended(world, race, seen);
    ++ends[std::string(handoff::name(seen.handoff.state)) + (seen.pass && seen.pass->active ? ", active" : "")];
    restore(world, phone, race);
  }
  // The schedule reaches every end, or this test would show nothing.
  for (const auto& [end, times] : ends) UNSCOPED_INFO(end << ": " << times);
  for (const char* end : {"closed, active", "closed", "cancelled", "denied", "expired"}) CHECK(ends[end] >= 20);
  int in_all = 0;
  for (const auto& [end, times] : ends) in_all += times;
  CHECK(in_all == rounds);
  CHECK(world.store->ready());
}
