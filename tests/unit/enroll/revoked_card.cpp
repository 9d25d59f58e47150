// What a card's revocation ends: its phones, phones that were added by those, sessions, tickets, My Number links.
#include "rp/store/basis.h"
#include "rp/store/engine/connection.h"
#include "rp/store/mynumber_link.h"
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

struct Phone {
  explicit Phone(World& of)
      : world(of), authenticator(tegata::sandbox::authenticator::Authenticator::make(world.random)) {}
  World& world;
  Browser browser;
  tegata::sandbox::authenticator::Authenticator authenticator;

  // By the ticket that `screen` is allowed to make.
  void bind(Browser& screen) {
    const auto secret = world.ticket(screen);
    const auto claimed = world.claim(browser, secret);
    REQUIRE(claimed.status == 200);
    REQUIRE(world.post(screen, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
    REQUIRE(world.try_register(browser, secret, authenticator).status == 200);
  }
  Answer sign_in() {
    const auto options = world.post(browser, "/api/devices/login/options", Json::object());
    REQUIRE(options.status == 200);
    const auto made = authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    REQUIRE(made);
    return world.post(browser, "/api/devices/login", {{"credential", *made}});
  }
  Bytes id() { return authenticator.credentials()[0].id; }
  bool is_stopped() {
    return *world.store->read<bool>([&](tegata::store::Reader& reader) { return store::is_stopped(reader, id()); });
  }
};

// The root that the phone rests on.
store::BasisId card_of(World& world, const Bytes& credential_id) {
  const auto way = world.store->read<std::vector<store::Basis>>(
      [&](tegata::store::Reader& reader) -> Result<std::vector<store::Basis>> {
        TEGATA_ASSIGN(const auto phone, store::find_credential_ever(reader, credential_id));
        return store::bases_below(reader, phone ? phone->basis : 0);
      });
  REQUIRE(way);
  REQUIRE(!way->empty());
  CHECK(way->back().kind == store::BasisKind::card);
  return way->back().id;
}

store::Ended revoke(World& world, store::BasisId card, store::Reach reach = store::Reach::everything) {
  const auto ended = world.store->write<store::Ended>([&](store::Transaction& transaction) -> Result<store::Ended> {
    TEGATA_ASSIGN(auto out, store::end_basis(transaction, card, "activation_card_revoked", reach));
    transaction.audit({"card_ended", "system", "card", "", {}, "", ""});
    return out;
  });
  REQUIRE(ended);
  return *ended;
}

// The one card that is known.
store::BasisId card_of_person(World& world) {
  const auto found = world.store->read<std::optional<store::BasisId>>([](tegata::store::Reader& reader) {
    return reader.connection().find<store::BasisId>("SELECT MIN(id) FROM basis WHERE kind = 'card'", {},
                                                    tegata::store::engine::read_integer);
  });
  REQUIRE((found && *found));
  return **found;
}

// That the person got in place of the revoked one.
Bytes new_card(World& world) {
  world.put(world.person("AB123456789", true, world.clock.now() + std::chrono::hours(24 * 365)), "1701");
  return card_der("hpki-auth", "good", "1701");
}

// Signed in by a card, its hand-over code not fetched yet.
struct HalfSignedIn {
  HalfSignedIn(World& world, const Bytes& card, const std::string& method) {
    const auto start = world.post(pc, "/api/start", {{"purpose", "devices"}, {"method", method}});
    REQUIRE(start.status == 200);
    code = world.card_origin(start.body["card_url"], card).code;
    REQUIRE_FALSE(code.empty());
  }
  int fetch(World& world) { return world.post(pc, "/api/handover", {{"code", code}}).status; }
  Browser pc;
  std::string code;
};

struct BoundByCard {
  explicit BoundByCard(World& world, const Bytes& card = good_card()) : phone(world) {
    REQUIRE(world.log_in(pc, card, false, "devices").status == 200);
    phone.bind(pc);
  }
  Browser pc;
  Phone phone;
};

}  // namespace

TEST_CASE("defect: a phone of a revoked card could still sign in and bind a fresh phone") {
  World world;
  BoundByCard bound(world);
  revoke(world, card_of(world, bound.phone.id()));
  const auto answer = bound.phone.sign_in();
  CHECK(answer.status == 403);
  CHECK(answer.body["code"] == "E-409");
  CHECK(world.newest_refusal() == "devices_card_revoked");
  CHECK(world.post(bound.phone.browser, "/api/enrollment", Json::object()).status == 401);
}

TEST_CASE("defect: a phone that was added by a phone of the revoked card went on") {
  World world;
  BoundByCard bound(world);
  REQUIRE(bound.phone.sign_in().status == 200);
  Phone second(world);
  second.bind(bound.phone.browser);
  const auto ended = revoke(world, card_of(world, bound.phone.id()));
  CHECK(ended.phones.size() == 2);
  CHECK(bound.phone.is_stopped());
  CHECK(second.is_stopped());
}

TEST_CASE("defect: the session and the ticket of a phone outlived the revocation of its card") {
  World world;
  BoundByCard bound(world);
  REQUIRE(bound.phone.sign_in().status == 200);
  const auto secret = world.ticket(bound.phone.browser);
  const auto ended = revoke(world, card_of(world, bound.phone.id()));
  CHECK(ended.sessions == 2);  // the phone's, and the card's own at the PC
  CHECK(ended.tickets == 1);
  CHECK(world.get(bound.phone.browser, "/api/devices").status == 401);
  Browser other;
  CHECK(world.claim(other, secret).status == 404);
}

TEST_CASE("defect: a My Number card that was linked by the revoked card still logged in") {
  World world;
  Browser pc;
  const auto mynumber = card_der("jpki-auth", "good", "20260101ABCDEFGHIJKLMNO");
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  REQUIRE(world.log_in(pc, mynumber, false, "link", "mynumber").status == 200);
  const auto ended = revoke(world, card_of_person(world));
  CHECK(ended.links == 1);
  CHECK(world.log_in(pc, mynumber, false, "devices", "mynumber").status == 403);
  CHECK(world.newest_refusal() == "mynumber_not_linked");
}

TEST_CASE("defect: options counted phones otherwise than the binding, and a passkey was made for nothing") {
  World world;
  std::vector<std::unique_ptr<BoundByCard>> phones;
  for (int i = 0; i < 5; ++i) phones.push_back(std::make_unique<BoundByCard>(world));
  revoke(world, card_of(world, phones[0]->phone.id()));
  // Five phones of a revoked card take no room.
  BoundByCard sixth(world, new_card(world));
  CHECK_FALSE(sixth.phone.is_stopped());
}

TEST_CASE("the devices page says which phone is stopped") {
  World world;
  BoundByCard bound(world);
  CHECK(world.get(bound.pc, "/api/devices").body["devices"][0]["stopped"] == false);
  revoke(world, card_of(world, bound.phone.id()));
  REQUIRE(world.log_in(bound.pc, new_card(world), false, "devices").status == 200);
  CHECK(world.get(bound.pc, "/api/devices").body["devices"][0]["stopped"] == true);
}

TEST_CASE("defect: removing a lost phone left its ticket alive when its session had ended before") {
  World world;
  BoundByCard bound(world);
  REQUIRE(bound.phone.sign_in().status == 200);
  const auto secret = world.ticket(bound.phone.browser);
  REQUIRE(world.post(bound.phone.browser, "/api/session/end", Json::object()).status == 204);
  REQUIRE(world.post(bound.pc, "/api/devices/remove", {{"credential_id", base64url(bound.phone.id())}}).status == 200);
  Browser other;
  CHECK(world.claim(other, secret).status == 404);
}

TEST_CASE("defect: a thief who linked his own My Number card went on when the stolen card was revoked") {
  World world;
  const auto his_own = card_der("jpki-auth", "good", "20260101ABCDEFGHIJKLMNO");
  // The owner has a phone of another card; the thief holds the stolen one.
  BoundByCard owner(world, new_card(world));
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  REQUIRE(world.log_in(pc, his_own, false, "link", "mynumber").status == 200);
  REQUIRE(world.log_in(pc, his_own, false, "devices", "mynumber").status == 200);
  Phone phone(world), added(world);
  phone.bind(pc);
  REQUIRE(phone.sign_in().status == 200);
  added.bind(phone.browser);
  const auto by_phone = world.ticket(phone.browser), by_link = world.ticket(pc);
  HalfSignedIn link(world, his_own, "mynumber"), card(world, good_card(), "card");
  Browser at_the_card;
  REQUIRE(world.log_in(at_the_card, good_card()).status == 200);

  const auto root = card_of(world, added.id());
  CHECK(root == card_of(world, phone.id()));
  const auto ended = revoke(world, root);
  CHECK(ended.phones.size() == 2);
  CHECK(ended.links == 1);
  CHECK(ended.sessions == 3);
  CHECK(ended.codes == 2);
  CHECK(ended.tickets == 2);

  CHECK(world.get(pc, "/api/devices").status == 401);
  CHECK(world.post(pc, "/api/enrollment", Json::object()).status == 401);
  CHECK(world.post(at_the_card, "/api/enrollment", Json::object()).response.cause == "sign_in_session_missing");
  CHECK(link.fetch(world) == 403);
  CHECK(card.fetch(world) == 403);
  CHECK(world.newest_refusal() == "sign_in_code_unknown");
  Browser other;
  CHECK(world.claim(other, by_phone).status == 404);
  CHECK(world.claim(other, by_link).status == 404);
  for (auto* his : {&phone, &added}) {
    CHECK(his->sign_in().status == 403);
    CHECK(world.newest_refusal() == "devices_card_revoked");
  }
  CHECK(world.log_in(pc, his_own, false, "devices", "mynumber").status == 403);
  CHECK(world.newest_refusal() == "mynumber_not_linked");
  CHECK(world.log_in(pc, good_card(), false, "devices").status == 403);
  CHECK(world.newest_refusal() == "card_revoked");

  CHECK_FALSE(owner.phone.is_stopped());
  CHECK(owner.phone.sign_in().status == 200);
  CHECK(world.get(owner.pc, "/api/devices").status == 200);
}

TEST_CASE("defect: a phone that a revoked My Number card had bound went on, and added others") {
  World world;
  Browser pc, thief_pc;
  const auto stolen = card_der("jpki-auth", "good", "20260101ABCDEFGHIJKLMNO");
  BoundByCard owner(world);
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  REQUIRE(world.log_in(pc, stolen, false, "link", "mynumber").status == 200);
  REQUIRE(world.log_in(thief_pc, stolen, false, "devices", "mynumber").status == 200);
  Phone phone(world), added(world);
  phone.bind(thief_pc);
  REQUIRE(phone.sign_in().status == 200);
  added.bind(phone.browser);
  bool phones_end = true;
  SECTION("shown while it is linked") {}
  SECTION("shown when its link was taken away already") {
    REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
    REQUIRE(world.post(pc, "/api/mynumber/unlink", Json::object()).status == 200);
  }
  SECTION("where phones outlive their card") {
    phones_end = false;
    world.trust = std::make_shared<const card::CardTrust>(card::CardTrust{world.trust->authorities, {}, phones_end});
  }
  CHECK_FALSE(phone.is_stopped());
  world.mynumber_answer = card::RevocationAnswer::revoked;
  CHECK(world.log_in(thief_pc, stolen, false, "devices", "mynumber").status == 403);
  CHECK(world.newest_refusal() == "mynumber_revoked");
  for (auto* his : {&phone, &added}) {
    CHECK(his->is_stopped() == phones_end);
    CHECK(his->sign_in().status == (phones_end ? 403 : 200));
  }
  CHECK(world.get(added.browser, "/api/devices").status == (phones_end ? 401 : 200));
  CHECK(world.count_audit("card_ended") == (phones_end ? 1 : 0));
  CHECK_FALSE(owner.phone.is_stopped());
  CHECK(owner.phone.sign_in().status == 200);
}

TEST_CASE("defect: where phones outlive their card, its sessions, codes, tickets and links did too") {
  World world;
  BoundByCard bound(world);
  const auto secret = world.ticket(bound.pc);
  Browser pc;
  const auto mynumber = card_der("jpki-auth", "good", "20260101ABCDEFGHIJKLMNO");
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  REQUIRE(world.log_in(pc, mynumber, false, "link", "mynumber").status == 200);
  HalfSignedIn card(world, good_card(), "card");
  const auto ended = revoke(world, card_of(world, bound.phone.id()), store::Reach::without_phones);
  CHECK(ended.phones.empty());
  CHECK(ended.links == 1);
  CHECK(ended.tickets == 1);
  CHECK(card.fetch(world) == 403);
  Browser other;
  CHECK(world.claim(other, secret).status == 404);
  CHECK(world.get(bound.pc, "/api/devices").status == 401);
  CHECK(bound.phone.sign_in().status == 200);
}

TEST_CASE("defect: a card that a list named between its check and its turn to write was let in") {
  World world;
  HalfSignedIn first(world, good_card(), "card");
  // As the watch of the lists does: it is in use before its transaction looks.
  revoke(world, card_of_person(world));
  Browser pc;
  const auto start = world.post(pc, "/api/start", {{"purpose", "devices"}, {"method", "card"}});
  REQUIRE(start.status == 200);
  const auto login = world.card_origin(start.body["card_url"], good_card());
  REQUIRE(login.status == 303);
  const auto refused = world.post(pc, "/api/handover", {{"code", login.code}});
  CHECK(refused.status == 403);
  CHECK(refused.body["cause"] == "card_revoked");
}
