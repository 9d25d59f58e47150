// Every refusal of the enrollment: its code in the audit log, what is shown, and that nothing is lost.
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

void check_card_refused(World& world, const std::optional<Bytes>& card, const std::string& code, bool resumed = false) {
  INFO(code);
  Browser pc;
  const auto answer = world.log_in(pc, card, resumed);
  CHECK(answer.status == 403);
  CHECK(answer.body["cause"] == code);
  CHECK(world.newest_refusal() == code);
  CHECK(pc.cookies.count("__Host-tegata-session") == 0);
  // Nothing is lost: the same browser begins again with the right card.
  CHECK(world.log_in(pc, good_card()).status == 200);
}

}  // namespace

TEST_CASE("cards that are refused, each with its code, and the next try works") {
  World world;
  check_card_refused(world, std::nullopt, "card_missing");
  check_card_refused(world, card_der("hpki-sign", "good", "1001"), "card_signing_certificate");
  check_card_refused(world, card_der("hpki-auth", "expired", "1001"), "card_expired");
  check_card_refused(world, card_der("hpki-auth", "foreign-ca", "1001"), "card_untrusted");
  check_card_refused(world, card_der("hpki-auth", "no-role", "1002", {}), "card_no_role");
  check_card_refused(world, card_der("hpki-auth", "good", "9999"), "card_unknown_person");
  check_card_refused(world, to_bytes(as_bytes("not a certificate")), "card_malformed");
  check_card_refused(world, good_card(), "card_resumed_session", true);
}

TEST_CASE("people whose card is good but who may not bind a phone") {
  World world;
  world.put(world.person("SUSPENDED001", false, world.clock.now() + 24h), "2001");
  world.put(world.person("WAITING00001", true, std::nullopt), "2002");
  world.put(world.person("ENDED0000001", true, world.clock.now()), "2003");
  check_card_refused(world, card_der("hpki-auth", "good", "2001"), "card_person_suspended");
  check_card_refused(world, card_der("hpki-auth", "good", "2002"), "card_no_second_certificate");
  check_card_refused(world, card_der("hpki-auth", "good", "2003"), "card_second_certificate_ended");
}

TEST_CASE("the card origin acts only on a live start record, once, at its own host name") {
  World world;
  Browser pc;
  const std::string url = world.post(pc, "/api/start", {{"purpose", "enrol"}}).body["card_url"];
  const auto elsewhere = "https://0123" + url.substr(12);
  CHECK(world.card_origin(elsewhere, good_card()).status == 403);
  CHECK(world.newest_refusal() == "sign_in_start_unknown");
  CHECK(world.card_origin(url, good_card()).status == 303);
  CHECK(world.card_origin(url, good_card()).status == 403);  // used
  const std::string late = world.post(pc, "/api/start", {{"purpose", "enrol"}}).body["card_url"];
  world.clock.advance(300s);
  CHECK(world.card_origin(late, good_card()).status == 403);
}

TEST_CASE("two attempts never share a host name") {
  World world;
  Browser pc;
  const std::string first = world.post(pc, "/api/start", {{"purpose", "enrol"}}).body["card_url"];
  const std::string second = world.post(pc, "/api/start", {{"purpose", "enrol"}}).body["card_url"];
  CHECK(first.substr(0, 40) != second.substr(0, 40));
}

TEST_CASE("a hand-over code without its start record's cookie, twice, or late") {
  World world;
  Browser pc, thief;
  const auto begin = [&] {
    return world.card_origin(world.post(pc, "/api/start", {{"purpose", "enrol"}}).body["card_url"], good_card()).code;
  };
  const auto code = begin();
  CHECK(world.post(thief, "/api/handover", {{"code", code}}).status == 403);
  CHECK(world.newest_refusal() == "sign_in_code_unknown");
  thief.cookies["__Host-tegata-start"] = "of another log-in";
  CHECK(world.post(thief, "/api/handover", {{"code", code}}).status == 403);
  const auto cookies = pc.cookies;
  CHECK(world.post(pc, "/api/handover", {{"code", code}}).status == 200);  // the thief cost nothing
  pc.cookies = cookies;
  CHECK(world.post(pc, "/api/handover", {{"code", code}}).status == 403);  // once
  const auto late = begin();
  world.clock.advance(60s);
  CHECK(world.post(pc, "/api/handover", {{"code", late}}).status == 403);
  CHECK(world.newest_refusal() == "sign_in_code_unknown");
}

