// The page of phones: list, rename, remove, sign in by a phone, and what ends with a removed one.
#include "enroll/devices.h"

#include "enroll/errors.h"
#include "rp/base/errors.h"
#include "rp/store/audit/log.h"
#include "rp/store/facilities.h"
#include "rp/store/notices.h"
#include "rp/store/passes.h"
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

// A phone that is bound to the sample person, and the PC that bound it.
struct BoundPhone {
  explicit BoundPhone(World& of)
      : world(of), authenticator(tegata::sandbox::authenticator::Authenticator::make(world.random)) {
    Browser pc;
    const auto secret = world.confirmed_ticket(pc, phone);
    const auto registered = world.try_register(phone, secret, authenticator);
    REQUIRE(registered.status == 200);
    label = registered.body["label"];
    id = base64url(authenticator.credentials()[0].id);
  }
  World& world;
  Browser phone;
  tegata::sandbox::authenticator::Authenticator authenticator;
  std::string label, id;

  Answer sign_in(Browser& browser, const Behaviour& behaviour = {}) {
    const auto options = world.post(browser, "/api/devices/login/options", Json::object());
    REQUIRE(options.status == 200);
    const auto made = authenticator.get(options.body["publicKey"], public_origin, behaviour, world.random);
    REQUIRE(made);
    return world.post(browser, "/api/devices/login", {{"credential", *made}});
  }
};

Json devices(World& world, Browser& browser) {
  const auto answer = world.get(browser, "/api/devices");
  REQUIRE(answer.status == 200);
  return answer.body;
}

std::size_t notices(World& world, const std::string& kind) {
  const auto all = world.store->read<std::vector<store::Notice>>(
      [](tegata::store::Reader& reader) { return store::list_notices(reader, 0, 1000); });
  REQUIRE(all);
  return static_cast<std::size_t>(
      std::count_if(all->begin(), all->end(), [&](const auto& notice) { return notice.kind == kind; }));
}

}  // namespace

TEST_CASE("the devices page lists what is bound, and only to whoever manages phones") {
  World world;
  BoundPhone bound(world);
  Browser pc;
  CHECK(world.get(pc, "/api/devices").status == 401);
  REQUIRE(world.log_in(pc, good_card()).status == 200);
  CHECK(world.get(pc, "/api/devices").status == 401);  // a session for enrolling
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto page = devices(world, pc);
  REQUIRE(page["devices"].size() == 1);
  const auto& phone = page["devices"][0];
  CHECK(phone["credential_id"] == bound.id);
  CHECK(phone["label"] == bound.label);
  CHECK(phone["way"] == "card");
  CHECK(phone["last_used"].is_null());
  CHECK(phone["this_phone"] == false);
  CHECK(page["signals"]["accepted"]["allAcceptedCredentialIds"] == Json::array({bound.id}));
  CHECK(page["events"][0]["kind"] == "card_login");
  CHECK(page["events"].dump().find("credential_registered") != std::string::npos);
  CHECK(notices(world, "phone_added") == 1);
}

TEST_CASE("defect: one record of another shape, once accepted, was the end of that person's devices page") {
  World world;
  BoundPhone bound(world);
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto id = world.store->read<std::string>([](tegata::store::Reader& reader) -> Result<std::string> {
    TEGATA_ASSIGN(const auto all, tegata::store::audit::list_audit(reader, 1, 1000));
    for (const auto& each : all) {
      if (each.event.kind == "card_login") return each.event.actor;
    }
    return Error(errors::internal, "none");
  });
  REQUIRE(id);
  for (const Json& details : {Json::array(), Json{{"to", 1}, {"from", nullptr}, {"label", Json::object()}}}) {
    REQUIRE(world.store->write<void>([&](store::Transaction& transaction) -> Status {
      transaction.audit({"credential_renamed", "system", *id, "", details, "", ""});
      return {};
    }));
    const auto shown = devices(world, pc)["events"][0];
    CHECK(shown["kind"] == "credential_renamed");
    CHECK(shown["label"] == "");
  }
}

