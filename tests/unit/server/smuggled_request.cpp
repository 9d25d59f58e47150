// The HTTP library leaves some bodies unread. What stands there must never become a request of its own.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "rp/server/httplib_server.h"

using namespace tegata;

namespace {

// A worker's socket whose endpoint counts the paths that it was asked for.
struct Behind {
  std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("tegata-smuggled-" + std::to_string(::getpid()));
  std::atomic<int> outer{0}, inner{0};
  std::unique_ptr<server::HttplibServer> server;

  Behind() {
    server::SocketOptions options;
    options.directory = directory.string();
    options.name = "test.sock";
    options.workers = 4;
    server::Endpoint endpoint;
    endpoint.origin = http::Origin::facility;
    endpoint.handle = [this](const http::Request& request) {
      (request.path == "/inner" ? inner : outer) += 1;
      return http::json_response(200, {{"path", request.path}});
    };
    endpoint.refuse = [](const http::Request&, const Error&) { return http::json_response(400, Json::object()); };
    auto started = server::HttplibServer::start(options, endpoint);
    REQUIRE(started);
    server = std::move(*started);
  }
  ~Behind() {
    server.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  // Everything that comes back until the server closes or two seconds are over.
  std::string send(const std::string& text) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (directory / "test.sock").string();
    std::memcpy(address.sun_path, path.c_str(), path.size());
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval two_seconds{2, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &two_seconds, sizeof two_seconds);
    REQUIRE(::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    std::string answer;
    char block[4096];
    for (ssize_t got; (got = ::recv(descriptor, block, sizeof block, 0)) > 0;)
      answer.append(block, static_cast<std::size_t>(got));
    ::close(descriptor);
    return answer;
  }
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
