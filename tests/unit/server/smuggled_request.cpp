// The HTTP library leaves some bodies unread. What stands there must never become a request of its own.
#include <atomic>
#include <catch2/catch.hpp>

#include "tests/unit/server/worker_socket.h"

using namespace tegata;

namespace {

// A worker's socket whose endpoint counts the paths that it was asked for.
struct Behind {
  std::atomic<int> outer{0}, inner{0};
  tegata::test::WorkerSocket worker{"smuggled", endpoint()};

  tegata::server::edge::Endpoint endpoint() {
    tegata::server::edge::Endpoint out;
    out.origin = http::Origin::facility;
    out.handle = [this](const http::Request& request) {
      (request.path == "/inner" ? inner : outer) += 1;
      return http::json_response(200, {{"path", request.path}});
    };
    out.refuse = [](const http::Request&, const Error&) { return http::json_response(400, Json::object()); };
    return out;
  }
  std::string send(const std::string& text) const { return worker.send(text); }
};

const std::string proxied =
    "Host: localhost\r\nX-Tegata-Request-Id: r\r\nX-Tegata-Remote-Address: 127.0.0.1\r\nX-Tegata-Host: localhost\r\n";
const std::string smuggled = "GET /inner HTTP/1.1\r\n" + proxied + "\r\n";

std::string outer(const std::string& method, const std::string& more_headers = "") {
  return method + " /outer HTTP/1.1\r\n" + proxied + more_headers +
         "Content-Length: " + std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled;
}

}  // namespace

TEST_CASE("smuggled_in_unread_body: methods whose body the library does not read") {
  Behind behind;
  for (const auto* method : {"OPTIONS", "TRACE", "FOO", "CONNECT", "PUT", "PATCH", "DELETE", "GET", "HEAD"}) {
    INFO(method);
    behind.send(outer(method));
    CHECK(behind.inner == 0);
  }
}

TEST_CASE("smuggled_behind_long_header: the library answers before it has read the body") {
  Behind behind;
  behind.send(outer("POST", "X-A: " + std::string(8300, 'a') + "\r\n"));
  behind.send(outer("POST", "Transfer-Encoding: chunked\r\n"));
  behind.send("POST /outer HTTP/1.1\r\nBroken\r\n" + proxied + "Content-Length: 5\r\n\r\n" + smuggled);
  CHECK(behind.inner == 0);
}

TEST_CASE("whole requests of known shape share a connection") {
  Behind behind;
  const std::string body = "{}";
  const auto post = "POST /outer HTTP/1.1\r\n" + proxied + "Content-Length: 2\r\n\r\n" + body;
  const auto answer = behind.send(post + smuggled);
  CHECK(behind.outer == 1);
  CHECK(behind.inner == 1);
  CHECK(answer.find("/inner") != std::string::npos);
}