TEST_CASE("a second phone on the same QR before the PC confirmed: the ticket ends on both screens") {
  World world;
  Browser pc, first, second;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto secret = world.ticket(pc);
  REQUIRE(world.claim(first, secret).status == 200);
  const auto refused = world.claim(second, secret);
  CHECK(refused.status == 409);
  CHECK(refused.body["cause"] == "ticket_other_phone");
  CHECK(world.newest_refusal() == "ticket_other_phone");
  const auto pc_side = world.get(pc, "/api/enrollment");
  CHECK(pc_side.body["state"] == "rejected");
  CHECK(pc_side.body["reason"] == "other_phone");
  CHECK(world.post(first, "/api/phone/status", {{"ticket", secret}}).body["state"] == "rejected");
  CHECK(world.post(pc, "/api/enrollment", Json::object()).status == 201);  // a fresh QR without the card
}

TEST_CASE("defect: a phone that opened the QR after another had claimed it was turned away, and nobody was told") {
  World world;
  Browser pc, first, second;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto secret = world.ticket(pc);
  REQUIRE(world.claim(first, secret).status == 200);
  const auto looked = world.post(second, "/api/phone/look", {{"ticket", secret}});
  CHECK(looked.status == 200);
  CHECK(looked.body["mine"] == false);
  CHECK_FALSE(looked.body.contains("match_number"));
  CHECK(world.pc_state(pc) == "opened");  // looking ends nothing
  SECTION("its tap ends the ticket on both screens") {
    const auto refused = world.claim(second, secret);
    CHECK(refused.status == 409);
    CHECK(refused.body["cause"] == "ticket_other_phone");
  }
  SECTION("so does its no") {
    const auto refused = world.post(second, "/api/phone/decline", {{"ticket", secret}});
    CHECK(refused.status == 409);
    CHECK(refused.body["cause"] == "ticket_other_phone");
  }
  CHECK(world.get(pc, "/api/enrollment").body["reason"] == "other_phone");
  CHECK(world.post(first, "/api/phone/status", {{"ticket", secret}}).body["state"] == "rejected");
}

TEST_CASE("a second phone after the PC confirmed is refused as a stranger, and the first goes on") {
  World world;
  Browser pc, first, second;
  const auto secret = world.confirmed_ticket(pc, first);
  const auto refused = world.claim(second, secret);
  CHECK(refused.status == 404);
  CHECK_FALSE(refused.body.contains("cause"));
  CHECK(world.newest_refusal() == "ticket_not_owner");
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(first, secret, authenticator).status == 200);
}

TEST_CASE("a wrong number ends the ticket; numbers that are none do not") {
  World world;
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto secret = world.ticket(pc);
  const std::string number = world.claim(phone, secret).body["match_number"];
  for (const auto* none : {"", "4", "471", "4a", "４７"}) {
    CHECK(world.post(pc, "/api/enrollment/confirm", {{"number", none}}).body["cause"] == "ticket_number_malformed");
  }
  CHECK(world.pc_state(pc) == "opened");
  const auto wrong = world.post(pc, "/api/enrollment/confirm", {{"number", number == "00" ? "01" : "00"}});
  CHECK(wrong.status == 409);
  CHECK(wrong.body["cause"] == "ticket_wrong_number");
  CHECK(world.newest_refusal() == "ticket_wrong_number");
  CHECK(world.get(pc, "/api/enrollment").body["reason"] == "wrong_number");
  CHECK(world.post(pc, "/api/enrollment/confirm", {{"number", number}}).status != 200);
}

