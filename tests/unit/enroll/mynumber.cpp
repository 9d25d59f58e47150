// My Number cards: linked after an HPKI log-in, good for logging in from then on, and never for linking another one.
#include "rp/store/mynumber_link.h"
#include "rp/store/notices.h"
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
      [&](tegata::store::Reader& reader) { return store::find_mynumber_link(reader, id); });
  REQUIRE(found);
  return *found;
}

// "kind by", oldest first: what the person was told of links.
std::vector<std::string> told_of_links(World& world) {
  const auto all = world.store->read<std::vector<store::Notice>>(
      [](tegata::store::Reader& reader) { return store::list_notices(reader, 0, 1000); });
  REQUIRE(all);
  std::vector<std::string> out;
  for (const auto& notice : *all) {
    if (notice.kind.starts_with("mynumber_"))
      out.push_back(notice.kind + " " + notice.details["by"].get<std::string>());
  }
  return out;
}

// The kinds of the newest events on the page of phones.
std::vector<std::string> history(World& world, Browser& browser) {
  std::vector<std::string> out;
  const auto page = world.get(browser, "/api/devices").body;
  for (const auto& event : page["events"]) out.push_back(event["kind"]);
  return out;
}

// A phone of the sample person, bound by card and signed in at the page of phones.
struct OwnPhone {
  explicit OwnPhone(World& world) : authenticator(tegata::sandbox::authenticator::Authenticator::make(world.random)) {
    Browser pc;
    REQUIRE(world.try_register(phone, world.confirmed_ticket(pc, phone), authenticator).status == 200);
    const auto options = world.post(phone, "/api/devices/login/options", Json::object());
    const auto made = authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    REQUIRE(made);
    REQUIRE(world.post(phone, "/api/devices/login", {{"credential", *made}}).status == 200);
  }
  Browser phone;
  tegata::sandbox::authenticator::Authenticator authenticator;
};

Answer unlink(World& world, Browser& browser) { return world.post(browser, "/api/mynumber/unlink", Json::object()); }

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
      [&](tegata::store::Reader& reader) { return store::find_session(reader, cookie, world.clock.now()); });
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
  CHECK(world.audit().back().event.details["replaces"] == base64url(sha256(mynumber_card())));
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
  // Its link has ended with that, for good.
  CHECK(world.count_audit("mynumber_unlinked") == 1);
  world.mynumber_answer = card::RevocationAnswer::good;
  check_refused(world, shown(mynumber_card()), "mynumber_not_linked");
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
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

TEST_CASE("defect: a My Number card was linked, replaced by a log-in of long ago, and nobody was told") {
  World world;
  Browser pc;
  const Json ask = {{"purpose", "link"}, {"method", "mynumber"}};
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  SECTION("not begun after five minutes") {
    world.clock.advance(300s);
    const auto refused = world.post(pc, "/api/start", ask);
    check_refused(world, refused, "devices_step_up_needed");
    CHECK(refused.body["code"] == "E-605");
    CHECK(refused.body["cause"] == "devices_step_up_needed");
  }
  SECTION("not finished after five minutes, and the card's log-in is not lost by it") {
    world.clock.advance(290s);
    const auto start = world.post(pc, "/api/start", ask);
    REQUIRE(start.status == 200);
    const auto login = world.card_origin(start.body["card_url"], mynumber_card());
    world.clock.advance(10s);
    const auto refused = world.post(pc, "/api/handover", {{"code", login.code}});
    check_refused(world, refused, "devices_step_up_needed");
    CHECK(refused.body["cause"] == "devices_step_up_needed");
    CHECK(world.get(pc, "/api/mynumber").status == 200);
    CHECK_FALSE(link_of(world));
  }
  CHECK(told_of_links(world).empty());
}

TEST_CASE("whoever links, replaces or unlinks a My Number card is told of it, and sees it in the list of events") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  CHECK(told_of_links(world) == std::vector<std::string>{"mynumber_linked practitioner"});
  REQUIRE(link(world, pc, renewed_card()).status == 200);
  CHECK(told_of_links(world).back() == "mynumber_replaced practitioner");
  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  CHECK(unlink(world, pc).status == 200);
  CHECK(told_of_links(world).back() == "mynumber_unlinked practitioner");
  CHECK(told_of_links(world).size() == 3);
  Browser list;
  REQUIRE(world.log_in(list, good_card(), false, "devices").status == 200);
  const auto seen = history(world, list);
  for (const auto* kind : {"mynumber_linked", "mynumber_replaced", "mynumber_unlinked"})
    CHECK(std::count(seen.begin(), seen.end(), kind) == 1);
}

