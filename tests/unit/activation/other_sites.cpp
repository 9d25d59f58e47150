// Pages of other sites, in a browser that has a facility's certificate: nothing that they send to the facility origin
// is done or counted.
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

struct PageHeaders {
  std::vector<std::pair<std::string, std::string>> headers;
};
const std::string own_origin = "https://localhost:8445";

// What browsers say of a page that is not this origin's.
const PageHeaders of_other_sites[] = {
    {{{"origin", "https://elsewhere.example"}, {"sec-fetch-site", "cross-site"}}},
    {{{"origin", World::origin}, {"sec-fetch-site", "same-site"}}},
    {{{"origin", "null"}, {"sec-fetch-site", "cross-site"}}},
    {{{"origin", "https://elsewhere.example"}}},
    {{{"origin", own_origin}, {"origin", "https://elsewhere.example"}}},
    {{{"origin", own_origin + "/"}}},
    {{{"origin", "http://localhost:8445"}}},
    {{{"origin", ""}}},
    {{{"sec-fetch-site", "cross-site"}}},
    {{{"sec-fetch-site", "same-site"}}},
    {{{"sec-fetch-site", "same-origin"}, {"sec-fetch-site", "cross-site"}}},
    {{{"sec-fetch-site", "None"}}},
    {{{"sec-fetch-site", ""}}},
};
const PageHeaders of_nobody_else[] = {
    {},
    {{{"origin", own_origin}, {"sec-fetch-site", "same-origin"}}},
    {{{"sec-fetch-site", "none"}}},
};
const char* const with_certificate[] = {"/device_authorization", "/token", "/introspect", "/revoke", "/par",
                                        "/backchannel"};

http::Response post_from(World& world, const PageHeaders& page, const std::string& path, const std::string& form) {
  http::Request request;
  request.origin = http::Origin::facility;
  request.method = "POST";
  request.path = path;
  request.client_certificate = world.ehr.certificate;
  request.remote_address = "192.0.2.1";
  request.headers.emplace("content-type", "application/x-www-form-urlencoded");
  for (const auto& [name, value] : page.headers) request.headers.emplace(name, value);
  request.body = "client_id=ehr-1&" + form;
  return world.router.handle(request);
}

// The log keeps only so many refusals of one source, so it is asked where there are few.
std::string refusal_of_page(const http::Response& answer) {
  return std::to_string(answer.status) + " " + error_of(answer) + " " + answer.cause;
}

}  // namespace

TEST_CASE("defect: a form on another site ended an EHR's open request") {
  World world;
  Phone phone = world.enrolled_phone(world.doctor);
  int asked_for = 0;
  for (const PageHeaders& page : of_other_sites) {
    INFO("page " << asked_for << ": " << page.headers.front().second);
    const Json asked = world.ask({{"terminal_id", "t1"}, {"login_hint", world.doctor.id}});
    ++asked_for;
    const std::string device_code = asked["device_code"];
    for (const std::string form : {"scope=openid+hpki.sign&terminal_id=t1", "scope=openid+hpki.sign&terminal_id=t2"}) {
      const auto answer = post_from(world, page, "/device_authorization", form + "&login_hint=" + world.doctor.id);
      CHECK(refusal_of_page(answer) == "400 invalid_request activation_cross_site");
    }
    CHECK(refusal_of_page(post_from(world, page, "/revoke", "token=" + device_code)) ==
          "400 invalid_request activation_cross_site");
    CHECK(world.count_kind("activation_requested") == asked_for);
    CHECK(world.count_kind("activation_cancelled") == 0);
    CHECK(world.approve(phone, asked).status == 200);
    CHECK(world.poll(asked).status == 200);
  }
}

TEST_CASE("no endpoint with a certificate takes a call of another site's page, and each says what happened") {
  World world;
  for (const char* path : with_certificate) {
    INFO(path);
    const auto answer = post_from(world, of_other_sites[0], path, "token=a");
    CHECK(outcome_of(world, answer) == "400 invalid_request activation_cross_site");
    CHECK(Json::parse(answer.body)["error_description"] ==
          "a page of another site sent this (Origin, Sec-Fetch-Site): nothing was done");
    CHECK(world.audit().back().event.subject == std::string(path).substr(1));
    for (const PageHeaders& page : of_nobody_else)
      CHECK(post_from(world, page, path, "token=a").cause != "activation_cross_site");
  }
  for (const auto& route : world.router.routes()) {
    if (route.origin != http::Origin::facility) continue;
    INFO(route.path);
    CHECK(std::ranges::find(with_certificate, route.path) != std::end(with_certificate));
  }
}

TEST_CASE("calls of another site's page use up no start of the facility") {
  World world;
  const std::string form = "scope=openid+hpki.sign";
  for (int i = 0; i < 700; ++i) post_from(world, of_other_sites[0], "/device_authorization", form);
  for (const PageHeaders& page : of_nobody_else)
    CHECK(post_from(world, page, "/device_authorization", form).status == 200);
}
