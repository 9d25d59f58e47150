// Only what our proxy sends becomes a request.
#include "rp/server/edge/proxy_request.h"

#include <catch2/catch.hpp>

#include "rp/base/ascii.h"
#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"

using namespace tegata;
using namespace tegata::server;

namespace {

tegata::server::edge::RawRequest good(std::multimap<std::string, std::string> extra = {}) {
  tegata::server::edge::RawRequest out{
      "GET", "/login?s=a%20b", {{"x-tegata-request-id", "r1"}, {"x-tegata-remote-address", "127.0.0.1"}}, ""};
  for (const auto& [name, value] : extra) out.headers.emplace(ascii_lower(name), value);
  return out;
}

ErrorCode request_refusal(http::Origin origin, tegata::server::edge::RawRequest raw) {
  const auto result = tegata::server::edge::parse_proxy_request(origin, std::move(raw));
  REQUIRE_FALSE(result);
  return result.error().code();
}

}  // namespace

TEST_CASE("the proxy's headers are taken and do not reach handlers") {
  const auto request = tegata::server::edge::parse_proxy_request(http::Origin::card, good({{"Client-Cert", ":AQID:"}}));
  REQUIRE(request);
  CHECK(request->client_certificate == Bytes{1, 2, 3});
  CHECK(request->query.find("s")->second == "a b");
  CHECK_FALSE(request->header("client-cert"));
}

TEST_CASE("what the proxy would never send is refused") {
  const auto code = errors::request_not_from_proxy;
  CHECK(request_refusal(http::Origin::public_pages, good({{"Client-Cert", ":AQID:"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"Client-Cert", ":AQID:"}, {"X-Tegata-Resumed", "1"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"Client-Cert", ":AQID:"}, {"client-cert", ":AQID:"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"Client-Cert-Chain", ":AQID:"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"Client_Cert", ":AQID:"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"X-Forwarded-For", "::1"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"Transfer-Encoding", "chunked"}})) == code);
  CHECK(request_refusal(http::Origin::card, good({{"Content-Length", "5"}})) == code);
  CHECK(request_refusal(http::Origin::card, {"GET", "/", {}, ""}) == code);
}

TEST_CASE("Client-Cert is one byte sequence of RFC 9440") {
  for (const auto* bad : {"", ":", "::", "AQID", ":AQID", "AQID:", ":AQI:", ":AQ ID:", ":AQID:,:AQID:", ":AQID=:"}) {
    const auto result = tegata::server::edge::parse_client_cert(bad);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == errors::client_cert_malformed);
  }
}

TEST_CASE("an unknown key of the configuration is named") {
  const auto result = tegata::server::config::parse_config("public_orign = 'https://localhost'\n", "t.toml");
  REQUIRE_FALSE(result);
  CHECK(result.error().code() == errors::config_invalid);
  CHECK(result.error().detail().find("t.toml: public_origin") != std::string::npos);
}
