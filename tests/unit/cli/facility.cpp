// `tegata facility`: facilities, clients and certificates, each refusal by its code, and rehearsals that change
// nothing.
#include "rp/cli/facilities/facility.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rp/facility/errors.h"
#include "rp/host/errors.h"
#include "rp/pass/errors.h"
#include "rp/sandbox/test_pki/issue.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/store/audit/log.h"
#include "rp/store/upkeep/beginning.h"
#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* code = "1312345679";

// An operator's machine, with a facility, its client "ehr", and files.
class FacilityDesk {
 public:
  StillClock clock;
  RepeatableRandom random;
  tegata::server::config::Config config;

  FacilityDesk() : folder_(std::filesystem::temp_directory_path() / ("tegata-facility-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config.public_origin = "https://tegata.example";
    config.database = path("db");
    config.audit_key = path("audit.key");
    REQUIRE(tegata::store::upkeep::begin(server::store_options(config), clock, random));
    REQUIRE(tegata::cli::facilities::add_facility(by(), facility(code), false));
    REQUIRE(tegata::cli::facilities::add_client(by(), {client("ehr"), ""}, false));
  }
  ~FacilityDesk() { std::filesystem::remove_all(folder_); }

  tegata::cli::practitioners::Operator by() { return {config, clock, random, "operator:uid-1"}; }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string text(const std::string& name) {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static tegata::cli::facilities::FacilityOrder facility(const std::string& with_code) {
    tegata::cli::facilities::FacilityOrder order;
    order.code = with_code;
    order.name = "検証中央病院";
    return order;
  }
  static store::Client client(const std::string& id) {
    store::Client out;
    out.client_id = id;
    out.facility_code = code;
    out.audiences = {"https://sign.example"};
    return out;
  }
  std::string certificate(const std::string& name, std::chrono::hours life = 24h * 100) {
    const tegata::sandbox::test_pki::Profile profile{{{"CN", name}}, clock.now() - 1h, clock.now() + life};
    return file(
        name,
        tegata::sandbox::test_pki::pem(
            tegata::sandbox::test_pki::issue_self_signed(profile, tegata::sandbox::test_pki::p256_key()).certificate));
  }
  Json add(const std::string& name, bool replace = false) {
    const auto done = tegata::cli::facilities::add_certificate(by(), {"ehr", certificate(name), replace}, false);
    REQUIRE(done);
    return *done;
  }
  Json certificates() {
    const auto all = tegata::cli::facilities::list_certificates(by(), {});
    REQUIRE(all);
    return (*all)["certificates"];
  }
  Json shown() {
    const auto one = tegata::cli::facilities::show_facility(by(), code);
    REQUIRE(one);
    return *one;
  }
  std::vector<std::string> kinds() {
    auto store = store::Store::open(server::store_options(config), clock);
    REQUIRE(store);
    const auto records = (*store)->read<std::vector<tegata::store::audit::AuditRecord>>(
        [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1000); });
    std::vector<std::string> out;
    for (const auto& record : *records) out.push_back(record.event.kind);
    return out;
  }

 private:
  std::filesystem::path folder_;
};

ErrorCode refusal_of(const Result<Json>& result) {
  REQUIRE_FALSE(result);
  return result.error().code();
}

template <typename Adjust>
ErrorCode refused_client(FacilityDesk& desk, Adjust adjust, const std::string& jwks = "") {
  auto client = FacilityDesk::client("ehr-2");
  adjust(client);
  return refusal_of(tegata::cli::facilities::add_client(desk.by(), {client, jwks}, false));
}

}  // namespace

