// Fetching from publishers that answer as they like: a socket, and a thread that plays a script on it.
#include "rp/server/revocation/fetch.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "rp/server/running/system.h"

namespace tegata::server {
namespace {

using namespace std::chrono_literals;

// Takes one connection and sends the pieces, each after `pause`; then closes, or stays until it is destroyed.
class Publisher {
 public:
  explicit Publisher(std::vector<std::string> pieces, std::chrono::milliseconds pause = 0ms, bool stays = false)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&place), sizeof place) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    socklen_t size = sizeof place;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&place), &size);
    port_ = ntohs(place.sin_port);
    thread_ = std::thread([this, pieces = std::move(pieces), pause, stays] { play(pieces, pause, stays); });
  }
  ~Publisher() {
    over_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/a.crl"; }
  const std::string& request() const { return request_; }

 private:
  void play(const std::vector<std::string>& pieces, std::chrono::milliseconds pause, bool stays) {
    const int peer = ::accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    char block[4096];
    while (request_.find("\r\n\r\n") == std::string::npos) {
      const auto got = ::recv(peer, block, sizeof block, 0);
      if (got <= 0) break;
      request_.append(block, static_cast<std::size_t>(got));
    }
    for (const auto& piece : pieces) {
      if (over_ || ::send(peer, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
      std::this_thread::sleep_for(pause);
    }
    while (stays && !over_) std::this_thread::sleep_for(10ms);
    ::close(peer);
  }

  int listener_;
  int port_ = 0;
  std::atomic<bool> over_{false};
  std::string request_;
  std::thread thread_;
};

const revocation::FetchLimits limits{1000, 2000ms};
const auto never = [] { return false; };

std::string outcome(const std::string& address, const revocation::FetchLimits& within = limits) {
  const running::SystemClock clock;
  const auto got = revocation::fetch(address, within, clock, never);
  return got ? "got " + std::string(as_text(*got))
             : std::string(got.error().code().name()) + ": " + got.error().detail();
}
std::string of(std::vector<std::string> pieces, std::chrono::milliseconds pause = 0ms, bool stays = false) {
  const Publisher publisher(std::move(pieces), pause, stays);
  return outcome(publisher.address());
}
std::string ok(const std::string& body, const std::string& lines = "") {
  return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body;
}

}  // namespace

TEST_CASE("fetch: whole answers, however they come") {
  CHECK(of({ok("list", "Content-Length: 4\r\n")}) == "got list");
  CHECK(of({ok("list")}) == "got list");
  CHECK(of({ok("list", "content-length:4\r\nX: y\r\n")}, 0ms, true) == "got list");  // without waiting for the end
  CHECK(of({"HT", "TP/1.0 200 OK\r\n", "\r", "\nli", "st"}, 20ms) == "got list");
  CHECK(of({ok(std::string(1000, 'x'))}) == "got " + std::string(1000, 'x'));
  Publisher publisher({ok("list")});
  CHECK(outcome(publisher.address()) == "got list");
  CHECK(publisher.request().starts_with("GET /a.crl HTTP/1.0\r\nHost: 127.0.0.1:"));
}

TEST_CASE("fetch: what is not an answer in one piece") {
  CHECK(of({}) == "revocation_unreachable: closed before the end of the header");
  CHECK(of({"HTTP/1.1 200 OK\r\nContent-Le"}) == "revocation_unreachable: closed before the end of the header");
  CHECK(of({ok("lis", "Content-Length: 4\r\n")}) == "revocation_unreachable: not as long as announced");
  CHECK(of({ok("list!", "Content-Length: 4\r\n")}) == "revocation_unreachable: not as long as announced");
  CHECK(of({ok("list", "Content-Length: 4\r\nContent-Length: 4\r\n")}) ==
        "revocation_unreachable: Content-Length twice");
  for (const char* length : {"-4", "4x", "", "99999999999999999999999"})
    CHECK(of({ok("list", std::string("Content-Length: ") + length + "\r\n")}) ==
          "revocation_unreachable: Content-Length");
  CHECK(of({ok("4\r\nlist\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n")}) ==
        "revocation_unreachable: transfer-encoding");
  CHECK(of({ok("list", "Content-Encoding: gzip\r\n")}) == "revocation_unreachable: content-encoding");
  CHECK(of({ok("list", "no colon\r\n")}) == "revocation_unreachable: a header line without a colon");
  CHECK(of({"HTTP/1.1 404 Not Found\r\n\r\n"}) == "revocation_unreachable: status 404");
  CHECK(of({"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\n\r\n"}) == "revocation_unreachable: status 301");
  CHECK(of({"SSH-2.0-server\r\n\r\n"}) == "revocation_unreachable: no HTTP answer");
}

TEST_CASE("fetch: bounds of size") {
  CHECK(of({ok(std::string(1001, 'x'))}) == "card_revocation_too_large: 1001");
  CHECK(of({ok("", "Content-Length: 1001\r\n")}, 0ms, true) == "card_revocation_too_large: 1001");
  const std::string endless(20'000, 'x');
  CHECK(of({"HTTP/1.1 200 OK\r\nX: " + endless}, 0ms, true) == "revocation_unreachable: a header too large");
  CHECK(of({"HTTP/1.1 200 OK\r\nX: " + endless + "\r\n\r\nlist"}) == "revocation_unreachable: a header too large");
}

TEST_CASE("fetch: bounds of time, for the whole and not for each octet") {
  const auto late = "revocation_unreachable: no whole answer within the time";
  const auto begun = running::SystemClock().monotonic();
  CHECK(of({}, 0ms, true) == late);
  CHECK(of({ok("li")}, 0ms, true) == late);
  CHECK(of(std::vector<std::string>(100, "H"), 100ms) == late);
  std::vector<std::string> drips = {ok("")};
  drips.resize(100, "x");
  CHECK(of(drips, 100ms) == late);
  CHECK(running::SystemClock().monotonic() - begun < 14s);
}

TEST_CASE("fetch: ends when the server stops") {
  const Publisher publisher({}, 0ms, true);
  const running::SystemClock clock;
  const auto begun = clock.monotonic();
  const auto got =
      revocation::fetch(publisher.address(), {1000, 60s}, clock, [&] { return clock.monotonic() - begun > 300ms; });
  REQUIRE_FALSE(got);
  CHECK(got.error().detail() == "the server is stopping");
  CHECK(clock.monotonic() - begun < 3s);
}

TEST_CASE("fetch: nobody there") {
  CHECK(outcome("http://127.0.0.1:1/a.crl").starts_with("revocation_unreachable: connect"));
  CHECK(outcome("http://no-such-host.invalid/a.crl").starts_with("revocation_unreachable: no-such-host.invalid"));
  CHECK(outcome("https://127.0.0.1/a.crl") == "revocation_unreachable: not an address");
}

TEST_CASE("fetch: files") {
  const auto folder = std::filesystem::temp_directory_path() / ("tegata-fetch-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);  // of a run that was killed
  std::filesystem::create_directories(folder);
  const auto put = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  };
  const auto file = put("a.crl", "list");
  CHECK(outcome("file:" + file) == "got list");
  CHECK(outcome("file://" + file) == "got list");
  CHECK(outcome("file:" + put("large", std::string(1001, 'x'))).ends_with("has more than 1000 bytes"));
  CHECK(outcome("file:" + file + ".not").starts_with("revocation_unreachable: "));
  CHECK(outcome("file:" + folder.string()).ends_with("is no regular file"));
  const auto pipe = (folder / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(outcome("file:" + pipe).ends_with("is no regular file"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("addresses") {
  const auto whole = revocation::parse_http_address("http://crl.example.jp:8080/a.crl?x=1");
  REQUIRE(whole);
  CHECK(whole->host == "crl.example.jp");
  CHECK(whole->port == "8080");
  CHECK(whole->authority == "crl.example.jp:8080");
  CHECK(whole->target == "/a.crl?x=1");
  CHECK(revocation::parse_http_address("http://crl.example.jp")->target == "/");
  CHECK(revocation::parse_http_address("http://[::1]:81/a")->host == "::1");
  CHECK(revocation::parse_http_address("http://[::1]/a")->port == "80");
  for (const char* wrong : {"http://", "http:///a", "http://a:/b", "http://a:x/b", "http://user@a/b", "http://a/b c",
                            "http://a/b\r\nX: y", "http://[]/a", "http://[::1/a", "http://a:123456/", "ftp://a/b"})
    CHECK_FALSE(revocation::parse_http_address(wrong));
}

}  // namespace tegata::server
