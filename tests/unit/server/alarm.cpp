// Two verifiers that disagree are an alarm: a line at level error, and a counter of its own that is there from the
// start, so that a watcher sees it move.
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

#include "rp/server/answer.h"
#include "rp/webauthn/wire/errors.h"
#include "tests/support/still_world.h"

namespace tegata::server {
namespace {

// A log that is read back.
struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  ~Pipe() {
    for (const int end : ends) ::close(end);
  }
  std::string read() const {
    std::array<char, 4096> block{};
    const auto got = ::read(ends[0], block.data(), block.size());
    return got > 0 ? std::string(block.data(), static_cast<std::size_t>(got)) : std::string();
  }
  std::array<int, 2> ends{};
};

struct Edge {
  explicit Edge(ErrorCode code) {
    router.add(http::Origin::public_pages, "POST", "/api/phone/register",
               [code](const http::Request& request) { return http::problem(request, Error(code)); });
  }
  void ask() {
    http::Request request;
    request.method = "POST";
    request.path = "/api/phone/register";
    request.request_id = "request-1";
    make_endpoint(http::Origin::public_pages, router, clock, log, metrics, requests).handle(request);
  }
  Pipe pipe;
  test::StillClock clock;
  running::Log log{clock, pipe.ends[1]};
  running::Metrics metrics;
  running::Vitals requests{clock};
  http::Router router;
};

}  // namespace

TEST_CASE("a veto of the second verifier is logged as an error and counted") {
  Edge edge(errors::webauthn_second_verifier_veto);
  CHECK(edge.metrics.text({}).find("\ntegata_second_verifier_veto_total 0\n") != std::string::npos);
  edge.ask();
  const std::string lines = edge.pipe.read();
  const Json first = Json::parse(lines.substr(0, lines.find('\n')));
  CHECK(first["level"] == "error");
  CHECK(first["event"] == "second_verifier_veto");
  CHECK(first["request_id"] == "request-1");
  CHECK(edge.metrics.text({}).find("\ntegata_second_verifier_veto_total 1\n") != std::string::npos);
}

TEST_CASE("any other refusal is no alarm") {
  Edge edge(errors::webauthn_attestation_signature_invalid);
  edge.ask();
  CHECK(edge.pipe.read().find("\"level\":\"error\"") == std::string::npos);
  CHECK(edge.metrics.text({}).find("\ntegata_second_verifier_veto_total 0\n") != std::string::npos);
}

}  // namespace tegata::server