TEST_CASE("unlinking ends the sessions, codes and tickets that came by the link, in its transaction") {
  World world;
  Browser pc, by_card, phones, under_way;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  REQUIRE(world.log_in(by_card, mynumber_card(), false, "enrol", "mynumber").status == 200);
  Browser new_phone;
  const auto secret = world.ticket(by_card);
  REQUIRE(world.claim(new_phone, secret).status == 200);
  REQUIRE(world.log_in(phones, mynumber_card(), false, "devices", "mynumber").status == 200);
  const auto start = world.post(under_way, "/api/start", {{"purpose", "devices"}, {"method", "mynumber"}});
  const auto code = world.card_origin(start.body["card_url"], mynumber_card()).code;
  Browser card_session;
  REQUIRE(world.log_in(card_session, good_card()).status == 200);
  const auto card_ticket = world.ticket(card_session);

  REQUIRE(world.log_in(pc, good_card(), false, "link").status == 200);
  const auto done = unlink(world, pc);
  REQUIRE(done.status == 200);
  CHECK(done.body["signed_out"] == false);
  CHECK(world.audit().back().event.kind == "mynumber_unlinked");
  const Json ended = {{"sessions", 2}, {"codes", 1}, {"tickets", 1}, {"requests", 0}, {"passes", 0}};
  CHECK(world.audit().back().event.details["ended"] == ended);
  CHECK_FALSE(link_of(world));
  CHECK(world.get(phones, "/api/devices").status == 401);
  CHECK(world.get(by_card, "/api/enrollment").status == 401);
  CHECK(world.post(under_way, "/api/handover", {{"code", code}}).status == 403);
  CHECK(world.newest_refusal() == "sign_in_code_unknown");
  CHECK(world.post(new_phone, "/api/phone/status", {{"ticket", secret}}).body["state"] == "rejected");
  // What the HPKI card began goes on, and so does the session that unlinked.
  CHECK(world.pc_state(card_session) == "waiting");
  CHECK(world.get(pc, "/api/mynumber").body["mynumber"]["state"] == "none");
  check_refused(world, world.log_in(by_card, mynumber_card(), false, "enrol", "mynumber"), "mynumber_not_linked");
  check_refused(world, unlink(world, pc), "mynumber_no_link", 409);
}

TEST_CASE("a link in place of another ends what the older one gave, also where it is of the same card") {
  World world;
  Browser pc, phones;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  REQUIRE(world.log_in(phones, mynumber_card(), false, "devices", "mynumber").status == 200);
  SECTION("of another card") { REQUIRE(link(world, pc, renewed_card()).status == 200); }
  SECTION("of the same card") { REQUIRE(link(world, pc, mynumber_card()).status == 200); }
  CHECK(world.get(phones, "/api/devices").status == 401);
  CHECK(world.audit().back().event.details["ended"]["sessions"] == 1);
}

TEST_CASE("a bound phone sees and takes away a link, and makes none") {
  World world;
  Browser pc;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  OwnPhone own(world);
  const auto seen = world.get(own.phone, "/api/mynumber").body;
  CHECK(seen["mynumber"]["state"] == "linked");
  CHECK(seen["may_link"] == false);
  const Json ask = {{"purpose", "link"}, {"method", "mynumber"}};
  check_refused(world, world.post(own.phone, "/api/start", ask), "sign_in_session_missing", 401);
  SECTION("a moment after its assertion") {
    CHECK(unlink(world, own.phone).status == 200);
    CHECK_FALSE(link_of(world));
  }
  SECTION("long after it") {
    world.clock.advance(300s);
    const auto refused = unlink(world, own.phone);
    check_refused(world, refused, "devices_step_up_needed");
    CHECK(refused.body["cause"] == "devices_step_up_needed");
    CHECK(link_of(world));
  }
}

TEST_CASE(
    "who may not unlink: nobody, a session of an enrollment, another site; and the card's own session ends with it") {
  World world;
  Browser pc, stranger;
  REQUIRE(link(world, pc, mynumber_card()).status == 200);
  CHECK(unlink(world, stranger).status == 401);
  REQUIRE(world.log_in(stranger, good_card()).status == 200);  // to enrol
  CHECK(unlink(world, stranger).status == 401);
  REQUIRE(world.log_in(pc, mynumber_card(), false, "devices", "mynumber").status == 200);
  auto foreign = world.request(pc, "POST", "/api/mynumber/unlink");
  foreign.headers.emplace("origin", "https://evil.example");
  foreign.headers.emplace("sec-fetch-site", "cross-site");
  foreign.headers.emplace("content-type", "application/json");
  foreign.body = "{}";
  CHECK(world.send(pc, foreign).status != 200);
  CHECK(link_of(world));
  const auto done = unlink(world, pc);
  CHECK(done.status == 200);
  CHECK(done.body["signed_out"] == true);
  CHECK(pc.cookies.count("__Host-tegata-session") == 0);
}
