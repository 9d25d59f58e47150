// One practitioner with a phone, two facilities, a signature service, and every endpoint behind a router.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "rp/activation/handlers.h"
#include "rp/activation/phone.h"
#include "rp/sandbox/authenticator/authenticator.h"
#include "rp/store/audit/log.h"
#include "rp/store/facilities.h"
#include "rp/store/passes.h"
#include "rp/store/practitioners.h"
#include "rp/store/sign_in.h"
#include "rp/webauthn/options.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"

namespace tegata::test {

using namespace std::chrono_literals;

using Parameters = std::map<std::string, std::string>;

// A browser or an EHR: what it sends with each request.
struct Party {
  std::string client_id;
  std::optional<Bytes> certificate;
};

struct Phone {
  sandbox::authenticator::Authenticator authenticator;
  std::map<std::string, std::string> cookies;
};

// As the edge reads the line that a browser sends. No check of Catch: threads come here.
inline std::vector<http::Cookie> cookies_of(const std::string& line) { return http::parse_cookies({line}).value(); }

inline Bytes certificate_named(const std::string& name) { return to_bytes(as_bytes("certificate of " + name)); }

class World {
 public:
  static constexpr const char* origin = "https://localhost:8443";
  static constexpr const char* audience = "https://sign.example";

  StillClock clock;
  SharedRandom random;
  std::shared_ptr<const pass::KeySet> keys =
      std::make_shared<const pass::KeySet>(pass::KeySet{sample_key(), {sample_key(second_key)}});
  std::shared_ptr<const webauthn::metadata::Metadata> metadata;  // what the server knows about models, if anything
  std::string phone_address = "192.0.2.2";
  const http::Browsers browsers{Bytes(32, 3)};
  std::unique_ptr<store::Store> store;
  http::Router router;

  const Party ehr{"ehr-1", certificate_named("ehr-1")};
  const Party ehr_second_certificate{"ehr-1", certificate_named("ehr-1 reissued")};
  const Party other_ehr{"ehr-2", certificate_named("ehr-2")};
  const Party service{"signer", certificate_named("signer")};
  const Party other_service{"archive", certificate_named("archive")};