TEST_CASE("a facility is added, changed, listed and shown; a rehearsal changes nothing") {
  FacilityDesk desk;
  auto order = FacilityDesk::facility("1332345675");
  order.profile = "strict";
  const auto dry = tegata::cli::facilities::add_facility(desk.by(), order, true);
  REQUIRE(dry);
  CHECK(((*dry)["dry_run"] == true && (*dry)["profile"] == "strict"));
  CHECK((*tegata::cli::facilities::list_facilities(desk.by()))["facilities"].size() == 1);
  tegata::cli::facilities::FacilityOrder change;
  change.code = code;
  change.day_cut_off = "20:30";
  change.any_active_certificate = true;
  change.typed_code = false;
  REQUIRE(tegata::cli::facilities::change_facility(desk.by(), change, false));
  CHECK((desk.shown()["day_cut_off"] == "20:30" && desk.shown()["any_active_certificate"] == true));
  CHECK(desk.shown()["typed_code"] == false);
  CHECK(desk.shown()["name"] == "検証中央病院");
  change.day_cut_off = "none";
  REQUIRE(tegata::cli::facilities::change_facility(desk.by(), change, false));
  CHECK(desk.shown()["day_cut_off"].is_null());
  CHECK(desk.shown()["clients"][0]["client_id"] == "ehr");
  CHECK(desk.kinds() ==
        std::vector<std::string>{"facility_added", "client_added", "facility_changed", "facility_changed"});
}

TEST_CASE("what a facility may not be, each by its code") {
  FacilityDesk desk;
  const auto refused = [&](const std::function<void(tegata::cli::facilities::FacilityOrder&)>& adjust) {
    auto order = FacilityDesk::facility("1332345675");
    adjust(order);
    return refusal_of(tegata::cli::facilities::add_facility(desk.by(), order, false));
  };
  CHECK(refused([](auto& order) { order.code = code; }) == errors::facility_code_taken);
  CHECK(refused([](auto& order) { order.code = "13"; }) == errors::facility_code_malformed);
  CHECK(refused([](auto& order) { order.code = "1332345676"; }) == errors::facility_code_check_digit);
  for (const auto* name : {"", "a\nb", "\xff", "検証\u202e病院", "\u3164", "検証病院\u3000", "検\u200b証"}) {
    CHECK(refused([=](auto& order) { order.name = name; }) == errors::facility_malformed);
  }
  CHECK(refused([](auto& order) { order.profile = "fido-conformance"; }) == errors::facility_malformed);
  for (const auto* time : {"24:00", "20:60", "8:30", "20-30", ""}) {
    CHECK(refused([=](auto& order) { order.day_cut_off = time; }) == errors::facility_malformed);
  }
  CHECK(refusal_of(tegata::cli::facilities::change_facility(desk.by(), FacilityDesk::facility("1332345675"), false)) ==
        errors::facility_unknown);
  CHECK(refusal_of(tegata::cli::facilities::show_facility(desk.by(), "1332345675")) == errors::facility_unknown);
}

TEST_CASE("a facility is suspended and resumed once, and gets its final code") {
  FacilityDesk desk;
  REQUIRE(tegata::cli::facilities::suspend_facility(desk.by(), code, "test", false));
  CHECK(desk.shown()["state"] == "suspended");
  CHECK(refusal_of(tegata::cli::facilities::suspend_facility(desk.by(), code, "test", false)) ==
        errors::facility_state_unchanged);
  REQUIRE(tegata::cli::facilities::resume_facility(desk.by(), code, "test", false));
  CHECK(refusal_of(tegata::cli::facilities::resume_facility(desk.by(), code, "test", false)) ==
        errors::facility_state_unchanged);
  CHECK(refusal_of(tegata::cli::facilities::suspend_facility(desk.by(), "1332345675", "test", false)) ==
        errors::facility_unknown);
  CHECK(refusal_of(tegata::cli::facilities::change_facility_code(desk.by(), code, code, false, false)) ==
        errors::facility_code_taken);
  CHECK(refusal_of(tegata::cli::facilities::change_facility_code(desk.by(), code, "1", false, false)) ==
        errors::facility_code_malformed);
  CHECK(refusal_of(tegata::cli::facilities::change_facility_code(desk.by(), "1332345675", "1342345673", false,
                                                                 false)) == errors::facility_unknown);
  const auto done = tegata::cli::facilities::change_facility_code(desk.by(), code, "1332345675", false, false);
  REQUIRE(done);
  CHECK((*done)["former_codes"] == Json({code}));
  CHECK(refusal_of(tegata::cli::facilities::add_facility(desk.by(), FacilityDesk::facility(code), false)) ==
        errors::facility_code_taken);
}

