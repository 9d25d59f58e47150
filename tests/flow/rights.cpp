// A right that is narrowed: what becomes of a live pass, of an approved request and of an open one. Real commands
// beside a running server, and the question that is asked again where no command ended anything.
#include <fstream>

#include "rp/activation/approval.h"
#include "rp/cli/facilities/facility.h"
#include "rp/cli/metadata.h"
#include "rp/cli/practitioners/phones.h"
#include "rp/cli/practitioners/practitioner.h"
#include "rp/facility/errors.h"
#include "rp/server/config/config.h"
#include "rp/store/facility_changes.h"
#include "rp/store/metadata_blob.h"
#include "rp/store/mynumber_link.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/activation/browser.h"

using namespace tegata;
using namespace tegata::test;

namespace {

const std::string rights_config =
    "public_origin = 'https://tegata.example:8443'\ncard_origin_pattern = 'https://*.card.example'\n"
    "facility_origin = 'https://facility.example'\nsockets = 's'\ndatabase = 'db'\naudit_key = 'audit.pem'\n"
    "signing_key = 'k'\n[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
    "[metadata]\nanchors = ['root.pem']\n[[authority]]\nname = 'sample'\nroots = ['r']\nrevocation = 'not_judged'\n";

// A server, its operator, and a doctor with a phone: a pass that lives, a request that is approved, and one that is
// open.
class RightsDesk : public KeyWorld {
 public:
  explicit RightsDesk(bool by_key = false) : by_key_(by_key) {
    write("tegata.toml", rights_config);
    write("root.pem", tegata::sandbox::test_pki::pem(maker.root.certificate));
    auto loaded = tegata::server::config::load_config(file("tegata.toml"));
    if (!loaded) FAIL(loaded.error().detail());
    config = *loaded;
    pass = Json::parse(redeem(approved_request()).body)["access_token"];
    approved = approved_request();
    open = ask_here();
  }

  MetadataMaker maker;
  tegata::server::config::Config config;
  Phone phone = enrolled_phone(doctor);
  const ClientSigner next_key;
  bool replaced = false;  // next_key proves the client from now on
  std::string pass;
  Json approved, open;

  tegata::cli::practitioners::Operator by() { return {config, clock, random, "operator:test", dry_run}; }
  bool dry_run = false;
  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

  Json ask_here() {
    if (!by_key_) return ask();
    const auto response = send_proved("/device_authorization", {{"scope", "openid hpki.sign"}});
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }
  Json approved_request() {
    const Json asked = ask_here();
    const auto response = approve(phone, asked);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return asked;
  }
  http::Response redeem(const Json& asked) {
    if (!by_key_) return poll(asked);
    return send_proved("/token", {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                  {"device_code", asked["device_code"]}});
  }

  // Whether introspection says active, and what is known of the reason.
  std::string pass_is() {
    const bool active = Json::parse(introspect(pass).body)["active"].get<bool>();
    const auto claims =
        parse_json(as_text(*parse_base64url(pass.substr(pass.find('.') + 1, pass.rfind('.') - pass.find('.') - 1))));
    const auto status = store->read<std::optional<store::PassStatus>>(
        [&](tegata::store::Reader& reader) { return store::pass_status(reader, (*claims)["jti"], clock.now()); });
    REQUIRE((status && *status));
    CHECK((*status)->active == active);
    if (active) return "active";
    return (*status)->pass.revoked_at ? "revoked " + (*status)->pass.revoked_why : (*status)->reason;
  }
  // What the EHR gets for the approved request.
  std::string approved_is() {
    const auto response = redeem(approved);
    return response.status == 200 ? "a pass" : response.cause;
  }
  // What comes of the open request: its end, or what scan and approval say, or a pass.
  std::string open_is() {
    clock.advance(3s);
    const auto first = redeem(open);
    if (error_of(first) != "authorization_pending") return first.cause;
    const auto scanned = scan(phone, open);
    if (scanned.status != 200) return "scan: " + scanned.cause;
    const auto answer = approve(phone, open, Json::parse(scanned.body), open["number"]);
    if (answer.status != 200) return "approval: " + answer.cause;
    const auto response = redeem(open);
    return response.status == 200 ? "a pass" : response.cause;
  }