TEST_CASE("a bound phone signs in by itself, and sees that it is this phone") {
  World world;
  BoundPhone bound(world);
  const auto signed_in = bound.sign_in(bound.phone);
  REQUIRE(signed_in.status == 200);
  const auto page = devices(world, bound.phone);
  CHECK(page["method"] == "bound-phone");
  CHECK(page["devices"][0]["this_phone"] == true);
  CHECK(page["devices"][0]["last_used"].is_string());
  CHECK(world.count_audit("phone_login") == 1);
}

TEST_CASE("signing in by a phone is refused, and a stranger hears one answer") {
  World world;
  BoundPhone bound(world);
  Browser browser;
  SECTION("no ceremony") {
    const auto options = world.post(browser, "/api/devices/login/options", Json::object());
    const auto made = bound.authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    Browser other;
    CHECK(world.post(other, "/api/devices/login", {{"credential", *made}}).status == 403);
    CHECK(world.newest_refusal() == "devices_ceremony_unknown");
    // The same answer twice: the second finds the ceremony gone.
    REQUIRE(world.post(browser, "/api/devices/login", {{"credential", *made}}).status == 200);
    CHECK(world.post(browser, "/api/devices/login", {{"credential", *made}}).status == 403);
    CHECK(world.newest_refusal() == "devices_ceremony_unknown");
  }
  SECTION("too late") {
    const auto options = world.post(browser, "/api/devices/login/options", Json::object());
    const auto made = bound.authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    world.clock.advance(300s);
    CHECK(world.post(browser, "/api/devices/login", {{"credential", *made}}).status == 403);
    CHECK(world.newest_refusal() == "devices_ceremony_unknown");
  }
  SECTION("unknown credential and wrong signature: the same answer") {
    Behaviour behaviour;
    behaviour.lie = Lie::bogus_signature;
    const auto wrong = bound.sign_in(browser, behaviour);
    CHECK(world.newest_refusal() == "webauthn_signature_invalid");
    const auto options = world.post(browser, "/api/devices/login/options", Json::object());
    auto made = *bound.authenticator.get(options.body["publicKey"], public_origin, {}, world.random);
    made["id"] = made["rawId"] = base64url(Bytes(32, 7));
    const auto unknown = world.post(browser, "/api/devices/login", {{"credential", made}});
    CHECK(world.newest_refusal() == "devices_credential_unknown");
    CHECK(wrong.status == unknown.status);
    auto first = wrong.body, second = unknown.body;
    CHECK(first == second);
  }
  SECTION("suspended") {
    world.put(world.person("AB123456789", false, world.clock.now() + 1h), "1001");
    CHECK(bound.sign_in(browser).status == 403);
    CHECK(world.newest_refusal() == "devices_person_not_in_good_standing");
  }
}

TEST_CASE("renaming: filtered, unique, one's own only") {
  World world;
  BoundPhone first(world), second(world);
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto rename = [&](const std::string& id, const std::string& label) {
    return world.post(pc, "/api/devices/rename", {{"credential_id", id}, {"label", label}});
  };
  CHECK(rename(first.id, "診察室の電話").body["label"] == "診察室の電話");
  CHECK(rename(second.id, "診察室の電話").status == 409);
  CHECK(world.newest_refusal() == "store_label_taken");
  CHECK(rename(second.id, "<>").status == 422);
  CHECK(rename(base64url(Bytes(32, 9)), "x").status == 404);
  CHECK(world.newest_refusal() == "devices_phone_unknown");
  world.put(world.person("CD999999999", true, world.clock.now() + 24h), "2002");
  Browser other;
  REQUIRE(world.log_in(other, card_der("hpki-auth", "good", "2002"), false, "devices").status == 200);
  CHECK(world.post(other, "/api/devices/rename", {{"credential_id", first.id}, {"label", "x"}}).status == 404);
  CHECK(world.post(other, "/api/devices/remove", {{"credential_id", first.id}}).status == 404);
  CHECK(notices(world, "phone_renamed") == 1);
}

