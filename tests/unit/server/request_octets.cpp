// What handlers see of a request is what was sent, octet by octet, whatever the HTTP library would make of it.
#include <catch2/catch.hpp>
#include <mutex>

#include "rp/http/errors.h"
#include "rp/server/config/errors.h"
#include "rp/server/edge/proxy_request.h"
#include "tests/unit/server/worker_socket.h"

using namespace tegata;

namespace {

// A worker's socket that keeps the last request and the reason of the last refusal.
struct Worker {
  std::mutex mutex;
  std::optional<http::Request> seen;
  std::string refused;
  tegata::test::WorkerSocket worker{"octets", endpoint()};

  tegata::server::edge::Endpoint endpoint() {
    tegata::server::edge::Endpoint out;
    out.handle = [this](const http::Request& request) {
      const std::lock_guard lock(mutex);
      seen = request;
      if (request.path == "/throws") throw std::runtime_error("secret");
      return http::json_response(200, Json::object());
    };
    out.refuse = [this](const http::Request&, const Error& error) {
      const std::lock_guard lock(mutex);
      refused = error.detail().empty() ? std::string(error.code().name()) : error.detail();
      return http::json_response(400, Json::object());
    };
    return out;
  }

  // The answer to one request, after which this end closes.
  std::string send(const std::string& fields, const std::string& line = "GET / HTTP/1.1",
                   const std::string& body = "") {
    seen.reset();
    refused.clear();
    return worker.send(
        line + "\r\nX-Tegata-Request-Id: r\r\nX-Tegata-Remote-Address: 127.0.0.1\r\n" + fields + "\r\n" + body, true);
  }
};

const std::string shapes[] = {"%00",
                              "%0A",
                              "%0D%0AX-Tegata-Host: evil",
                              "%25",
                              "%2B+",
                              "%3B; a=b",
                              "%u003B",
                              "%",
                              "%zz",
                              "\xe7\x84\xa1\xff\x80",
                              "  inner   spaces\tand tabs",
                              "\"quoted\""};

}  // namespace

TEST_CASE("defect: the HTTP library decoded every header on its way to the handlers") {
  Worker worker;
  for (const auto name : tegata::server::edge::handed_on) {
    for (const auto& shape : shapes) {
      // The media type alone stands once.
      const bool once = name == "content-type";
      const std::string line = std::string(name) + ": " + shape + "z\r\n";
      worker.send(once ? line : line + std::string(name) + ": second\r\n");
      INFO(name << " " << shape << " " << worker.refused);
      REQUIRE(worker.seen);
      const auto trimmed = shape.substr(shape.find_first_not_of(" \t")) + "z";
      CHECK(worker.seen->header(std::string(name)) == trimmed);
      CHECK(worker.seen->headers.count(std::string(name)) == (once ? 1 : 2));
    }
  }
}

TEST_CASE("defect: a line break that somebody encoded in any header was 400 for everything") {
  Worker worker;
  for (const auto* name : {"Cookie", "Referer", "X-Anything", "User-Agent"}) {
    for (const auto* shape : {"other=%0A", "other=%00", "other=%0D", "other=%7F"}) {
      worker.send(std::string(name) + ": " + shape + "\r\nCookie: __Host-tegata-session=S\r\n");
      INFO(name << " " << shape << " " << worker.refused);
      REQUIRE(worker.seen);
      CHECK(worker.seen->cookie("__Host-tegata-session") == "S");
    }
  }
}

TEST_CASE("defect: a cookie that decodes to one of ours was taken for it") {
  Worker worker;
  for (const auto* line :
       {"x=1%3B%20__Host-tegata-session=V", "%5F%5FHost-tegata-session=V", "x=1%u003B __Host-tegata-session=V",
        "__Host-tegata-session", "$Version=1, __Host-tegata-session=V"}) {
    worker.send(std::string("Cookie: ") + line + "\r\n");
    REQUIRE(worker.seen);
    CHECK(worker.seen->cookies.empty());
    worker.send(std::string("Cookie: ") + line + "; __Host-tegata-session=S\r\n");
    REQUIRE(worker.seen);
    CHECK(worker.seen->cookie("__Host-tegata-session") == "S");
  }
  worker.send("Cookie: __Host-tegata-session=S; __Host-tegata-session=V\r\n");
  CHECK_FALSE(worker.seen);
  CHECK(worker.refused == "__Host-tegata-session");
}

