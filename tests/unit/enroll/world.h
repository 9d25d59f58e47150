// A server without sockets: store, enrollment routes, a test PKI, one PC and as many phones as a test wants.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>

#include "enroll/handlers.h"
#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "rp/store/audit/log.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"

namespace tegata::test {

using namespace std::chrono_literals;
using sandbox::authenticator::Behaviour;
using sandbox::authenticator::Lie;

inline constexpr const char* public_origin = "https://localhost:8443";
inline constexpr const char* related_origin = "https://tegata.example";

// RSA keys take their time: one PKI for all tests of the program, at the moment where every clock starts.
inline sandbox::test_pki::TestPki& pki() {
  static sandbox::test_pki::TestPki made{StillClock().now()};
  return made;
}

inline Bytes card_der(const std::string& kind, const std::string& state, const std::string& holder,
                      const std::vector<std::string>& roles = {"Medical Doctor"}) {
  static std::map<std::string, Bytes> made;
  auto& slot = made[kind + "/" + state + "/" + holder];
  if (slot.empty()) {
    slot = sandbox::test_pki::der(
        pki().make_card({"card", kind, state, holder, "Kensho Taro", "検証 太郎", roles, ""}).identity.certificate);
  }
  return slot;
}

inline Bytes good_card() { return card_der("hpki-auth", "good", "1001"); }

// A browser: its cookies, and what it says of itself.
struct Browser {
  std::map<std::string, std::string> cookies;
  std::string user_agent =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
      "Mobile/15E148 Safari/604.1";
};

// The cookie by which a phone owns its one ticket: name and value.
inline std::pair<std::string, std::string> claim_cookie_of(const Browser& phone) {
  for (const auto& cookie : phone.cookies) {
    if (cookie.first.starts_with("__Host-tegata-phone-")) return cookie;
  }
  FAIL("owns no ticket");
  return {};
}

struct Answer {
  int status = 0;
  Json body;
  http::Response response;
};

class World {
 public:
  StillClock clock;
  SharedRandom random;
  std::shared_ptr<const webauthn::metadata::Metadata> metadata;  // what the server knows about models, if anything
  std::shared_ptr<const card::CardTrust> trust =
      std::make_shared<const card::CardTrust>(card::CardTrust{{authority()}, {}, true});
  std::string address = "192.0.2.1";  // of every browser
  card::RevocationAnswer mynumber_answer = card::RevocationAnswer::good;
  std::shared_ptr<enroll::PasswordWork> passwords;  // none: tickets with one are not taken
  std::optional<enroll::RegistrationNumberSettings> registration_number;
  std::shared_ptr<enroll::Limits> limits;  // none: each server has new ones
  std::unique_ptr<store::Store> store;
  http::Router router;

