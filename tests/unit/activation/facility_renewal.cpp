// A facility's certificate is renewed, replaced and revoked under live passes; the file of a new one is fetched once.
#include "rp/store/facility_changes.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

std::string thumbprint(const Party& party) { return base64url(sha256(*party.certificate)); }

bool active(World& world, const std::string& pass, Parameters parameters = {}) {
  return Json::parse(world.introspect(pass, std::move(parameters)).body)["active"] == true;
}

bool brought_by(World& world, const std::string& pass, const Party& party) {
  return active(world, pass, {{"presented_x5t_s256", thumbprint(party)}});
}

void replace(World& world, const Party& by, std::chrono::milliseconds overlap) {
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(const auto replaced,
                  store::replace_certificates(t, "ehr-1", sha256(*by.certificate), world.clock.now() + overlap));
    CHECK(replaced == 1);
    return {};
  });
}

std::string pass_of(World& world, Phone& phone) { return world.whole_activation(phone)["access_token"]; }

http::Response fetch(World& world, const Json& body, bool same_origin = true) {
  http::Request request;
  request.method = "POST";
  request.path = "/api/certificate";
  request.remote_address = "192.0.2.3";
  request.headers.emplace("content-type", "application/json");
  request.headers.emplace("origin", same_origin ? World::origin : "https://elsewhere.example");
  request.headers.emplace("sec-fetch-site", same_origin ? "same-origin" : "cross-site");
  request.body = dump_json(body);
  return world.router.handle(request);
}

}  // namespace

TEST_CASE("passes of a replaced certificate live to their own end, and no pass beyond the overlap") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  const auto before = pass_of(world, phone);
  replace(world, world.ehr_second_certificate, 24h * 31);
  world.clock.advance(18h - 1s);
  CHECK(brought_by(world, before, world.ehr));
  CHECK_FALSE(brought_by(world, before, world.ehr_second_certificate));
  world.clock.advance(1s);
  CHECK_FALSE(active(world, before));
  // On the last day a pass of the old certificate ends with it.
  world.clock.advance(24h * 31 - 18h - 1h);
  const auto last = world.whole_activation(phone);
  CHECK(last["expires_in"] == 3600);
  world.clock.advance(1h);
  CHECK_FALSE(active(world, last["access_token"]));
  CHECK(world.poll(Json{{"device_code", "x"}}).status == 401);
}

TEST_CASE("with any_active_certificate the new certificate brings the passes of the old one, and a revoked one none") {
  World world;
  world.facility.any_active_certificate = true;
  world.put(world.facility);
  Phone phone = world.enrolled_phone(world.doctor);
  const auto pass = pass_of(world, phone);
  replace(world, world.ehr_second_certificate, 24h * 31);
  CHECK(brought_by(world, pass, world.ehr));
  CHECK(brought_by(world, pass, world.ehr_second_certificate));
  CHECK_FALSE(brought_by(world, pass, world.other_ehr));
  world.change([&](store::Transaction& t) -> Status {
    TEGATA_ASSIGN(const auto ended,
                  store::revoke_client_certificate(t, sha256(*world.ehr_second_certificate.certificate), "test"));
    REQUIRE(ended);
    CHECK(ended->passes == 0);
    return {};
  });
  CHECK(brought_by(world, pass, world.ehr));
  CHECK_FALSE(brought_by(world, pass, world.ehr_second_certificate));
}

TEST_CASE("the file behind a link: once, from our own page, and not one answer more for strangers") {
  World world;
  world.change([&](store::Transaction& t) {
    return store::put_download(
        t, {sha256("secret"), sha256(*world.ehr.certificate), "ehr-1.p12", {1, 2, 3}, world.clock.now() + 24h * 14});
  });
  CHECK(fetch(world, {{"token", "secret"}}, false).cause == "http_cross_site");
  CHECK(fetch(world, {{"token", 7}}).cause == "json_member_type");
  const auto unknown = fetch(world, {{"token", "guessed"}});
  CHECK((unknown.status == 404 && unknown.cause == "facility_download_unknown"));
  CHECK(world.last_code() == "facility_download_unknown");
  const auto once = fetch(world, {{"token", "secret"}});
  REQUIRE(once.status == 200);
  CHECK(Json::parse(once.body) ==
        Json{{"name", "ehr-1.p12"}, {"file", "AQID"}, {"thumbprint", base64url(sha256(*world.ehr.certificate))}});
  CHECK(world.last_kind() == "certificate_downloaded");
  const auto twice = fetch(world, {{"token", "secret"}});
  CHECK((twice.status == unknown.status && twice.cause == unknown.cause));
}