// Faults of the HTTP library that later releases mend: none of its request path is used, so none can be reached.
TEST_CASE("faults of the library's request reader stay out of reach") {
  Worker worker;
  const std::string zipped("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  struct Fault {
    const char* name;
    std::string fields, line, body;
    std::string refused;
  };
  const std::string post = "POST / HTTP/1.1", get = "GET / HTTP/1.1";
  const std::vector<Fault> faults = {
      {"CVE-2026-45372: header values are decoded", "Cookie: a=%0D%0AX-Tegata-Host: evil\r\n", get, "", ""},
      {"CVE-2025-66570: REMOTE_ADDR shadows the real one", "REMOTE_ADDR: 192.0.2.9\r\n", get, "", "header name"},
      {"CVE-2026-46527: X-Forwarded-For of no address", "X-Forwarded-For: ,\r\n", get, "", "header name"},
      {"CVE-2025-53629: a chunked body without an end", "Transfer-Encoding: chunked\r\n", post, "fffffff\r\n",
       "Transfer-Encoding"},
      {"0.43.4: a chunk of negative size", "Transfer-Encoding: chunked\r\n", post, "-2\r\n", "Transfer-Encoding"},
      {"CVE-2026-22776: a body that unpacks to more", "Content-Encoding: gzip\r\nContent-Length: 10\r\n", post, zipped,
       "header content-encoding"},
      {"CVE-2025-53628: a header line without an end", "A: " + std::string(70'000, 'a') + "\r\n", get, "",
       "no whole head"},
      {"two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n", post, "a", "Content-Length"},
      {"a length that wraps", "Content-Length: 18446744073709551616\r\n", post, "a", "Content-Length"},
      {"a body of GET becomes a request", "Content-Length: 4\r\n", get, "GET ", "GET with a body"},
      {"ranges without end", "Range: bytes=0-,0-,0-\r\n", get, "", "header range"},
      {"an answer before the body", "Expect: 100-continue\r\nContent-Length: 1\r\n", post, "a", "header expect"},
  };
  for (const auto& fault : faults) {
    const auto answer = worker.send(fault.fields, fault.line, fault.body);
    INFO(fault.name << ": " << worker.refused);
    CHECK(worker.refused == fault.refused);
    CHECK(worker.seen.has_value() == fault.refused.empty());
    CHECK(answer.find("evil") == std::string::npos);
  }
}

TEST_CASE("a multipart body and a form larger than the library reads are bodies like others") {
  Worker worker;
  for (const std::string type : {"multipart/form-data; boundary=x", "application/x-www-form-urlencoded"}) {
    const std::string body = "--x\r\n" + std::string(20'000, 'a') + std::string("\0\r\n", 3);
    const auto answer =
        worker.send("Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
                    "POST / HTTP/1.1", body);
    INFO(type);
    REQUIRE(worker.seen);
    CHECK(worker.seen->body == body);
    CHECK(answer.starts_with("HTTP/1.1 200"));
  }
}

TEST_CASE("a long path costs the library's patterns nothing, and what a handler throws is told to nobody") {
  Worker worker;
  CHECK(worker.send("", "GET /" + std::string(2000, 'a') + " HTTP/1.1").starts_with("HTTP/1.1 200"));
  CHECK(worker.seen->path.size() == 2001);
  const auto answer = worker.send("", "GET /throws HTTP/1.1");
  CHECK(worker.refused == "exception outside of a handler");
  CHECK(answer.find("secret") == std::string::npos);
}

TEST_CASE("HEAD has the headers of GET and no body; two requests in one connection are two") {
  Worker worker;
  const auto answer = worker.send("", "HEAD / HTTP/1.1");
  CHECK(answer.find("Content-Length: 2\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}