TEST_CASE("rejected on the PC, or on the phone") {
  World world;
  Browser pc, phone;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  auto secret = world.ticket(pc);
  REQUIRE(world.claim(phone, secret).status == 200);
  CHECK(world.post(pc, "/api/enrollment/reject", Json::object()).status == 200);
  CHECK(world.newest_refusal() == "ticket_rejected_on_pc");
  CHECK(world.post(phone, "/api/phone/status", {{"ticket", secret}}).body["reason"] == "rejected_on_pc");
  secret = world.ticket(pc);
  REQUIRE(world.post(phone, "/api/phone/decline", {{"ticket", secret}}).status == 200);
  CHECK(world.get(pc, "/api/enrollment").body["reason"] == "rejected_on_phone");
}

TEST_CASE("an expired ticket, and one that never was, look the same to strangers") {
  World world;
  Browser pc, phone, stranger;
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  const auto secret = world.ticket(pc);
  world.clock.advance(600s);
  CHECK(world.pc_state(pc) == "expired");
  const auto expired = world.post(stranger, "/api/phone/look", {{"ticket", secret}});
  CHECK(world.newest_refusal() == "ticket_expired");
  const auto unknown = world.post(stranger, "/api/phone/look", {{"ticket", "AAAAAAAAAAAAAAAAAAAAAA"}});
  CHECK(world.newest_refusal() == "ticket_unknown");
  CHECK(expired.status == unknown.status);
  CHECK(expired.response.body == unknown.response.body);
  CHECK(expired.response.headers == unknown.response.headers);
  CHECK(world.claim(phone, secret).status == expired.status);
}

TEST_CASE("registrations that are refused keep the ticket") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  const std::pair<Lie, const char*> lies[] = {
      {Lie::challenge, "webauthn_challenge_mismatch"}, {Lie::origin, "webauthn_origin_mismatch"},
      {Lie::rp_id, "webauthn_rp_id_mismatch"},         {Lie::no_uv, "webauthn_user_not_verified"},
      {Lie::no_up, "webauthn_user_not_present"},       {Lie::type, "webauthn_type_mismatch"}};
  for (const auto& [lie, code] : lies) {
    INFO(code);
    auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
    Behaviour behaviour;
    behaviour.lie = lie;
    const auto refused = world.try_register(phone, secret, authenticator, behaviour);
    CHECK(refused.status >= 400);
    CHECK(refused.body["cause"] == code);
    CHECK(world.newest_refusal() == code);
    CHECK(world.pc_state(pc) == "confirmed");
  }
  CHECK(world.phones_of("AB123456789").empty());
  auto honest = tegata::sandbox::authenticator::Authenticator::make(world.random);
  CHECK(world.try_register(phone, secret, honest).status == 200);
}

TEST_CASE("the challenge of an earlier options call does not register") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  const auto old = world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["publicKey"];
  REQUIRE(world.post(phone, "/api/phone/options", {{"ticket", secret}}).status == 200);
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto credential = authenticator.create(old, public_origin, {}, world.random);
  REQUIRE(credential);
  const auto refused = world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", *credential}});
  CHECK(refused.body["cause"] == "webauthn_challenge_mismatch");
}

TEST_CASE("the same credential twice is refused, and the second ticket is kept") {
  World world;
  Browser pc, phone;
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto first = world.confirmed_ticket(pc, phone);
  auto options = world.post(phone, "/api/phone/options", {{"ticket", first}}).body["publicKey"];
  const auto again = authenticator;
  REQUIRE(world.try_register(phone, first, authenticator).status == 200);

  Browser pc_two, phone_two;
  const auto second = world.confirmed_ticket(pc_two, phone_two);
  options = world.post(phone_two, "/api/phone/options", {{"ticket", second}}).body["publicKey"];
  CHECK(options["excludeCredentials"].size() == 1);
  const auto id = authenticator.credentials()[0].id;
  Behaviour same_id;
  same_id.edit_authenticator_data = [id](Bytes& data) {
    // The attested credential ID stands behind rpIdHash, flags, signCount, AAGUID and its length: 55 bytes.
    std::copy(id.begin(), id.end(), data.begin() + 55);
  };
  auto other = tegata::sandbox::authenticator::Authenticator::make(world.random);
  options["excludeCredentials"] = Json::array();
  auto credential = other.create(options, public_origin, same_id, world.random);
  REQUIRE(credential);
  (*credential)["id"] = (*credential)["rawId"] = base64url(id);
  const auto refused = world.post(phone_two, "/api/phone/register", {{"ticket", second}, {"credential", *credential}});
  CHECK(refused.body["cause"] == "ticket_credential_known");
  CHECK(world.newest_refusal() == "ticket_credential_known");
  CHECK(world.pc_state(pc_two) == "confirmed");
  CHECK(world.phones_of("AB123456789").size() == 1);
}

