#include "rp/server/related_origins.h"

#include <catch2/catch.hpp>

#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

namespace tegata::server::related_origins_test {
namespace {

const std::string least =
    "public_origin = 'https://login.tegata.example:8443'\ncard_origin_pattern = 'https://*.card.example'\n"
    "facility_origin = 'https://facility.example'\nsockets = 's'\ndatabase = 'd'\naudit_key = 'a'\nsigning_key = 'k'\n"
    "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
    "[[authority]]\nname = 'sample'\nroots = ['r']\nrevocation = 'not_judged'\n";

http::Response ask(const std::vector<std::string>& related, const std::string& method = "GET") {
  http::Router router;
  add_related_origins_route(router, related);
  http::Request request;
  request.method = method;
  request.path = "/.well-known/webauthn";
  return router.handle(request);
}

}  // namespace

TEST_CASE("related origins are served where browsers look for them, and only if there are any") {
  const auto answer = ask({"https://tegata.example", "https://tegata.test:8443"});
  CHECK(answer.status == 200);
  CHECK(answer.headers.find("Content-Type")->second == "application/json");
  CHECK(Json::parse(answer.body) == Json{{"origins", {"https://tegata.example", "https://tegata.test:8443"}}});
  CHECK(ask({}).status == 404);
  CHECK(ask({"https://tegata.example"}, "POST").status == 405);
}

TEST_CASE("the RP ID is the host of the public origin unless it is set; related origins are origins") {
  const auto read = [](const std::string& more) {
    return config::parse_config(least + "[webauthn]\n" + more, "tegata.toml");
  };
  const auto usual = read("");
  REQUIRE(usual);
  CHECK(usual->rp_id == "login.tegata.example");
  CHECK(usual->related_origins.empty());
  const auto other = read("rp_id = 'tegata.example'\nrelated_origins = ['https://a.example', 'https://b.example:444']");
  REQUIRE(other);
  CHECK(other->rp_id == "tegata.example");
  CHECK(other->related_origins == std::vector<std::string>{"https://a.example", "https://b.example:444"});
  for (const char* wrong : {"rp_id = ''", "rp_id = 'https://a.example'", "rp_id = 'a.example:443'",
                            "rp_id = '*.example'", "rp_id = 7", "related_origins = ['a.example']",
                            "related_origins = ['https://a.example/']", "related_origins = ['http://a.example']",
                            "related_origins = ['https://*.example']", "related_origins = 'x'", "related = []"}) {
    INFO(wrong);
    const auto refused = read(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::config_invalid);
  }
}

}  // namespace tegata::server::related_origins_test
