// The head of a request, octet by octet.
#include "rp/server/edge/request_head.h"

#include <catch2/catch.hpp>

#include "rp/server/config/errors.h"

using namespace tegata;
using namespace tegata::server;

namespace {

std::string detail(const std::string& head) {
  const auto parsed = tegata::server::edge::parse_request_head(head);
  if (!parsed) {
    CHECK(parsed.error().code() == errors::request_not_from_proxy);
    return parsed.error().detail();
  }
  const auto size = tegata::server::edge::body_size(*parsed);
  return size ? std::to_string(*size) : size.error().detail();
}

std::string post(const std::string& fields) { return "POST /a HTTP/1.1\r\n" + fields + "\r\n"; }

}  // namespace

TEST_CASE("a head is read as it stands: names in lower case, values octet by octet, lines of one name in their order") {
  const auto head = tegata::server::edge::parse_request_head(
      "GET /a?b=%2B HTTP/1.1\r\nX-A: 1\r\nDPoP:\t %0A%00%25%2B%3B%u003B \r\nx-a:\r\nX-A: \xe7\x84\xa1 2\r\n\r\n");
  REQUIRE(head);
  CHECK(head->method == "GET");
  CHECK(head->target == "/a?b=%2B");
  CHECK(head->headers.find("dpop")->second == "%0A%00%25%2B%3B%u003B");
  auto [from, to] = head->headers.equal_range("x-a");
  std::vector<std::string> lines;
  for (; from != to; ++from) lines.push_back(from->second);
  CHECK(lines == std::vector<std::string>{"1", "", "\xe7\x84\xa1 2"});
  CHECK(tegata::server::edge::body_size(*head) == std::size_t{0});
}

TEST_CASE("what is no head of the proxy is refused, and says which part") {
  CHECK(detail(post("Content-Length: 12\r\n")) == "12");
  CHECK(detail("GET / HTTP/1.1\r\nA: b\r\n") == "lines of the head");
  CHECK(detail("GET / HTTP/1.1\nA: b\n\r\n\r\n") == "request line");
  CHECK(detail("\r\nGET / HTTP/1.1\r\n\r\n") == "request line");
  CHECK(detail("GET /\r\n\r\n") == "request line");
  CHECK(detail("GET  / HTTP/1.1\r\n\r\n") == "request line");
  CHECK(detail("GET /\x01 HTTP/1.1\r\n\r\n") == "request line");
  CHECK(detail("GE(T / HTTP/1.1\r\n\r\n") == "request line");
  CHECK(detail("GET / HTTP/2.0\r\n\r\n") == "version");
  CHECK(detail(post("Broken\r\n")) == "header name");
  CHECK(detail(post(": a\r\n")) == "header name");
  CHECK(detail(post("A : b\r\n")) == "header name");
  CHECK(detail(post("A: b\r\n folded: c\r\n")) == "header name");
  CHECK(detail(post(std::string("A: b\0c\r\n", 8))) == "header value");
  CHECK(detail(post("A: b\rc\r\n")) == "header value");
  CHECK(detail(post("A: b\nC: d\r\n")) == "header value");
  CHECK(detail(post("A: b\x7f\x0b\r\n")) == "0");
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  CHECK(detail(post(many)) == "lines of the head");
  CHECK(detail(post("") + "GET /inner HTTP/1.1\r\n\r\n") == "octets behind the head");
}

TEST_CASE("one length, in digits, of a body that may be") {
  for (const auto* value : {"-1", "+1", "0x1", "1 2", "1,1", "", "100000", "32769"}) {
    INFO(value);
    const auto why = detail(post(std::string("Content-Length: ") + value + "\r\n"));
    CHECK((why == "Content-Length" || why == "body size"));
  }
  CHECK(detail(post("Content-Length: 1\r\ncontent-length: 1\r\n")) == "Content-Length");
  CHECK(detail(post("Transfer-Encoding: chunked\r\n")) == "Transfer-Encoding");
  CHECK(detail(post("Content-Length: 1\r\nTransfer-Encoding: identity\r\n")) == "Transfer-Encoding");
  CHECK(detail("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n") == "GET with a body");
  CHECK(detail("PUT / HTTP/1.1\r\n\r\n") == "method");
  CHECK(detail(post("Content-Length: 32768\r\n")) == "32768");
}