TEST_CASE("a person suspended between options and registration binds nothing") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  const auto options = world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["publicKey"];
  auto authenticator = tegata::sandbox::authenticator::Authenticator::make(world.random);
  const auto credential = authenticator.create(options, public_origin, {}, world.random);
  REQUIRE(credential);
  world.put(world.person("AB123456789", false, world.clock.now() + 24h), "1001");
  const auto refused = world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", *credential}});
  CHECK(refused.body["cause"] == "ticket_person_not_in_good_standing");
  CHECK(world.phones_of("AB123456789").empty());
}

TEST_CASE("malformed bodies are refused by their own codes and change nothing") {
  World world;
  Browser pc, phone;
  const auto secret = world.confirmed_ticket(pc, phone);
  const auto raw = [&](const std::string& body, const std::string& type = "application/json") {
    auto out = world.request(phone, "POST", "/api/phone/register");
    out.headers.emplace("origin", public_origin);
    out.headers.emplace("sec-fetch-site", "same-origin");
    out.headers.emplace("content-type", type);
    out.body = body;
    return world.router.handle(out);
  };
  CHECK(raw("{").cause == "json_malformed");
  CHECK(raw("{\"ticket\":\"a\",\"ticket\":\"b\"}").cause == "json_duplicate_key");
  CHECK(raw("{\"ticket\":\"\xff\"}").cause == "json_bad_utf8");
  CHECK(raw(std::string(100, '[')).cause == "json_too_deep");
  CHECK(raw("{\"ticket\":\"" + std::string(70'000, 'a') + "\"}").cause == "json_too_large");
  CHECK(raw("{\"ticket\":5}").cause == "json_member_type");
  CHECK(raw("{}").cause == "json_member_missing");
  CHECK(raw("ticket=a", "application/x-www-form-urlencoded").cause == "http_content_type");
  Json credential = {{"id", "AAAA"},
                     {"rawId", "AAAA"},
                     {"type", "public-key"},
                     {"clientExtensionResults", Json::object()},
                     {"response", {{"clientDataJSON", "e30"}, {"attestationObject", "===="}}}};
  CHECK(world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", credential}}).body["cause"] ==
        "base64url_malformed");
  CHECK(world.newest_refusal() == "base64url_malformed");
  // A map that declares 2^31 members: refused by the scanner, before any library sees a byte.
  credential["response"]["attestationObject"] = base64url(Bytes{0xba, 0x80, 0, 0, 0});
  const std::string challenge =
      world.post(phone, "/api/phone/options", {{"ticket", secret}}).body["publicKey"]["challenge"];
  credential["response"]["clientDataJSON"] =
      base64url(as_bytes(R"({"type":"webauthn.create","challenge":")" + challenge +
                         R"(","origin":"https://localhost:8443","crossOrigin":false})"));
  const auto refused = world.post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", credential}});
  CHECK(refused.status >= 400);
  CHECK(world.newest_refusal().starts_with("webauthn_cbor_"));
  CHECK(world.pc_state(pc) == "confirmed");
}

TEST_CASE("a call from another site changes nothing") {
  World world;
  Browser pc;
  auto out = world.request(pc, "POST", "/api/start");
  out.headers.emplace("content-type", "application/json");
  out.body = R"({"purpose":"enrol"})";
  CHECK(world.router.handle(out).cause == "http_cross_site");
  out.headers.emplace("origin", "https://localhost:9999");  // cookies ignore ports, so the port is compared
  out.headers.emplace("sec-fetch-site", "same-site");
  CHECK(world.router.handle(out).cause == "http_cross_site");
  CHECK(world.count_audit("card_login_started") == 0);
}