TEST_CASE("defect: a redirect address could have another host than it seems to have") {
  FacilityDesk desk;
  for (const auto* uri : {"http://127.0.0.1:80@ehr.example/callback", "http://[::1]:80@ehr.example/callback",
                          "https://ehr.example@other.example/callback", "https://ehr.example\\@other.example/callback",
                          "https://user:word@ehr.example/callback", "https://@ehr.example/", "https://?x"}) {
    INFO(uri);
    CHECK(refused_client(desk, [=](auto& client) { client.redirect_uris = {uri}; }) ==
          errors::facility_client_malformed);
  }
}

TEST_CASE("clients: taken, malformed, without a facility, suspended") {
  FacilityDesk desk;
  CHECK(refused_client(desk, [](auto& client) { client.client_id = "ehr"; }) == errors::facility_client_taken);
  CHECK(refused_client(desk, [](auto& client) { client.facility_code = "1332345675"; }) == errors::facility_unknown);
  const std::function<void(store::Client&)> wrong[] = {
      [](auto& client) { client.client_id = "ehr 2"; },
      [](auto& client) { client.client_id = std::string(65, 'a'); },
      [](auto& client) { client.facility_code.clear(); },
      [](auto& client) { client.resource_server = true; },
      [](auto& client) { client.audiences.clear(); },
      [](auto& client) { client.audiences = {"http://sign.example"}; },
      [](auto& client) { client.scopes = {"openid hpki.sign"}; },
      [](auto& client) { client.redirect_uris = {"http://ehr.example/callback"}; },
      [](auto& client) { client.redirect_uris = {"http://127.0.0.1.example/callback"}; },
      [](auto& client) { client.redirect_uris = {"https://ehr.example/callback#here"}; },
      [](auto& client) { client.auth_method = "client_secret_basic"; },
      [](auto& client) { client.auth_method = "private_key_jwt"; },
  };
  for (const auto& adjust : wrong) CHECK(refused_client(desk, adjust) == errors::facility_client_malformed);
  const auto by_key = [](auto& client) { client.auth_method = "private_key_jwt"; };
  const std::pair<const char*, ErrorCode> sets[] = {{"{", errors::facility_client_malformed},
                                                    {"{}", errors::jwk_unusable},
                                                    {R"({"keys":[]})", errors::jwk_none_usable},
                                                    {R"({"keys":[{"kty":"oct","k":"AAAA"}]})", errors::jwk_secret}};
  for (const auto& [text, code] : sets) CHECK(refused_client(desk, by_key, desk.file("jwks", text)) == code);
  auto good = FacilityDesk::client("ehr-2");
  good.redirect_uris = {"http://127.0.0.1/callback", "http://[::1]:3000/callback", "https://ehr.example/callback"};
  REQUIRE(tegata::cli::facilities::add_client(desk.by(), {good, ""}, false));
  tegata::cli::facilities::ClientOrder change{{}, ""};
  change.client.client_id = "ehr-2";
  change.client.redirect_uris = {"https://ehr.example/again"};
  const auto changed = tegata::cli::facilities::change_client(desk.by(), change, false);
  REQUIRE(changed);
  CHECK((*changed)["redirect_uris"] == Json({"https://ehr.example/again"}));
  CHECK((*changed)["audiences"] == Json({"https://sign.example"}));
  change.jwks_file = desk.file("jwks", R"({"keys":[]})");
  CHECK(refusal_of(tegata::cli::facilities::change_client(desk.by(), change, false)) == errors::jwk_none_usable);
  change = {{}, ""};
  change.client.client_id = "nobody";
  CHECK(refusal_of(tegata::cli::facilities::change_client(desk.by(), change, false)) ==
        errors::facility_client_unknown);
  auto service = FacilityDesk::client("signer");
  service.facility_code.clear();
  service.resource_server = true;
  REQUIRE(tegata::cli::facilities::add_client(desk.by(), {service, ""}, false));
  REQUIRE(tegata::cli::facilities::suspend_client(desk.by(), "ehr", "test", false));
  CHECK(refusal_of(tegata::cli::facilities::suspend_client(desk.by(), "ehr", "test", false)) ==
        errors::facility_client_state_unchanged);
  REQUIRE(tegata::cli::facilities::resume_client(desk.by(), "ehr", "test", false));
  CHECK(refusal_of(tegata::cli::facilities::resume_client(desk.by(), "ehr", "test", false)) ==
        errors::facility_client_state_unchanged);
  CHECK(refusal_of(tegata::cli::facilities::suspend_client(desk.by(), "nobody", "test", false)) ==
        errors::facility_client_unknown);
}

