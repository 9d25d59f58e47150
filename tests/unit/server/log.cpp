// The server's log: one line of ASCII for each event, whatever stands in it.
#include "rp/server/running/log.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/support/still_world.h"

using namespace tegata;

TEST_CASE("defect: the log's lines had characters beyond ASCII, which not every reader takes for what they are") {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file);
  const test::StillClock clock;
  const tegata::server::running::Log log(clock, fileno(file));
  const std::string odd = "検証\u202e\u2028\xc2\x85\x7f\n\"\\\x1b[2J\U00020bb7", broken = "\xff\xc0\x80";
  log.info("event", {{"odd", odd}, {"broken", broken}, {odd, 1}});
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  CHECK(text.ends_with("}\n"));
  CHECK(std::ranges::count(text, '\n') == 1);
  CHECK(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < '\x7f'); }));
  const auto line = Json::parse(text);
  CHECK(line["odd"] == odd);
  CHECK(line[odd] == 1);
  CHECK(line["broken"] == "\ufffd\ufffd\ufffd");
}
