// My Number cards: linked after an HPKI log-in, good for logging in from then on, and never for linking another one.
#include "rp/store/mynumber_link.h"
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr const char* person = "AB123456789";

Bytes mynumber_card(const std::string& opaque = "20260101ABCDEFGHIJKLMNO", const std::string& state = "good") {
  return card_der("jpki-auth", state, opaque);
}
Bytes renewed_card() { return mynumber_card("20260101ABCDEFGHIJKLMNP"); }

// The HPKI card, then the My Number card, as far as the hand-over's answer.
Answer link(World& world, Browser& pc, const Bytes& mynumber, const Bytes& hpki = good_card()) {
  REQUIRE(world.log_in(pc, hpki, false, "link").status == 200);
  return world.log_in(pc, mynumber, false, "link", "mynumber");
}

std::optional<store::MyNumberLink> link_of(World& world, const std::string& id = person) {
  const auto found = world.store->read<std::optional<store::MyNumberLink>>(
      [&](store::Reader& reader) { return store::find_mynumber_link(reader, id); });
  REQUIRE(found);
  return *found;
}

void check_refused(World& world, const Answer& answer, const std::string& code, int status = 403) {
  INFO(code);
  CHECK(answer.status == status);
  CHECK(world.newest_refusal() == code);
}

}  // namespace

TEST_CASE("a linked My Number card logs in for devices and for the enrollment of a phone") {
  World world;
  Browser pc;
  const auto linked = link(world, pc, mynumber_card());
  REQUIRE(linked.status == 200);
  CHECK(linked.body["purpose"] == "link");
  CHECK(linked.body["method"] == "mynumber");
  CHECK(linked.body["mynumber"]["state"] == "linked");
  CHECK(link_of(world)->fingerprint == sha256(mynumber_card()));
  CHECK(link_of(world)->linked_by == "card");
  CHECK(world.count_audit("mynumber_linked") == 1);
  // The HPKI log-in ended with the link: nothing is left for the next at this PC.
  CHECK(pc.cookies.count("__Host-tegata-session") == 0);

  for (const std::string purpose : {"devices", "enrol"}) {
    Browser other;
    const auto answer = world.log_in(other, mynumber_card(), false, purpose, "mynumber");
    CHECK(answer.status == 200);
    CHECK(answer.body["method"] == "mynumber");
    CHECK(answer.body["purpose"] == purpose);
    CHECK(answer.body["practitioner_id"] == person);
    if (purpose == "enrol") CHECK_FALSE(world.ticket(other).empty());
  }
  CHECK(world.count_audit("mynumber_login") == 2);
}

TEST_CASE("the session of a My Number log-in is of that method and holds nothing of the person") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  REQUIRE(world.log_in(pc, mynumber_card(), false, "devices", "mynumber").status == 200);
  const auto cookie = sha256(pc.cookies["__Host-tegata-session"]);
  const auto session = world.store->read<std::optional<store::Session>>(
      [&](store::Reader& reader) { return store::find_session(reader, cookie, world.clock.now()); });
  REQUIRE(session);
  REQUIRE(*session);
  CHECK((*session)->method == "mynumber");
  CHECK((*session)->purpose == "devices");
  CHECK((*session)->card.size() == 3);
  for (const auto& record : world.audit())
    CHECK(dump_json(record.event.details).find("20260101ABC") == std::string::npos);
}

TEST_CASE("a renewed certificate is linked again, and the old one is worth nothing then") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  check_refused(world, world.log_in(pc, renewed_card(), false, "enrol", "mynumber"), "mynumber_not_linked");
  REQUIRE(link(world, pc, renewed_card()).status == 200);
  CHECK(link_of(world)->fingerprint == sha256(renewed_card()));
  CHECK(world.audit().back().event.details["replaces"] == hex(sha256(mynumber_card())));
  CHECK(world.log_in(pc, renewed_card(), false, "enrol", "mynumber").status == 200);
  check_refused(world, world.log_in(pc, mynumber_card(), false, "enrol", "mynumber"), "mynumber_not_linked");
}

TEST_CASE("a link needs an HPKI session of that purpose: neither none, nor another's, nor a My Number one") {
  World world;
  Browser pc;
  const Json ask = {{"purpose", "link"}, {"method", "mynumber"}};
  check_refused(world, world.post(pc, "/api/start", ask), "sign_in_session_missing", 401);
  REQUIRE(world.log_in(pc, good_card()).status == 200);  // to enrol
  check_refused(world, world.post(pc, "/api/start", ask), "sign_in_session_missing", 401);
  REQUIRE(link(world, pc, mynumber_card()).status == 200);

  // A My Number log-in of purpose "link" does not exist: it would have to begin with its own session.
  REQUIRE(world.log_in(pc, mynumber_card(), false, "devices", "mynumber").status == 200);
  check_refused(world, world.post(pc, "/api/start", ask), "sign_in_session_missing", 401);
}

