// What a card's revocation ends: its phones, phones that were added by those, sessions, tickets, My Number links.
#include "enroll/behind_card.h"
#include "rp/store/card_certificates.h"
#include "rp/store/mynumber_link.h"
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

struct Phone {
  explicit Phone(World& of) : world(of), authenticator(sandbox::Authenticator::make(world.random)) {}
  World& world;
  Browser browser;
  sandbox::Authenticator authenticator;

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
    return *world.store->read<bool>([&](store::Reader& reader) { return store::is_stopped(reader, id()); });
  }
};

store::CardCertificate card_of(World& world, const Bytes& credential_id) {
  const auto found = world.store->read<std::optional<store::CardCertificate>>(
      [&](store::Reader& reader) { return store::find_credential_card(reader, credential_id); });
  REQUIRE(found);
  REQUIRE(*found);
  return **found;
}

store::EndedWithCard revoke(World& world, const store::CardCertificate& card) {
  const auto ended =
      world.store->write<store::EndedWithCard>([&](store::Transaction& transaction) -> Result<store::EndedWithCard> {
        TEGATA_ASSIGN(auto out, store::end_with_card(transaction, card, "activation_card_revoked"));
        transaction.audit({"phones_of_card_stopped", "system", "card", "", {}, "", ""});
        return out;
      });
  REQUIRE(ended);
  return *ended;
}

struct BoundByCard {
  explicit BoundByCard(World& world) : phone(world) {
    REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
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
  CHECK(ended.sessions == 1);
  CHECK(ended.tickets >= 1);
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
  const auto link = world.store->read<std::optional<store::MyNumberLink>>(
      [](store::Reader& reader) { return store::find_mynumber_link(reader, "AB123456789"); });
  REQUIRE((link && *link && (*link)->card));
  CHECK(revoke(world, *(*link)->card).links == 1);
  CHECK(world.log_in(pc, mynumber, false, "devices", "mynumber").status == 403);
  CHECK(world.newest_refusal() == "mynumber_not_linked");
}

TEST_CASE("defect: options counted phones otherwise than the binding, and a passkey was made for nothing") {
  World world;
  std::vector<std::unique_ptr<BoundByCard>> phones;
  for (int i = 0; i < 5; ++i) phones.push_back(std::make_unique<BoundByCard>(world));
  revoke(world, card_of(world, phones[0]->phone.id()));
  // Five phones of a revoked card take no room.
  BoundByCard sixth(world);
  CHECK_FALSE(sixth.phone.is_stopped());
}

TEST_CASE("the devices page says which phone is stopped") {
  World world;
  BoundByCard bound(world);
  CHECK(world.get(bound.pc, "/api/devices").body["devices"][0]["stopped"] == false);
  revoke(world, card_of(world, bound.phone.id()));
  REQUIRE(world.log_in(bound.pc, good_card(), false, "devices").status == 200);
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
