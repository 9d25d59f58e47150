// Certificates that end, or do not name our hosts: what check and /readyz say, while the server runs on.
#include <catch2/catch.hpp>
#include <chrono>

#include "rp/sandbox/test_pki/issue.h"
#include "rp/server/running/system.h"
#include "tests/start/installation.h"

namespace tegata::test {
namespace {

using namespace std::chrono_literals;
constexpr const char* our_hosts = "DNS:localhost,DNS:*.card.localhost";

sandbox::test_pki::Identity certificate_of(std::chrono::seconds begins_in, std::chrono::seconds ends_in,
                                           const char* hosts) {
  const auto now = server::running::SystemClock().now();
  return sandbox::test_pki::issue_self_signed(
      {{{"CN", "edge"}}, now + begins_in, now + ends_in, {{"subjectAltName", hosts}}}, sandbox::test_pki::p256_key());
}

void put_tls(const Installation& it, const sandbox::test_pki::Identity& identity) {
  it.write("pki/server.pem", sandbox::test_pki::pem(identity.certificate) + sandbox::test_pki::pem(identity.key));
}

std::string noted(const Installation& it) {
  const auto answer = it.tegata({"check"});
  CHECK(answer.code == 0);
  CHECK(it.served() == "");
  return answer.out;
}

std::string asked(const Installation& it, const std::string& path) {
  return run({"/usr/bin/curl", "-s", "--unix-socket", it.file("sockets/ops.sock"), "http://ops" + path}).out;
}

}  // namespace

TEST_CASE("a certificate that is good for two weeks is not spoken of") {
  const Installation it;
  put_tls(it, certificate_of(-24h, 24h * 15, our_hosts));
  CHECK(noted(it) == it.config() + ": good\n");
}

TEST_CASE("defect: check was good with a TLS certificate that turns everybody away") {
  const Installation it;
  const auto file = it.file("pki/server.pem");
  SECTION("ended") {
    put_tls(it, certificate_of(-48h, -24h, our_hosts));
    CHECK_THAT(noted(it), Catch::Matchers::Contains("warning certificate_ended tls " + file + ": edge is valid from "));
  }
  SECTION("ends soon") {
    put_tls(it, certificate_of(-48h, 24h * 13, our_hosts));
    CHECK_THAT(noted(it), Catch::Matchers::Contains("warning certificate_ends_soon tls " + file + ": edge is valid "));
  }
  SECTION("not valid yet") {
    put_tls(it, certificate_of(24h, 24h * 100, our_hosts));
    CHECK_THAT(noted(it), Catch::Matchers::Contains("warning certificate_not_yet_valid tls " + file + ": edge is "));
  }
  SECTION("of another host") {
    put_tls(it, certificate_of(-24h, 24h * 100, "DNS:localhost,DNS:card.localhost"));
    CHECK(noted(it) == it.config() + ": warning certificate_name_missing tls " + file +
                           ": names no *.card.localhost, which is one of our origins\n" + it.config() + ": good\n");
  }
}

TEST_CASE("an authority that ends within a month is a warning of check and /readyz, and a figure") {
  const Installation it;
  const auto ending = certificate_of(-24h, 24h * 29, "DNS:ca");
  it.write("facility-ca/advertised.pem",
           it.text("facility-ca/advertised.pem") + sandbox::test_pki::pem(ending.certificate));
  const auto line =
      "warning certificate_ends_soon facility_client_ca " + it.file("facility-ca/advertised.pem") + ": edge is valid ";
  CHECK_THAT(noted(it), Catch::Matchers::Contains(line));
  const Serving running(it);
  CHECK_THAT(asked(it, "/readyz"), Catch::Matchers::StartsWith("ok\n") && Catch::Matchers::Contains(line));
  const auto figures = asked(it, "/metrics");
  for (const auto* labels : {"use=\"tls\",file=\"", "use=\"facility_ca\",file=\"", "use=\"card_authority\",file=\""})
    CHECK_THAT(figures, Catch::Matchers::Contains(std::string("tegata_certificate_not_after_seconds{") + labels));
  CHECK_THAT(figures, Catch::Matchers::Contains("subject=\"edge\"} "));
  CHECK(running.stop() == 0);
}

}  // namespace tegata::test