 private:
  http::Response send_proved(const std::string& path, Parameters form) {
    if (replaced) form["client_assertion"] = next_key.assertion(key_client, origin, clock.now());
    return send_signed(path, std::move(form));
  }
  bool by_key_;
};

// Takes the right away; gives the command's answer.
using Narrow = Json (*)(RightsDesk&);

Json done(const Result<Json>& answer) {
  if (!answer) FAIL(answer.error().code().name() << " " << answer.error().detail());
  return *answer;
}

Json import(RightsDesk& desk, const std::string& roles, const std::string& until) {
  const auto path = desk.write(
      "people.csv", "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after\n" +
                        desk.doctor.id + ",検証 太郎,Kensho Taro," + roles + ",,," + until + "\n");
  tegata::cli::command::Progress silent(false);
  const auto report = tegata::cli::practitioners::import_practitioners(desk.by(), path, desk.dry_run, silent);
  if (!report) FAIL(report.error().code().name() << " " << report.error().detail());
  INFO(tegata::cli::practitioners::describe(*report).dump());
  REQUIRE(report->problems.empty());
  return tegata::cli::practitioners::describe(*report);
}
Json change_role(RightsDesk& desk) { return import(desk, "Dentist", "2028-03-31"); }
Json shorten_second_certificate(RightsDesk& desk) { return import(desk, "Medical Doctor", "2026-01-31"); }
Json suspend_person(RightsDesk& desk) {
  return done(tegata::cli::practitioners::suspend_practitioner(desk.by(), desk.doctor.id, "test"));
}

Json change_client_to(RightsDesk& desk, store::Client to, const std::string& jwks = {}) {
  if (to.client_id.empty()) to.client_id = desk.ehr.client_id;
  return done(tegata::cli::facilities::change_client(desk.by(), {to, jwks}, desk.dry_run));
}
Json take_scope(RightsDesk& desk) { return change_client_to(desk, {{}, {}, false, true, {"openid"}, {}}); }
Json take_audience(RightsDesk& desk) {
  return change_client_to(desk, {{}, {}, false, true, {}, {"https://archive.example"}});
}
Json replace_key(RightsDesk& desk) {
  desk.replaced = true;
  return change_client_to(desk, {desk.key_client, {}, false, true, {}, {}},
                          desk.write("jwks.json", desk.next_key.jwks().dump()));
}

Json change_facility_to(RightsDesk& desk, const std::optional<std::string>& profile,
                        const std::optional<std::string>& cut_off) {
  tegata::cli::facilities::FacilityOrder order;
  order.code = desk.facility.code;
  order.profile = profile;
  order.day_cut_off = cut_off;
  return done(tegata::cli::facilities::change_facility(desk.by(), order, desk.dry_run));
}
Json make_strict(RightsDesk& desk) { return change_facility_to(desk, "strict", std::nullopt); }
// The pass is older than the cut-off, the requests are younger.
Json cut_off_before(RightsDesk& desk) {
  desk.clock.advance(2h);
  desk.approved = desk.approved_request();
  desk.open = desk.ask_here();
  const auto an_hour_ago = unix_seconds(desk.clock.now() - 1h + 9h) % 86400 / 60;
  const auto two = [](std::int64_t n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
  return change_facility_to(desk, std::nullopt, two(an_hour_ago / 60) + ":" + two(an_hour_ago % 60));
}
Json suspend_facility(RightsDesk& desk) {
  return done(tegata::cli::facilities::suspend_facility(desk.by(), desk.facility.code, "test", false));
}
Json suspend_client(RightsDesk& desk) {
  return done(tegata::cli::facilities::suspend_client(desk.by(), desk.ehr.client_id, "test", false));
}
Json revoke_certificate(RightsDesk& desk) {
  return done(
      tegata::cli::facilities::revoke_certificate(desk.by(), base64url(sha256(*desk.ehr.certificate)), "test", false));
}

Json revoke_card(RightsDesk& desk) {
  const auto ended = desk.end_card(desk.doctor);
  return {{"ended", {{"requests", ended.requests}, {"passes", ended.passes}}}};
}
Json remove_phone(RightsDesk& desk) {
  const Bytes id = desk.phone.authenticator.credentials().front().id;
  return done(tegata::cli::practitioners::revoke_credential(*desk.store, {base64url(id), "lost", "operator:test"}));
}
Json warn_of_model(RightsDesk& desk) {
  desk.maker.add(MetadataMaker::entry(desk.phone.authenticator.aaguid(), {desk.maker.root_der()}))["statusReports"] =
      Json::array({MetadataMaker::report("REVOKED")});
  cli::MetadataImport import;
  import.config = desk.file("tegata.toml");
  import.file = desk.write("blob.jwt", desk.maker.make());
  import.dry_run = desk.dry_run;
  return done(cli::import_metadata(import, desk.clock));
}

struct RightRow {
  const char* right;
  Narrow narrow;
  const char *pass, *approved, *open;
  int requests, passes;  // that the command says it ended
  bool by_key = false;
};

const RightRow commands[] = {
    {"role", change_role, "revoked right_role_taken", "right_role_taken", "a pass", 1, 1},
    {"second certificate", shorten_second_certificate, "revoked store_pass_practitioner_ended",
     "activation_practitioner_not_in_good_standing", "approval: activation_practitioner_not_in_good_standing", 1, 1},
    {"person", suspend_person, "revoked practitioner_suspended", "activation_cancelled",
     "approval: activation_practitioner_not_in_good_standing", 1, 1},
    {"scope", take_scope, "revoked right_scope_taken", "right_scope_taken", "right_scope_taken", 2, 1},
    {"audience", take_audience, "revoked right_audience_taken", "right_audience_taken", "right_audience_taken", 2, 1},
    {"client key", replace_key, "revoked right_client_key_replaced", "right_client_key_replaced",
     "right_client_key_replaced", 2, 1, true},
    {"profile", make_strict, "revoked right_hardware_wanted", "activation_key_not_hardware",
     "approval: activation_key_not_hardware", 1, 1},
    {"hours", cut_off_before, "revoked right_hours_over", "a pass", "a pass", 0, 1},
    {"facility", suspend_facility, "revoked facility_suspended", "activation_facility_inactive",
     "activation_facility_inactive", 2, 1},
    {"client", suspend_client, "revoked facility_client_suspended", "activation_client_inactive",
     "activation_client_inactive", 2, 1},
    {"certificate", revoke_certificate, "revoked facility_certificate_revoked",
     "activation_client_certificate_inactive", "activation_client_certificate_inactive", 2, 1},
    {"card", revoke_card, "revoked activation_card_revoked", "activation_card_revoked",
     "approval: activation_card_revoked", 1, 1},
    {"phone", remove_phone, "revoked credential_revoked", "activation_cancelled",
     "approval: activation_credential_unknown", 1, 1},
    {"model", warn_of_model, "revoked right_model_unwanted", "activation_model_unwanted",
     "approval: activation_model_unwanted", 1, 1},
};

void check_row(const RightRow& row) {
  INFO(row.right);
  RightsDesk desk(row.by_key);
  REQUIRE(desk.pass_is() == "active");
  const Json answer = row.narrow(desk);
  INFO(answer.dump());
  if (row.passes >= 0) {
    const Json ended = answer.contains("ended") && answer["ended"].is_object() ? answer["ended"] : answer;
    CHECK(ended.value("passes", -1) == row.passes);
    if (ended.contains("requests")) CHECK(ended["requests"] == row.requests);
  }
  CHECK(desk.pass_is() == row.pass);
  CHECK(desk.approved_is() == row.approved);
  CHECK(desk.open_is() == row.open);
}

}  // namespace

TEST_CASE("defect: a live pass, an approved and an open request kept a right that a command had taken away") {
  for (const auto& row : commands) check_row(row);
}

namespace {

// The same rights gone without a command that ends anything: by the store alone.
Json by_store(RightsDesk& desk, const std::function<Status(store::Transaction&)>& operation) {
  desk.change(operation);
  return Json::object();
}
Json put_client_as(RightsDesk& desk, const std::string& id, const std::function<void(store::Client&)>& adjust) {
  return by_store(desk, [&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(auto client, store::find_client(t, id));
    adjust(*client);
    return store::put_client(t, *client);
  });
}
Json put_facility_as(RightsDesk& desk, const std::function<void(store::Facility&)>& adjust) {
  auto facility = desk.facility;
  adjust(facility);
  desk.put(facility);
  return Json::object();
}

const RightRow questions[] = {
    {"role",
     [](RightsDesk& desk) {
       desk.doctor.roles = {"Dentist"};
       desk.put(desk.doctor);
       return Json::object();
     },
     "right_role_taken", "right_role_taken", "a pass", 0, -1},
    {"person",
     [](RightsDesk& desk) {
       desk.doctor.active = false;
       desk.put(desk.doctor);
       return Json::object();
     },
     "store_pass_practitioner_ended", "activation_practitioner_not_in_good_standing",
     "approval: activation_practitioner_not_in_good_standing", 0, -1},
    {"scope", [](RightsDesk& desk) { return put_client_as(desk, "ehr-1", [](auto& c) { c.scopes = {"openid"}; }); },
     "right_scope_taken", "right_scope_taken", "scan: right_scope_taken", 0, -1},
    {"audience",
     [](RightsDesk& desk) {
       return put_client_as(desk, "ehr-1", [](auto& c) { c.audiences = {"https://x.example"}; });
     },
     "right_audience_taken", "right_audience_taken", "scan: right_audience_taken", 0, -1},
    {"client key",
     [](RightsDesk& desk) {
       desk.replaced = true;
       return put_client_as(desk, desk.key_client, [&](auto& c) { c.jwks = desk.next_key.jwks(); });
     },
     "right_client_key_replaced", "right_client_key_replaced", "scan: right_client_key_replaced", 0, -1, true},
    {"profile", [](RightsDesk& desk) { return put_facility_as(desk, [](auto& f) { f.profile = "strict"; }); },
     "right_hardware_wanted", "activation_key_not_hardware", "approval: activation_key_not_hardware", 0, -1},
    {"certificate",
     [](RightsDesk& desk) {
       auto certificate = desk.certificate_of(desk.ehr);
       certificate.active = false;
       desk.put(certificate);
       return Json::object();
     },
     "store_pass_certificate_ended", "activation_client_certificate_inactive", "activation_client_certificate_inactive",
     0, -1},
    {"facility", [](RightsDesk& desk) { return put_facility_as(desk, [](auto& f) { f.active = false; }); },
     "store_pass_facility_ended", "activation_facility_inactive", "activation_facility_inactive", 0, -1},
    {"phone",
     [](RightsDesk& desk) {
       return by_store(desk, [&](store::Transaction& t) -> Status {
         TEGATA_TRY(store::remove_credential(t, desk.phone.authenticator.credentials().front().id, desk.doctor.id));
         return {};
       });
     },
     "store_pass_credential_removed", "activation_credential_removed", "approval: activation_credential_unknown", 0,
     -1},
    {"model",
     [](RightsDesk& desk) {
       return by_store(desk, [&](store::Transaction& t) -> Status {
         TEGATA_TRY(
             store::put_metadata_blob(t, {"a BLOB", 1, {}, {}, 0}, {{desk.phone.authenticator.aaguid(), t.now()}}));
         return {};
       });
     },
     "right_model_unwanted", "activation_model_unwanted", "approval: activation_model_unwanted", 0, -1},
};

}  // namespace

TEST_CASE(
    "would it be issued now: asked at introspection, redemption, approval and scan, whoever took the right away") {
  for (const auto& row : questions) check_row(row);
}

TEST_CASE("a model that metadata warns of from a later day ends its passes on that day, by itself") {
  RightsDesk desk;
  by_store(desk, [&](store::Transaction& t) -> Status {
    TEGATA_TRY(
        store::put_metadata_blob(t, {"a BLOB", 1, {}, {}, 0}, {{desk.phone.authenticator.aaguid(), t.now() + 1h}}));
    return {};
  });
  CHECK(desk.pass_is() == "active");
  desk.clock.advance(1h);
  CHECK(desk.pass_is() == "right_model_unwanted");
}

namespace {

// Approved with the HPKI card itself, whose key is hardware without anybody's word.
std::string pass_by_card(RightsDesk& desk) {
  AuthorizeBrowser browser(desk);
  REQUIRE(browser.open({}).status == 303);
  store::Session session;
  session.purpose = "authorize:" + browser.id;
  session.method = "card";
  session.card["not_after"] = format_rfc3339(desk.clock.now() + 24h * 365);
  browser.session = std::string(activation::page_session_cookie) + "=" + desk.begin_session(desk.doctor, session);
  REQUIRE(browser.call("card")["state"] == "approved");
  const auto response = browser.redeem(parameter_of(browser.call("finish")["location"], "code"));
  REQUIRE(response.status == 200);
  return Json::parse(response.body)["access_token"];
}

}  // namespace

TEST_CASE("defect: a facility made strict kept passes of 18 hours: by hardware too they end after 12") {
  RightsDesk desk;
  desk.pass = pass_by_card(desk);
  CHECK(make_strict(desk)["ended"] == Json{{"requests", 1}, {"passes", 1}});
  CHECK(desk.pass_is() == "active");
  desk.clock.advance(12h - 1s);
  CHECK(desk.pass_is() == "active");
  desk.clock.advance(1s);
  CHECK(desk.pass_is() == "right_hours_over");
  CHECK(change_facility_to(desk, "standard", std::nullopt)["ended"]["passes"] == 0);
  CHECK(desk.pass_is() == "active");
}

TEST_CASE("a cut-off that comes after the pass ends it on its minute in Japan") {
  RightsDesk desk;  // at 03:40 in Japan
  CHECK(change_facility_to(desk, std::nullopt, "12:00")["ended"]["passes"] == 0);
  desk.clock.advance(8h + 20min - 1s);
  CHECK(desk.pass_is() == "active");
  desk.clock.advance(1s);
  CHECK(desk.pass_is() == "right_hours_over");
}

TEST_CASE("a right that is widened ends nothing, and a dry run says what would end and ends nothing") {
  RightsDesk desk;
  CHECK(change_facility_to(desk, std::nullopt, std::nullopt)["ended"] == Json{{"requests", 0}, {"passes", 0}});
  CHECK(change_client_to(desk, {{}, {}, false, true, {"openid", "hpki.sign", "more"}, {}})["ended"]["passes"] == 0);
  CHECK(import(desk, "Medical Doctor;Dentist", "2029-03-31")["ended"] == Json{{"requests", 0}, {"passes", 0}});
  CHECK(desk.pass_is() == "active");
  desk.dry_run = true;
  for (const Narrow narrow : {change_role, take_scope, take_audience, make_strict, warn_of_model}) {
    const Json would = narrow(desk);
    INFO(would.dump());
    CHECK(would["ended"]["passes"] == 1);
    CHECK(desk.pass_is() == "active");
  }
  CHECK(desk.approved_is() == "a pass");
}

namespace {

// A My Number card that the doctor linked by the HPKI card.
store::BasisId link_card(RightsDesk& desk) {
  store::BasisId basis = 0;
  by_store(desk, [&](store::Transaction& t) -> Status {
    store::MyNumberLink link;
    link.practitioner_id = desk.doctor.id;
    link.fingerprint = sha256(std::string("a My Number card"));
    link.not_before = desk.clock.now();
    link.not_after = desk.clock.now() + 24h;
    link.linked_by = "card";
    TEGATA_ASSIGN(link.rests_on, store::basis_of_card(t, desk.card_of(desk.doctor), desk.doctor.id));
    TEGATA_ASSIGN(const bool put, store::put_mynumber_link(t, link));
    REQUIRE(put);
    TEGATA_ASSIGN(const auto kept, store::find_mynumber_link(t, desk.doctor.id));
    basis = kept->basis;
    return {};
  });
  return basis;
}

// A request in a browser that has signed in by that card for it.
void open_by_link(RightsDesk& desk, AuthorizeBrowser& browser, store::BasisId link) {
  REQUIRE(browser.open({}).status == 303);
  store::Session session;
  session.purpose = "authorize:" + browser.id;
  session.method = "mynumber";
  session.basis = link;
  browser.session = std::string(activation::page_session_cookie) + "=" + desk.begin_session(desk.doctor, session);
}

}  // namespace

TEST_CASE("defect: what a My Number card had approved outlived its link") {
  RightsDesk desk;
  const auto link = link_card(desk);
  AuthorizeBrowser passed(desk), approved(desk), open(desk);
  for (auto* browser : {&passed, &approved, &open}) open_by_link(desk, *browser, link);
  REQUIRE(passed.call("card")["state"] == "approved");
  const auto redeemed = passed.redeem(parameter_of(passed.call("finish")["location"], "code"));
  REQUIRE(redeemed.status == 200);
  desk.pass = Json::parse(redeemed.body)["access_token"];
  REQUIRE(desk.pass_is() == "active");
  REQUIRE(approved.call("card")["state"] == "approved");
  SECTION("by the operator's command") {
    const auto done = tegata::cli::practitioners::unlink_mynumber(desk.by(), desk.doctor.id, "test");
    REQUIRE(done);
    INFO(done->dump());
    CHECK((*done)["ended"]["passes"] == 1);
    CHECK((*done)["ended"]["requests"] == 1);
    CHECK(desk.pass_is() == "revoked mynumber_unlinked");
  }
  SECTION("by the end of the HPKI card that made it") {
    revoke_card(desk);
    CHECK(desk.pass_is() == "revoked activation_card_revoked");
    const auto left = desk.store->read<std::optional<store::MyNumberLink>>(
        [&](tegata::store::Reader& reader) { return store::find_mynumber_link(reader, desk.doctor.id); });
    REQUIRE(left);
    CHECK_FALSE(*left);
  }
  CHECK(parameter_of(approved.call("finish")["location"], "error") == "access_denied");
  CHECK(open.refusal("card") == "activation_card_missing");
}

namespace {

Json take_redirect_uri(RightsDesk& desk) {
  store::Client to{desk.key_client, {}, false, true, {}, {}};
  to.redirect_uris = {"https://ehr.example/elsewhere"};
  return change_client_to(desk, to);
}

}  // namespace

TEST_CASE("defect: a code went to a redirect address that was the client's no longer") {
  RightsDesk desk;
  AuthorizeBrowser open(desk), approved(desk), fetched(desk);
  for (auto* browser : {&open, &approved, &fetched}) REQUIRE(browser->open({}).status == 303);
  for (auto* browser : {&approved, &fetched}) browser->approve_here(desk.phone);
  const std::string code = parameter_of(fetched.call("finish")["location"], "code");
  SECTION("by the command") {
    CHECK(take_redirect_uri(desk)["ended"]["requests"] == 3);
    CHECK(fetched.redeem(code).cause == "right_redirect_uri_taken");
  }
  SECTION("by the store alone") {
    put_client_as(desk, desk.key_client, [](auto& c) { c.redirect_uris = {"https://ehr.example/elsewhere"}; });
    CHECK(fetched.redeem(code).cause == "right_redirect_uri_taken");
  }
  CHECK(approved.refusal("finish") == "right_redirect_uri_taken");
}

TEST_CASE("defect: a suspended facility read as decided already where the browser goes back with its code") {
  RightsDesk desk;
  AuthorizeBrowser browser(desk);
  REQUIRE(browser.open({}).status == 303);
  browser.approve_here(desk.phone);
  put_facility_as(desk, [](auto& f) { f.active = false; });
  CHECK(browser.refusal("finish") == "activation_requester_not_in_good_standing");
}