TEST_CASE("a certificate from outside: registered once, replaced with overlap, revoked once") {
  FacilityDesk desk;
  const auto old = desk.add("old");
  const auto renewed = desk.add("new", true);
  CHECK(renewed["replaced"] == 1);
  const auto listed = desk.certificates();
  REQUIRE(listed.size() == 2);
  for (const auto& each : listed) {
    const bool is_old = each["thumbprint"] == old["thumbprint"];
    CHECK(each["state"] == (is_old ? "replaced" : "active"));
    CHECK(each["not_after"] == format_rfc3339(desk.clock.now() + (is_old ? 24h * 31 : 24h * 100)));
    CHECK(each["live_passes"] == 0);
  }
  CHECK(refusal_of(tegata::cli::facilities::add_certificate(desk.by(), {"ehr", desk.path("old"), false}, false)) ==
        errors::facility_certificate_taken);
  CHECK(refusal_of(tegata::cli::facilities::add_certificate(desk.by(), {"nobody", desk.certificate("other"), false},
                                                            false)) == errors::facility_client_unknown);
  CHECK(refusal_of(tegata::cli::facilities::add_certificate(desk.by(), {"ehr", desk.certificate("ended", -1h), false},
                                                            false)) == errors::facility_certificate_expired);
  CHECK(refusal_of(tegata::cli::facilities::add_certificate(desk.by(), {"ehr", desk.path("nowhere"), false}, false)) ==
        errors::file_unreadable);
  const auto thumbprint = old["thumbprint"].get<std::string>();
  for (const auto& wrong : {std::string("12"), std::string("xyz12+45"), std::string(8, '0'), thumbprint + "00"}) {
    CHECK(refusal_of(tegata::cli::facilities::revoke_certificate(desk.by(), wrong, "test", false)) ==
          errors::facility_certificate_unknown);
  }
  const Bytes octets = *parse_base64url(thumbprint);
  const auto told = tegata::cli::facilities::revoke_certificate(desk.by(), hex(octets), "test", false);
  CHECK(refusal_of(told) == errors::facility_certificate_unknown);
  CHECK(told.error().detail().find("hexadecimal") != std::string::npos);
  const auto dry = tegata::cli::facilities::revoke_certificate(desk.by(), thumbprint.substr(0, 8), "test", true);
  REQUIRE(dry);
  CHECK((*dry)["thumbprint"] == thumbprint);
  CHECK(desk.certificates()[0]["state"] != "revoked");
  REQUIRE(tegata::cli::facilities::revoke_certificate(desk.by(), thumbprint.substr(0, 8), "test", false));
  CHECK(refusal_of(tegata::cli::facilities::revoke_certificate(desk.by(), thumbprint, "test", false)) ==
        errors::facility_certificate_revoked);
}