TEST_CASE("a card that was shown for one person is not linked to whoever logs in meanwhile") {
  World world;
  world.put(world.person("CD123456789", true, world.clock.now() + 24h * 365), "1002");
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  const auto start = world.post(pc, "/api/start", {{"purpose", "link"}, {"method", "mynumber"}});
  const auto login = world.card_origin(start.body["card_url"], mynumber_card());
  REQUIRE(login.status == 303);
  auto earlier = pc.cookies["__Host-tegata-start"];
  REQUIRE(world.log_in(pc, card_der("hpki-auth", "good", "1002"), false, "link").status == 200);
  pc.cookies["__Host-tegata-start"] = earlier;
  check_refused(world, world.post(pc, "/api/handover", {{"code", login.code}}), "sign_in_session_missing", 401);
  CHECK_FALSE(link_of(world));
  CHECK_FALSE(link_of(world, "CD123456789"));
}

TEST_CASE("a certificate is linked to one person") {
  World world;
  world.put(world.person("CD123456789", true, world.clock.now() + 24h * 365), "1002");
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  check_refused(world, link(world, pc, mynumber_card(), card_der("hpki-auth", "good", "1002")),
                "mynumber_linked_elsewhere", 409);
  CHECK_FALSE(link_of(world, "CD123456789"));
}

TEST_CASE("start records of one card are worth nothing at the other card's origin") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  auto moved = [&](const std::string& method, const std::string& from, const std::string& to) {
    std::string url = world.post(pc, "/api/start", {{"purpose", "enrol"}, {"method", method}}).body["card_url"];
    return url.replace(url.find(from), from.size(), to);
  };
  CHECK(world.card_origin(moved("card", ".card.", ".mynumber."), mynumber_card()).status == 403);
  CHECK(world.card_origin(moved("mynumber", ".mynumber.", ".card."), good_card()).status == 403);
  CHECK(world.newest_refusal() == "sign_in_start_unknown");
}

TEST_CASE("My Number cards that are refused, each with its code") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  const auto shown = [&](const std::optional<Bytes>& card, bool resumed = false) {
    return world.log_in(pc, card, resumed, "enrol", "mynumber");
  };
  check_refused(world, shown(std::nullopt), "card_missing");
  check_refused(world, shown(mynumber_card(), true), "card_resumed_session");
  check_refused(world, shown(good_card()), "mynumber_untrusted");
  check_refused(world, shown(mynumber_card("20260101ABCDEFGHIJKLMNO", "expired")), "mynumber_expired");
  world.mynumber_answer = card::RevocationAnswer::revoked;
  check_refused(world, shown(mynumber_card()), "mynumber_revoked");
  world.mynumber_answer = card::RevocationAnswer::unknown;
  check_refused(world, shown(mynumber_card()), "mynumber_revocation_unknown", 503);
  world.mynumber_answer = card::RevocationAnswer::good;
  CHECK(shown(mynumber_card()).status == 200);
  world.put(world.person(person, false, world.clock.now() + 24h), "1001");
  check_refused(world, shown(mynumber_card()), "card_person_suspended");
}

TEST_CASE("a link that ends within 90 days is shown as ending") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  const auto state = [&] {
    Browser other;
    const auto answer = world.log_in(other, card_der("hpki-auth", "good", "1001"), false, "link");
    REQUIRE(answer.status == 200);
    CHECK(world.get(other, "/api/mynumber").body["mynumber"] == answer.body["mynumber"]);
    return answer.body["mynumber"]["state"].get<std::string>();
  };
  CHECK(state() == "linked");
  // The sample HPKI cards end as soon as this one does: what is kept of it is given an earlier end.
  const auto ends_in = [&](std::chrono::milliseconds life) {
    auto link = *link_of(world);
    link.not_after = world.clock.now() + life;
    REQUIRE(world.store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit({"test_setup", "system", "test", "", Json::object(), "", ""});
      TEGATA_TRY(store::put_mynumber_link(transaction, link));
      return {};
    }));
  };
  ends_in(90 * 24h + 1s);
  CHECK(state() == "linked");
  ends_in(90 * 24h);
  CHECK(state() == "ending");
  ends_in(0s);
  CHECK(state() == "ending");
  ends_in(-1s);
  CHECK(state() == "ended");
}