TEST_CASE("removing asks for a fresh log-in, ends what the phone holds, and tells the browser") {
  World world;
  BoundPhone lost(world), kept(world);
  Browser pc, thief;
  REQUIRE(lost.sign_in(thief).status == 200);
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  world.clock.advance(299s);
  REQUIRE(world.post(thief, "/api/enrollment", Json::object()).status == 201);  // a QR for a new phone
  world.clock.advance(1s);
  const Json call = {{"credential_id", lost.id}};
  CHECK(world.post(pc, "/api/devices/remove", call).status == 403);
  CHECK(world.newest_refusal() == "devices_step_up_needed");
  CHECK(world.phones_of("AB123456789").size() == 2);
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto removed = world.post(pc, "/api/devices/remove", call);
  REQUIRE(removed.status == 200);
  CHECK(removed.body["signed_out"] == false);
  CHECK(removed.body["signals"]["accepted"]["allAcceptedCredentialIds"] == Json::array({kept.id}));
  CHECK(world.phones_of("AB123456789").size() == 1);
  CHECK(world.get(thief, "/api/devices").status == 401);
  CHECK(notices(world, "phone_removed") == 1);
  const auto records = world.audit();
  const auto& record = records.back().event;
  CHECK(record.kind == "credential_removed");
  CHECK(record.details["tickets"] == 1);
  CHECK(record.details["sessions"] == 1);
  // Its next visit: it proves itself, and only so hears that its passkey is dead.
  const auto visit = lost.sign_in(thief);
  CHECK(visit.status == 403);
  CHECK(visit.body["signals"]["unknown"]["credentialId"] == lost.id);
  CHECK(world.newest_refusal() == "devices_credential_removed");
  CHECK(world.post(pc, "/api/devices/remove", call).status == 404);
}

TEST_CASE("a phone may remove itself, and is signed out by that") {
  World world;
  BoundPhone bound(world);
  REQUIRE(bound.sign_in(bound.phone).status == 200);
  const auto removed = world.post(bound.phone, "/api/devices/remove", {{"credential_id", bound.id}});
  REQUIRE(removed.status == 200);
  CHECK(removed.body["signed_out"] == true);
  CHECK(world.get(bound.phone, "/api/devices").status == 401);
}

TEST_CASE("renaming asks for the session again, inside its transaction") {
  World world;
  BoundPhone bound(world);
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto session = world.store->read<std::optional<store::Session>>([&](tegata::store::Reader& reader) {
    return store::find_session(reader, sha256(pc.cookies["__Host-tegata-session"]), world.clock.now());
  });
  REQUIRE(session);
  REQUIRE(*session);
  REQUIRE(world.post(pc, "/api/session/end", Json::object()).status == 204);
  enroll::Settings settings;
  const enroll::Services services{*world.store, world.clock, world.random, settings};
  const auto renamed = enroll::rename_device(services, world.request(pc, "POST", "/api/devices/rename"), **session,
                                             bound.authenticator.credentials()[0].id, "late");
  REQUIRE_FALSE(renamed);
  CHECK(renamed.error().code() == errors::sign_in_session_missing);
  CHECK(world.phones_of("AB123456789")[0].label == bound.label);
}

TEST_CASE("what the browser is told after a removal is the list as that transaction left it") {
  World world;
  BoundPhone first(world);
  BoundPhone second(world);
  Browser pc;
  REQUIRE(world.log_in(pc, good_card(), false, "devices").status == 200);
  const auto removed = world.post(pc, "/api/devices/remove", {{"credential_id", first.id}});
  REQUIRE(removed.status == 200);
  CHECK(removed.body["signals"]["accepted"]["allAcceptedCredentialIds"] == Json::array({second.id}));
}
