#include "rp/server/edge/listening_thread.h"

#include <catch2/catch.hpp>

using namespace tegata;

TEST_CASE("defect: a server that was stopped right after its start hung for ever") {
  for (int i = 0; i < 50; ++i) {
    httplib::Server server;
    REQUIRE(server.bind_to_any_port("127.0.0.1") > 0);
    {
      const tegata::server::edge::ListeningThread thread(server);
      REQUIRE(server.is_running());
    }
    REQUIRE_FALSE(server.is_running());
  }
}
