#include "rp/server/security_txt.h"

#include <catch2/catch.hpp>

#include "rp/server/config/errors.h"
#include "tests/support/still_world.h"

namespace tegata::server::security_txt_test {
namespace {

const std::string settings_of_security =
    "public_origin = 'https://tegata.example'\ncard_origin_pattern = 'https://*.card.example'\n"
    "facility_origin = 'https://facility.example'\nsockets = 's'\ndatabase = 'd'\naudit_key = 'a'\n"
    "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n"
    "[[authority]]\nname = 'sample'\nroots = ['r']\nrevocation = 'not_judged'\n[security]\n";

}  // namespace

TEST_CASE("security.txt is what RFC 9116 asks for, and is there only with a contact") {
  tegata::test::StillClock clock;
  const auto ask = [&](const std::string& section, const char* method = "GET") {
    const auto config = config::parse_config(settings_of_security + section, "tegata.toml");
    REQUIRE(config);
    http::Router router;
    add_security_txt_route(router, config->security, config->public_origin, clock);
    http::Request request;
    request.method = method;
    request.path = "/.well-known/security.txt";
    return router.handle(request);
  };
  const std::string contact = "contact = ['mailto:security@tegata.example', 'https://tegata.example/contact']\n";
  CHECK(ask("").status == 404);
  CHECK(ask(contact, "POST").status == 405);
  const auto answer = ask(contact + "policy = 'https://tegata.example/policy'\n");
  CHECK(answer.status == 200);
  CHECK(answer.headers.find("Content-Type")->second == "text/plain; charset=utf-8");
  const auto end = std::chrono::floor<std::chrono::days>(clock.now()) + std::chrono::days(30);
  CHECK(answer.body ==
        "Contact: mailto:security@tegata.example\r\nContact: https://tegata.example/contact\r\nExpires: " +
            format_rfc3339(end) +
            "\r\nPreferred-Languages: ja, en\r\n"
            "Canonical: https://tegata.example/.well-known/security.txt\r\n"
            "Policy: https://tegata.example/policy\r\n");
}

TEST_CASE("a contact is an address by which somebody is reached without being overheard on the way") {
  for (const auto& [section, wrong] : std::initializer_list<std::pair<const char*, const char*>>{
           {"contact = ['security@tegata.example']", "contact must be"},
           {"contact = ['mailto:security']", "contact must be"},
           {"contact = ['http://tegata.example']", "contact must be"},
           {"contact = [\"https://tegata.example\\r\\nPolicy: x\"]", "contact must be"},
           {"contact = ['https://']", "contact must be"},
           {"contact = 'mailto:a@b.example'", "contact must be an array"},
           {"policy = 'https://tegata.example/policy'", "policy is of no use"},
           {"contact = ['mailto:a@b.example']\npolicy = 'http://tegata.example'", "policy must be"}}) {
    INFO(section);
    const auto refused = config::parse_config(settings_of_security + section, "tegata.toml");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::config_invalid);
    CHECK(refused.error().detail().find(std::string("security.") + wrong) != std::string::npos);
  }
}

}  // namespace tegata::server::security_txt_test