TEST_CASE("the built-in authority: made once; what it issues comes as a file or by a link, with a sheet") {
  FacilityDesk desk;
  const tegata::cli::facilities::CertificateIssue to_file{"ehr", desk.path("out"), false, false};
  CHECK(refusal_of(tegata::cli::facilities::issue_certificate(desk.by(), to_file, false)) ==
        errors::facility_ca_missing);
  desk.config.facilities.ca = desk.path("ca");
  CHECK(refusal_of(tegata::cli::facilities::issue_certificate(desk.by(), to_file, false)) ==
        errors::facility_ca_missing);
  desk.config.haproxy.facility_client_ca = desk.certificate("outside");
  REQUIRE(tegata::cli::facilities::make_ca(desk.by(), "TEST", 10));
  CHECK(desk.text("ca/advertised.pem") == desk.text("ca/ca.pem") + desk.text("outside"));
  const auto key = desk.text("ca/ca.key");
  CHECK(refusal_of(tegata::cli::facilities::make_ca(desk.by(), "TEST", 10)) == errors::facility_ca_exists);
  CHECK(desk.text("ca/ca.key") == key);
  CHECK((std::filesystem::status(desk.path("ca/ca.key")).permissions() & std::filesystem::perms(077)) ==
        std::filesystem::perms::none);

  CHECK(refusal_of(tegata::cli::facilities::issue_certificate(desk.by(), to_file, false)) == errors::file_not_written);
  CHECK(desk.certificates().empty());
  std::filesystem::create_directories(desk.path("out"));
  const auto dry = tegata::cli::facilities::issue_certificate(desk.by(), to_file, true);
  REQUIRE(dry);
  CHECK(std::filesystem::is_empty(desk.path("out")));
  CHECK(desk.certificates().empty());
  const auto issued = tegata::cli::facilities::issue_certificate(desk.by(), to_file, false);
  REQUIRE(issued);
  CHECK(std::filesystem::exists((*issued)["files"]["p12"].get<std::string>()));
  CHECK_FALSE(issued->contains("link"));
  CHECK(desk.certificates()[0]["origin"] == "issued");
  const auto linked =
      tegata::cli::facilities::issue_certificate(desk.by(), {"ehr", desk.path("out"), true, true}, false);
  REQUIRE(linked);
  CHECK((*linked)["link"].get<std::string>().starts_with("https://tegata.example/certificate#t="));
  CHECK((*linked)["replaced"] == 1);
  CHECK_FALSE((*linked)["files"].contains("p12"));
  CHECK(refusal_of(tegata::cli::facilities::issue_certificate(desk.by(), {"nobody", desk.path("out"), false, false},
                                                              false)) == errors::facility_client_unknown);
  desk.file("ca/ca.pem", "nothing");
  CHECK(refusal_of(tegata::cli::facilities::issue_certificate(desk.by(), to_file, false)) ==
        errors::facility_ca_unusable);
}

TEST_CASE("defect: a key for encryption in a JWK Set kept its client from being registered") {
  FacilityDesk desk;
  const ClientSigner signer, other, rsa("RS256");
  const auto with = [](Json jwk, const Json& members) {
    jwk.update(members);
    return jwk;
  };
  const auto added = [&](const char* id, const std::vector<Json>& keys) {
    auto client = FacilityDesk::client(id);
    client.auth_method = "private_key_jwt";
    return tegata::cli::facilities::add_client(desk.by(), {client, desk.file("jwks", Json{{"keys", keys}}.dump())},
                                               false);
  };
  const Json good = with(signer.jwk(), {{"kid", "k1"}, {"use", "sig"}});
  const auto done = added("one", {good,
                                  with(rsa.jwk(), {{"kid", "e1"}, {"use", "enc"}, {"alg", "RSA-OAEP"}}),
                                  {{"kty", "LMS"}, {"kid", "l1"}},
                                  with(other.jwk(), {{"kid", "a1"}, {"alg", "ES999"}}),
                                  {{"kid", "nothing"}}});
  REQUIRE(done);
  CHECK((*done)["jwks"]["keys"] == Json::array({good}));
  CHECK((*done)["keys_passed_over"].size() == 4);
  CHECK((*done)["keys_passed_over"][0] == "key e1: use or key_ops");
  CHECK(refusal_of(added("two", {with(rsa.jwk(), {{"use", "enc"}})})) == errors::jwk_none_usable);
  CHECK(refusal_of(added("two", {good, with(other.jwk(), {{"d", "AAAA"}, {"use", "enc"}})})) == errors::jwk_secret);
  CHECK(refusal_of(added("two", {good, with(other.jwk(), {{"kid", "k1"}})})) == errors::jwk_kid_twice);
  CHECK(added("two", {good, with(rsa.jwk(), {{"kid", "k1"}})}));
  CHECK(refusal_of(added("three", std::vector<Json>(9, other.jwk()))) == errors::jwk_too_many);
}