  explicit World(webauthn::SecondVerifier second = webauthn::libfido2_second_opinion)
      : directory_(std::filesystem::temp_directory_path() /
                   ("tegata-enroll-" + std::to_string(::getpid()) + "-" + std::to_string(++made_))) {
    second_ = std::move(second);
    std::filesystem::remove_all(directory_);  // of a run that was killed
    std::filesystem::create_directories(directory_);
    start();
    put(person("AB123456789", true, clock.now() + 24h * 365), "1001");
  }
  // Ends the server, if it runs, and starts another on the same database.
  void start() {
    stop();
    store::Options options;
    options.database = (directory_ / "db").string();
    options.audit_key = (directory_ / "audit.pem").string();
    auto opened = test::open_store(options, clock, random);
    REQUIRE(opened);
    store = std::move(*opened);
    enroll::Settings settings;
    settings.public_origin = public_origin;
    settings.card_origin_pattern = "https://*.card.localhost:8444";
    settings.rp_id = "localhost";
    settings.related_origins = {related_origin};
    settings.mynumber_origin_pattern = "https://*.mynumber.localhost:8446";
    settings.mynumber = mynumber_authorities();
    settings.mynumber_revocation = [this](const card::RevocationQuestion&, Instant) { return mynumber_answer; };
    settings.registration_number = registration_number;
    if (registration_number) settings.origins[enroll::origin_registration_number] = {};
    enroll::Services services{*store, clock, random, settings};
    services.trust = [this] { return trust; };
    services.second_verifier = second_;
    services.metadata = [this] { return metadata; };
    services.passwords = passwords;
    if (limits) services.limits = limits;
    services.browsers = http::Browsers(Bytes(32, 3));
    enroll::add_routes(router, services);
  }
  void stop() {
    router = {};
    store.reset();
  }
  ~World() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  store::Practitioner person(const std::string& id, bool active, std::optional<Instant> second_certificate) {
    return {id, random_bytes(random, 64), "検証 太郎", "Kensho Taro", {"Medical Doctor"}, active, second_certificate};
  }
  void put(const store::Practitioner& who, const std::string& holder_number) {
    const auto done = store->write<void>([&](store::Transaction& transaction) -> Status {
      store::AuditEvent event;
      event.kind = "test_setup";
      transaction.audit(event);
      TEGATA_TRY(store::put_practitioner(transaction, who));
      return store::put_card(transaction, "TEST", holder_number, who.id);
    });
    REQUIRE(done);
  }

  http::Request request(const Browser& browser, const std::string& method, const std::string& path) {
    http::Request out;
    out.method = method;
    out.path = path;
    out.remote_address = address;
    out.request_id = "test";
    out.headers.emplace("user-agent", browser.user_agent);
    std::string cookies;
    for (const auto& [name, value] : browser.cookies) cookies += name + "=" + value + "; ";
    out.cookies = http::parse_cookies({cookies}).value();  // no check of Catch: threads come here
    return out;
  }
  Answer send(Browser& browser, http::Request out) {
    auto response = router.handle(out);
    const auto range = response.headers.equal_range("Set-Cookie");
    for (auto it = range.first; it != range.second; ++it) {
      const auto& line = it->second;
      const auto name = line.substr(0, line.find('='));
      if (line.find("Max-Age=0") != std::string::npos) {
        browser.cookies.erase(name);
      } else {
        browser.cookies[name] = line.substr(name.size() + 1, line.find(';') - name.size() - 1);
      }
    }
    auto body = parse_json(response.body);
    return {response.status, body ? *body : Json(), response};
  }
  Answer post(Browser& browser, const std::string& path, const Json& body) {
    auto out = request(browser, "POST", path);
    out.headers.emplace("origin", public_origin);
    out.headers.emplace("sec-fetch-site", "same-origin");
    out.headers.emplace("content-type", "application/json");
    out.body = dump_json(body);
    return send(browser, out);
  }
  Answer get(Browser& browser, const std::string& path) { return send(browser, request(browser, "GET", path)); }

