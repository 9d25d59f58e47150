#include "rp/server/haproxy_connections.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "rp/server/config/errors.h"
#include "rp/server/haproxy_config.h"

namespace tegata::server {
namespace {

Result<config::Config> read_with_proxy(const std::string& haproxy, const std::string& more = "") {
  return config::parse_config(
      "public_origin = 'https://tegata.example:8443'\ncard_origin_pattern = 'https://*.card.example'\n"
      "facility_origin = 'https://facility.example'\nsockets = 's'\ndatabase = 'd'\naudit_key = 'a'\nsigning_key = "
      "'k'\n"
      "[haproxy]\ntls_certificate = 't'\ncard_client_ca = 'c'\nfacility_client_ca = 'f'\n" +
          haproxy + "\n" + more + "[[authority]]\nname = 'sample'\nroots = ['r']\nrevocation = 'not_judged'\n",
      "tegata.toml");
}

std::string connection_rules(const config::Config& config) {
  std::ostringstream out;
  write_connection_rules(out, {"public", 10}, config);
  return out.str();
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("defect: one origin could take the connections of another: their shares are no more than all") {
  for (const std::int64_t all : {10, 20, 8000}) {
    config::HaproxyConfig proxy;
    proxy.maxconn = all;
    for (const int cards : {1, 2}) {
      const auto sum = page_share(proxy) + facility_share(proxy) + cards * card_share(proxy, cards);
      CHECK(sum <= all);
      CHECK(card_share(proxy, cards) >= 1);
    }
  }
  const auto config = read_with_proxy("maxconn = 20");
  REQUIRE(config);
  const auto text = haproxy_config(*config);
  REQUIRE(text);
  CHECK(occurrences(*text, "\n    maxconn 20\n") == 1);
  CHECK(occurrences(*text, "\n    maxconn 10\n") == 1);  // pages
  CHECK(occurrences(*text, "\n    maxconn 5\n") == 2);   // facilities, cards
}

TEST_CASE("without balancers nobody's PROXY header counts") {
  const auto config = read_with_proxy("");
  REQUIRE(config);
  CHECK(occurrences(connection_rules(*config), "expect-proxy") == 0);
  CHECK(occurrences(connection_rules(*config), "tcp-request session") == 0);
}

TEST_CASE("a balancer is named before anything is counted, its clients are counted behind the handshake") {
  const auto config = read_with_proxy("balancers = ['192.0.2.10', '2001:db8::/64']");
  REQUIRE(config);
  const auto text = connection_rules(*config);
  const auto expects = text.find(
      "tcp-request connection expect-proxy layer4 if { src 192.0.2.10 2001:db8::/64 }\n"
      "    tcp-request connection accept if { src 192.0.2.10 2001:db8::/64 }\n");
  REQUIRE(expects != std::string::npos);
  CHECK(expects < text.find("track-sc0"));
  for (const char* kind : {"connection", "session"}) {
    for (const char* counter : {"track-sc0", "track-sc1"})
      CHECK(occurrences(text, std::string("tcp-request ") + kind + " " + counter) == 1);
    CHECK(occurrences(text, std::string("tcp-request ") + kind + " reject") == 5);
  }
}

TEST_CASE("the narrowest known network speaks last") {
  const auto config =
      read_with_proxy("",
                      "[[limits.network]]\naddresses = ['192.0.2.0/24']\nfactor = 2\n"
                      "[[limits.network]]\naddresses = ['192.0.0.0/16', '2001:db8::/32']\nfactor = 3\n");
  REQUIRE(config);
  const auto text = connection_rules(*config);
  const auto at = [&](const std::string& line) { return text.find("set-var(sess.factor) " + line); };
  REQUIRE(at("int(2) if { src 192.0.2.0/24 }") != std::string::npos);
  REQUIRE(at("int(3) if { src 192.0.0.0/16 }") != std::string::npos);
  CHECK(at("int(1)") < at("int(3) if { src 2001:db8::/32 }"));
  CHECK(at("int(3) if { src 192.0.0.0/16 }") < at("int(2) if { src 192.0.2.0/24 }"));
}

TEST_CASE("defect: a server whose operator named the proxy's user gave its sockets to the group of another") {
  const auto named = read_with_proxy("", "[server]\nproxy_user = 4711\n");
  REQUIRE(named);
  CHECK((named->haproxy.user.empty() && named->haproxy.group.empty()));
  CHECK(haproxy_config(*named)->find("\n    user ") == std::string::npos);
  const auto both = read_with_proxy("user = 'edge'", "[server]\nproxy_user = 4711\n");
  REQUIRE(both);
  CHECK((both->haproxy.user == "edge" && both->haproxy.group == "edge"));
  CHECK(read_with_proxy("")->haproxy.user == "haproxy");
}

TEST_CASE("what is no network and no number of connections is refused by name") {
  for (const char* wrong :
       {"balancers = ['tegata.example']", "balancers = ['192.0.2.0/33']", "balancers = ['']",
        "balancers = ['192.0.2.1 192.0.2.2']", "balancers = 7", "source_connections = 0", "source_rate = 0"}) {
    INFO(wrong);
    const auto refused = read_with_proxy(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::config_invalid);
    const std::string key(wrong, std::string(wrong).find(' '));
    CHECK(refused.error().detail().find("haproxy." + key) != std::string::npos);
  }
}

}  // namespace tegata::server