  explicit World(activation::Settings settings = {})
      : directory_(std::filesystem::temp_directory_path() /
                   ("tegata-activation-" + std::to_string(++made_) + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(directory_);  // of a run that was killed
    std::filesystem::create_directories(directory_);
    store::Options options;
    options.database = (directory_ / "db").string();
    options.audit_key = (directory_ / "audit.pem").string();
    auto opened = test::open_store(options, clock, random);
    REQUIRE(opened);
    store = std::move(*opened);
    add_people();
    settings.issuer = origin;
    settings.facility_origin = "https://localhost:8445";
    settings.rp_id = "localhost";
    settings.origins = {origin};
    settings.introspections_per_sample = 2;
    activation::Services services{*store, clock, random, keys, settings};
    services.metadata = [this] { return metadata; };
    services.browsers = browsers;
    activation::add_routes(router, services);
  }
  ~World() {
    store.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::string file(const std::string& name) const { return (directory_ / name).string(); }

  // Changes that an operator makes.
  void change(const std::function<Status(store::Transaction&)>& operation) {
    const auto done = store->write<void>([&](store::Transaction& transaction) -> Status {
      store::AuditEvent event;
      event.kind = "test_setup";
      event.actor = "operator:test";
      transaction.audit(event);
      return operation(transaction);
    });
    if (!done) FAIL(done.error().code().name() << " " << done.error().detail());
  }
  void put(const store::Practitioner& person) {
    change([&](store::Transaction& t) { return store::put_practitioner(t, person); });
  }
  void put(const store::Facility& changed) {
    change([&](store::Transaction& t) { return store::put_facility(t, changed); });
  }
  void put(const store::ClientCertificate& certificate) {
    change([&](store::Transaction& t) { return store::put_client_certificate(t, certificate); });
  }
  store::Practitioner person(const std::string& id, const std::string& name) {
    return {id, random_bytes(random, 64), name, "Kensho Taro", {"Medical Doctor"}, true, clock.now() + 24h * 365};
  }

  // The card of that person, made known where it is not yet; stands until end_card.
  store::CardCertificate card_of(const store::Practitioner& owner) const {
    return {sha256("issuer"), {card_generation_, static_cast<std::uint8_t>(owner.id.back())}};
  }
  // From here on everybody has another card.
  void renew_card() { ++card_generation_; }
  store::Ended end_card(const store::Practitioner& owner, store::Reach reach = store::Reach::everything) {
    store::Ended out;
    change([&](store::Transaction& t) -> Status {
      TEGATA_ASSIGN(const auto basis, store::basis_of_card(t, card_of(owner), owner.id));
      REQUIRE(basis);
      TEGATA_ASSIGN(out, store::end_basis(t, *basis, "activation_card_revoked", reach));
      return {};
    });
    return out;
  }
  // A session on that person's card, unless it names a basis; gives its cookie.
  std::string begin_session(const store::Practitioner& owner, store::Session session) {
    const std::string cookie = random_secret(random, 32);
    change([&](store::Transaction& t) -> Status {
      session.cookie = sha256(cookie);
      session.practitioner_id = owner.id;
      if (!session.card.contains("not_after"))
        session.card["not_after"] = format_rfc3339(clock.now() + std::chrono::hours(1));
      session.card["fingerprint"] = "f";
      session.expires_at = clock.now() + std::chrono::minutes(15);
      TEGATA_ASSIGN(const auto basis, store::basis_of_card(t, card_of(owner), owner.id));
      if (session.basis == 0) session.basis = basis.value_or(0);
      TEGATA_ASSIGN(const bool begun, store::insert_session(t, session));
      REQUIRE(begun);
      return {};
    });
    return cookie;
  }

  // A phone bound to that person by their card, through a real registration.
  Phone enrolled_phone(const store::Practitioner& owner, const sandbox::authenticator::Behaviour& behaviour = {}) {
    Phone phone{sandbox::authenticator::Authenticator::make(random), {}};
    webauthn::ExpectedRegistration expected;
    expected.rp_id = "localhost";
    expected.origins = {origin};
    expected.challenge = random_bytes(random, 32);
    expected.now = clock.now();
    expected.policy = webauthn::wire::standard_policy();
    const Json options =
        webauthn::creation_options(expected, "Tegata", {owner.user_handle, owner.id, owner.name}, {}, "none", 60000);
    const auto json = phone.authenticator.create(options, origin, behaviour, random);
    REQUIRE(json);
    const auto response = webauthn::parse_registration_response(*json);
    REQUIRE(response);
    const auto verified = webauthn::verify_registration(expected, *response);
    if (!verified) FAIL(verified.error().code().name() << " " << verified.error().detail());
    bind(owner, verified->record());
    return phone;
  }
  void bind(const store::Practitioner& owner, const webauthn::CredentialRecord& record) {
    store::BoundCredential bound;
    bound.record = record;
    bound.practitioner_id = owner.id;
    bound.user_handle = owner.user_handle;
    bound.label = bound.label_key = "phone " + base64url(record.id).substr(0, 8);
    bound.origin = "card";
    bound.created_at = clock.now();
    change([&](store::Transaction& t) -> Status {
      TEGATA_ASSIGN(bound.rests_on, store::basis_of_card(t, card_of(owner), owner.id));
      TEGATA_ASSIGN(const bool inserted, store::insert_credential(t, bound));
      REQUIRE(inserted);
      return {};
    });
  }

  http::Response post_form(const Party& party, const std::string& path, Parameters parameters) {
    http::Request request;
    request.origin = http::Origin::facility;
    request.method = "POST";
    request.path = path;
    request.client_certificate = party.certificate;
    request.remote_address = "192.0.2.1";
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    if (!party.client_id.empty()) parameters.try_emplace("client_id", party.client_id);
    for (const auto& [name, value] : parameters)
      request.body += (request.body.empty() ? "" : "&") + name + "=" + escape(value);
    return router.handle(request);
  }

  http::Response post_page(Phone& phone, const std::string& path, const Json& body, bool same_origin = true) {
    http::Request request;
    request.method = "POST";
    request.path = "/api/activation/" + path;
    request.remote_address = phone_address;
    request.headers.emplace("content-type", "application/json");
    request.headers.emplace("origin", same_origin ? origin : "https://elsewhere.example");
    request.headers.emplace("sec-fetch-site", same_origin ? "same-origin" : "cross-site");
    std::string line;
    for (const auto& [name, value] : phone.cookies) line += name + "=" + value + "; ";
    request.cookies = cookies_of(line);
    request.body = dump_json(body);
    http::Response response = router.handle(request);
    for (const auto& [name, value] : response.headers) {
      if (name != "Set-Cookie") continue;
      const auto equals = value.find('=');
      const auto kept = value.substr(equals + 1, value.find(';') - equals - 1);
      if (kept.empty()) phone.cookies.erase(value.substr(0, equals));
      if (!kept.empty()) phone.cookies[value.substr(0, equals)] = kept;
    }
    return response;
  }

  // The EHR's steps.
  Json ask(Parameters parameters = {}) {
    parameters.try_emplace("scope", "openid hpki.sign");
    const auto response = post_form(ehr, "/device_authorization", parameters);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }
  http::Response poll(const Json& asked, const Party& party) {
    return post_form(
        party, "/token",
        {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, {"device_code", asked["device_code"]}});
  }
  http::Response poll(const Json& asked) { return poll(asked, ehr); }
  http::Response introspect(const std::string& token, Parameters parameters = {}) {
    parameters["token"] = token;
    return post_form(service, "/introspect", parameters);
  }

  // The phone's steps.
  static std::string scan_token(const Json& asked) {
    const std::string link = asked["verification_uri_complete"];
    return link.substr(link.find("#t=") + 3);
  }
  http::Response scan(Phone& phone, const Json& asked) {
    return post_page(phone, "scan", {{"token", scan_token(asked)}});
  }
  http::Response approve(Phone& phone, const Json& asked, const Json& scanned, const std::string& number,
                         const sandbox::authenticator::Behaviour& behaviour = {}) {
    const auto assertion = phone.authenticator.get(scanned["publicKey"], origin, behaviour, random);
    REQUIRE(assertion);
    return post_page(phone, "approve", {{"token", scan_token(asked)}, {"number", number}, {"credential", *assertion}});
  }
  // Scan and approve with the right number.
  http::Response approve(Phone& phone, const Json& asked, const sandbox::authenticator::Behaviour& behaviour = {}) {
    const auto scanned = scan(phone, asked);
    INFO(scanned.body);
    REQUIRE(scanned.status == 200);
    return approve(phone, asked, Json::parse(scanned.body), asked["number"], behaviour);
  }
  // All of it: the token answer.
  Json whole_activation(Phone& phone, Parameters parameters = {}) {
    const Json asked = ask(std::move(parameters));
    const auto approved = approve(phone, asked);
    INFO(approved.body);
    REQUIRE(approved.status == 200);
    const auto response = poll(asked);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }

  std::vector<store::audit::AuditRecord> audit() {
    const auto records = store->read<std::vector<store::audit::AuditRecord>>(
        [](store::Reader& r) { return store::audit::list_audit(r, 1, 100000); });
    REQUIRE(records);
    return *records;
  }
  // Code and kind of the newest audit record.
  std::string last_code() { return audit().back().event.code; }
  std::string last_kind() { return audit().back().event.kind; }
  int count_kind(const std::string& kind) {
    int out = 0;
    for (const auto& record : audit()) out += record.event.kind == kind;
    return out;
  }

  store::Practitioner doctor;
  store::Practitioner colleague;
  store::Facility facility{"1312345678", "検証病院", true, "standard", std::nullopt, false};

 private:
  static std::string escape(const std::string& text) {
    std::string out;
    for (const unsigned char c : text) {
      constexpr const char* digits = "0123456789ABCDEF";
      if (std::isalnum(c) || c == '-' || c == '_' || c == '.')
        out += static_cast<char>(c);
      else
        out += std::string("%") + digits[c >> 4] + digits[c & 15];
    }
    return out;
  }

  void add_client(const Party& party, const std::string& facility_code, bool resource_server,
                  const std::string& own_audience) {
    store::Client client{party.client_id,         facility_code, resource_server, true,
                         {"openid", "hpki.sign"}, {own_audience}};
    change([&](store::Transaction& t) { return store::put_client(t, client); });
    put(certificate_of(party));
  }

 public:
  store::ClientCertificate certificate_of(const Party& party) {
    return {sha256(*party.certificate), party.client_id, clock.now() - 24h, clock.now() + 24h * 100, true};
  }

 private:
  void add_people() {
    doctor = person("AB12345689", "検証 太郎");
    colleague = person("CD98765401", "検証 花子");
    put(doctor);
    put(colleague);
    put(facility);
    put(store::Facility{"1319999999", "検証診療所", true, "standard", std::nullopt, false});
    add_client(ehr, "1312345678", false, audience);
    add_client(other_ehr, "1319999999", false, audience);
    add_client(service, "", true, audience);
    add_client(other_service, "", true, "https://archive.example");
    put(certificate_of(ehr_second_certificate));
  }

  static inline int made_ = 0;
  std::uint8_t card_generation_ = 1;
  std::filesystem::path directory_;
};

inline std::string error_of(const http::Response& response) {
  const Json body = Json::parse(response.body);
  return body.value("error", body.value("cause", "none: " + response.body));
}

// Status, error and the cause that stands in the newest audit record.
inline std::string outcome_of(World& world, const http::Response& response) {
  return std::to_string(response.status) + " " + error_of(response) + " " + world.last_code();
}

// How the EHR finds its request afterwards.
inline std::string end_of(World& world, const Json& asked) {
  world.clock.advance(3s);
  return error_of(world.poll(asked));
}

// What introspection says of every pass that is not good, whatever the cause.
inline const std::string inactive = R"({"active":false})";

}  // namespace tegata::test