  // At the card origin or the My Number origin; gives the hand-over code, or nothing and the page's status.
  struct Login {
    int status = 0;
    std::string code;
  };
  Login card_origin(const std::string& card_url, const std::optional<Bytes>& certificate, bool resumed = false) {
    http::Request out;
    out.origin = card_url.find(".mynumber.") == std::string::npos ? http::Origin::card : http::Origin::mynumber;
    out.method = "GET";
    out.path = "/login";
    out.host = card_url.substr(8, card_url.find(':', 8) - 8);
    out.query.emplace("s", card_url.substr(card_url.find("?s=") + 3));
    out.client_certificate = certificate;
    out.tls_resumed = resumed;
    out.remote_address = "192.0.2.1";
    const auto response = router.handle(out);
    const auto location = response.headers.find("Location");
    if (location == response.headers.end()) return {response.status, ""};
    return {response.status, location->second.substr(location->second.find("#c=") + 3)};
  }
  // The whole log-in up to the hand-over's answer.
  Answer log_in(Browser& pc, const std::optional<Bytes>& certificate, bool resumed = false,
                const std::string& purpose = "enrol", const std::string& method = "card") {
    const auto start = post(pc, "/api/start", {{"purpose", purpose}, {"method", method}});
    REQUIRE(start.status == 200);
    const auto login = card_origin(start.body["card_url"], certificate, resumed);
    REQUIRE(login.status == 303);
    return post(pc, "/api/handover", {{"code", login.code}});
  }
  // A ticket's secret, for a PC that is logged in.
  std::string ticket(Browser& pc) {
    const auto made = post(pc, "/api/enrollment", Json::object());
    REQUIRE(made.status == 201);
    const std::string url = made.body["url"];
    REQUIRE(url.starts_with(std::string(public_origin) + "/p#t="));
    REQUIRE(url.size() <= 84);
    return url.substr(url.find("#t=") + 3);
  }
  Answer claim(Browser& phone, const std::string& secret) {
    return post(phone, "/api/phone/claim", {{"ticket", secret}, {"platform_authenticator", true}, {"touch_points", 5}});
  }
  // A PC and a phone, as far as the register button.
  std::string confirmed_ticket(Browser& pc, Browser& phone) {
    REQUIRE(log_in(pc, good_card()).status == 200);
    const auto secret = ticket(pc);
    const auto claimed = claim(phone, secret);
    REQUIRE(claimed.status == 200);
    REQUIRE(post(pc, "/api/enrollment/confirm", {{"number", claimed.body["match_number"]}}).status == 200);
    return secret;
  }
  Answer try_register(Browser& phone, const std::string& secret, sandbox::authenticator::Authenticator& authenticator,
                      const Behaviour& behaviour = {}) {
    const auto options = post(phone, "/api/phone/options", {{"ticket", secret}});
    if (options.status != 200) return options;
    const auto credential = authenticator.create(options.body["publicKey"], public_origin, behaviour, random);
    REQUIRE(credential);
    return post(phone, "/api/phone/register", {{"ticket", secret}, {"credential", *credential}});
  }

  std::string pc_state(Browser& pc) { return get(pc, "/api/enrollment").body.value("state", "?"); }

  std::vector<store::audit::AuditRecord> audit() {
    const auto records = store->read<std::vector<store::audit::AuditRecord>>(
        [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 100'000); });
    REQUIRE(records);
    return *records;
  }
  // The code of the newest refusal in the audit log.
  std::string newest_refusal() {
    std::string code;
    for (const auto& record : audit()) {
      if (!record.event.code.empty()) code = record.event.code;
    }
    return code;
  }
  std::size_t count_audit(const std::string& kind) {
    std::size_t count = 0;
    for (const auto& record : audit()) count += record.event.kind == kind;
    return count;
  }
  std::vector<store::BoundCredential> phones_of(const std::string& id) {
    const auto all = store->read<std::vector<store::BoundCredential>>(
        [&](store::Reader& reader) { return store::list_credentials(reader, id); });
    REQUIRE(all);
    return *all;
  }

 private:
  static std::shared_ptr<const card::MyNumberAuthorities> mynumber_authorities() {
    auto parsed = card::parse_mynumber_authorities({sandbox::test_pki::pem(pki().jpki().certificate), {}, true});
    REQUIRE(parsed);
    return std::make_shared<const card::MyNumberAuthorities>(std::move(*parsed));
  }
  static card::CardAuthority authority() {
    card::CardAuthority out;
    out.name = "TEST";
    out.roots = {sandbox::test_pki::der(pki().hpki().root.certificate)};
    out.intermediates = {sandbox::test_pki::der(pki().hpki().authentication.certificate),
                         sandbox::test_pki::der(pki().hpki().signing.certificate)};
    return out;
  }
  webauthn::SecondVerifier second_;
  std::filesystem::path directory_;
  static inline int made_ = 0;
};

}  // namespace tegata::test
