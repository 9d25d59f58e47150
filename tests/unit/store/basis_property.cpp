// Random histories of signing in, linking, binding, approving and revoking: what rests on a card that was revoked
// grants nothing any more, and everything else still does.
#include <random>

#include "rp/store/mynumber_link.h"
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// What was made, as the test remembers it: a tree of its own, against which the database is held.
struct Thing {
  enum class Kind { card, link, phone, session, code, ticket, approval, pass } kind = Kind::card;
  std::size_t rests_on = 0;  // index of a thing; of a card its own
  std::string id, person;
  store::BasisId basis = 0;  // of a card, a link, a phone: its own; else what it rests on
  bool revoked = false;
  bool replaced = false;  // a phone that was removed, a link in whose place there is another
};
using What = Thing::Kind;

class History {
 public:
  explicit History(std::uint32_t seed) : chance_(seed) {
    put_samples(world_);
    for (std::uint8_t i = 0; i < 3; ++i) add_card(i);
  }

  void step() {
    switch (below(10)) {
      case 0:
        return add_link();
      case 1:
      case 2:
        return add_phone();
      case 3:
        return add_session();
      case 4:
        return add_code();
      case 5:
        return add_ticket();
      case 6:
        return add_approval();
      case 7:
        return add_pass();
      case 8:
        return remove_phone();
      default:
        return below(4) == 0 ? revoke() : add_phone();
    }
  }
  void verify() {
    for (std::size_t i = 0; i < things_.size(); ++i) {
      const auto& thing = things_[i];
      INFO("thing " << i << " of kind " << static_cast<int>(thing.kind) << " on " << thing.rests_on);
      REQUIRE(grants(thing) == should_grant(i));
    }
  }
  int revocations() const { return revocations_; }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(chance_); }
  std::string fresh(const char* what) { return what + std::to_string(++made_); }

  bool is_basis(const Thing& thing) const { return thing.kind <= What::phone; }
  bool revoked_below(std::size_t index) const {
    for (;; index = things_[index].rests_on) {
      if (things_[index].revoked) return true;
      if (things_[index].kind == What::card) return false;
    }
  }
  // A basis that was replaced takes what it proved directly with it, and not what it made.
  bool should_grant(std::size_t index) const {
    const auto& thing = things_[index];
    if (revoked_below(index)) return false;
    return !(is_basis(thing) ? thing.replaced : things_[thing.rests_on].replaced);
  }
  bool grants(const Thing& thing) {
    switch (thing.kind) {
      case What::card:
      case What::link:
      case What::phone:
        return basis_grants(thing);
      case What::session:
        return world_
            .read<std::optional<store::Session>>([&](tegata::store::Reader& reader) {
              return store::find_session(reader, digest(thing.id), world_.clock.now());
            })
            .has_value();
      case What::code:
        return tried([&](store::Transaction& t) -> Result<bool> {
          TEGATA_ASSIGN(const auto redeemed,
                        store::redeem_card_login(t, digest(thing.id), digest("cookie" + thing.id)));
          return redeemed.has_value();
        });
      case What::ticket:
        return tried([&](store::Transaction& t) {
          return store::advance(t, handoff::Kind::enrollment, thing.id, handoff::Event::claim);
        });
      case What::approval:
        return tried([&](store::Transaction& t) {
          return store::advance(t, handoff::Kind::activation, thing.id, handoff::Event::close);
        });
      case What::pass: {
        const auto status = world_.read<std::optional<store::PassStatus>>(
            [&](tegata::store::Reader& reader) { return store::pass_status(reader, thing.id, world_.clock.now()); });
        REQUIRE(status);
        return status->active;
      }
    }
    return false;
  }
  // It may begin a session, and a phone be bound on it.
  bool basis_grants(const Thing& thing) {
    const bool session =
        tried([&](store::Transaction& t) { return store::insert_session(t, session_on(thing, "try")); });
    auto phone = sample_credential("try", "try", world_.clock.now());
    phone.rests_on = thing.basis;
    const bool bound = tried([&](store::Transaction& t) { return store::insert_credential(t, phone); });
    REQUIRE(session == bound);
    return session;
  }
  // What the operation says; it leaves nothing behind.
  bool tried(const Operation& operation) {
    bool said = false;
    const auto done = world_.store->write<bool>([&](store::Transaction& transaction) -> Result<bool> {
      TEGATA_ASSIGN(said, operation(transaction));
      return Error(errors::internal, "undone");
    });
    REQUIRE(!done);
    REQUIRE(done.error().detail() == "undone");
    return said;
  }
  store::Session session_on(const Thing& basis, const std::string& id) {
    return {digest(id),   "P1", "devices",  "card", Json::object(), world_.clock.now() + std::chrono::hours(1),
            std::nullopt, {},   basis.basis};
  }

  // One that grants, of those kinds.
  std::optional<std::size_t> pick(std::initializer_list<What> kinds) {
    std::vector<std::size_t> good;
    for (std::size_t i = 0; i < things_.size(); ++i) {
      if (std::ranges::find(kinds, things_[i].kind) != kinds.end() && should_grant(i)) good.push_back(i);
    }
    if (good.empty()) return std::nullopt;
    return good[below(good.size())];
  }
  std::optional<std::size_t> pick_basis() { return pick({What::card, What::link, What::phone}); }
  void add(What kind, std::size_t rests_on, const std::string& id, store::BasisId basis) {
    things_.push_back({kind, rests_on, id, "P1", basis});
  }

  void add_card(std::uint8_t serial) {
    const auto basis = world_.write<std::optional<store::BasisId>>([&](store::Transaction& t) {
      return store::basis_of_card(t, {digest("issuer"), {7, serial}}, "P1");
    });
    REQUIRE(basis);
    add(What::card, things_.size(), "", *basis);
  }
  void add_link() {
    const auto on = pick({What::card});
    if (!on) return;
    const auto id = fresh("link");
    const auto now = world_.clock.now();
    REQUIRE(does(world_, [&](store::Transaction& t) {
      return store::put_mynumber_link(
          t, {"P1", digest(id), now, now + std::chrono::hours(24), {}, "card", things_[*on].basis});
    }));
    for (auto& thing : things_) thing.replaced |= thing.kind == What::link;
    const auto link = world_.read<std::optional<store::MyNumberLink>>(
        [](tegata::store::Reader& reader) { return store::find_mynumber_link(reader, "P1"); });
    add(What::link, *on, id, link->basis);
  }
  void add_phone() {
    const auto on = pick_basis();
    if (!on) return;
    const auto id = fresh("phone");
    auto phone = sample_credential(id, id, world_.clock.now());
    phone.rests_on = things_[*on].basis;
    REQUIRE(does(world_, [&](store::Transaction& t) { return store::insert_credential(t, phone); }));
    const auto kept = world_.read<std::optional<store::BoundCredential>>(
        [&](tegata::store::Reader& reader) { return store::find_credential(reader, phone.record.id); });
    add(What::phone, *on, id, kept->basis);
  }
  void add_session() {
    const auto on = pick_basis();
    if (!on) return;
    const auto id = fresh("session");
    REQUIRE(
        does(world_, [&](store::Transaction& t) { return store::insert_session(t, session_on(things_[*on], id)); }));
    add(What::session, *on, id, things_[*on].basis);
  }
  void add_code() {
    const auto on = pick({What::card, What::link});
    if (!on) return;
    const auto id = fresh("code");
    const auto until = world_.clock.now() + std::chrono::hours(1);
    REQUIRE(does(world_, [&](store::Transaction& t) -> Result<bool> {
      TEGATA_TRY(store::insert_start(t, {digest("start" + id), digest("cookie" + id), "devices", "n", until}));
      store::CardLogin login{digest(id), digest("start" + id), "P1", "", Json::object(), until};
      login.basis = things_[*on].basis;
      return store::finish_start(t, login, "n");
    }));
    add(What::code, *on, id, things_[*on].basis);
  }
  void add_ticket() {
    const auto on = pick_basis();
    if (!on) return;
    auto ticket = sample_enrollment(fresh("ticket"), world_.clock.now());
    ticket.basis = things_[*on].basis;
    REQUIRE(does(world_, [&](store::Transaction& t) { return store::insert_handoff(t, ticket); }));
    add(What::ticket, *on, ticket.id, *ticket.basis);
  }
  std::string approve(std::size_t on) {
    const auto id = fresh("approval");
    auto request = sample_activation(id, id, world_.clock.now());
    request.terminal_id = id;
    REQUIRE(does(world_, [&](store::Transaction& t) -> Result<bool> {
      TEGATA_ASSIGN(const bool begun, store::insert_handoff(t, request));
      TEGATA_ASSIGN(const bool claimed, store::advance(t, handoff::Kind::activation, id, handoff::Event::claim));
      store::Change change;
      change.practitioner_id = "P1";
      change.basis = things_[on].basis;
      TEGATA_ASSIGN(const bool done,
                    store::advance(t, handoff::Kind::activation, id, handoff::Event::fulfil, {}, change));
      return begun && claimed && done;
    }));
    return id;
  }
  void add_approval() {
    if (const auto on = pick_basis()) add(What::approval, *on, approve(*on), things_[*on].basis);
  }
  void add_pass() {
    const auto on = pick_basis();
    if (!on) return;
    store::IssuedPass pass;
    pass.jti = fresh("pass");
    pass.handoff_id = approve(*on);
    pass.practitioner_id = "P1";
    pass.client_id = "ehr";
    pass.facility_code = "1312345678";
    pass.audience = "https://sign.example";
    pass.basis = things_[*on].basis;
    pass.issued_at = world_.clock.now();
    pass.expires_at = world_.clock.now() + std::chrono::hours(18);
    REQUIRE(does(world_, [&](store::Transaction& t) -> Result<bool> {
      TEGATA_TRY(store::insert_pass(t, pass));
      return store::advance(t, handoff::Kind::activation, pass.handoff_id, handoff::Event::close);
    }));
    add(What::pass, *on, pass.jti, *pass.basis);
  }
  void remove_phone() {
    const auto which = pick({What::phone});
    if (!which) return;
    auto& phone = things_[*which];
    REQUIRE(does(world_, [&](store::Transaction& t) -> Result<bool> {
      TEGATA_TRY(store::end_basis(t, phone.basis, "credential_removed", store::Reach::itself));
      return store::remove_credential(t, to_bytes(as_bytes(phone.id)), "P1");
    }));
    phone.replaced = true;
  }
  void revoke() {
    const auto which = pick({What::card});
    if (!which) return;
    world_.write<store::Ended>([&](store::Transaction& t) {
      return store::end_basis(t, things_[*which].basis, "card_revoked", store::Reach::everything);
    });
    things_[*which].revoked = true;
    ++revocations_;
  }

  World world_;
  std::mt19937 chance_;
  std::vector<Thing> things_;
  int made_ = 0, revocations_ = 0;
};

}  // namespace

TEST_CASE("whatever happened before: what rests on a revoked card grants nothing, everything else does") {
  int revocations = 0;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    History history(seed);
    for (int i = 0; i < 48; ++i) {
      history.step();
      if (i % 12 == 11) history.verify();
    }
    revocations += history.revocations();
  }
  CHECK(revocations >= 4);  // the histories are not without what they are about
}
