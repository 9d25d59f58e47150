// Threads that go on whatever a round throws, and are named when they hang.
#include "rp/server/running/rounds.h"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "rp/server/config/errors.h"
#include "rp/server/health_watch.h"
#include "rp/server/running/inquiry.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace std::chrono_literals;

namespace {

struct RoundsWorld {
  ~RoundsWorld() { std::fclose(file); }
  std::string text() const {
    std::string out(1 << 16, '\0');
    out.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(fileno(file), out.data(), out.size(), 0), 0)));
    return out;
  }
  std::FILE* file = std::tmpfile();
  tegata::test::StillClock clock;
  const tegata::server::running::Log log{clock, fileno(file)};
  tegata::server::running::Vitals vitals{clock};
};

template <typename Wanted>
bool comes_to_pass(Wanted wanted) {
  for (int i = 0; i < 10'000 && !wanted(); ++i) ::usleep(1000);
  return wanted();
}

}  // namespace

TEST_CASE("defect: a round that threw ended the process") {
  RoundsWorld world;
  std::atomic<int> rounds{0};
  const tegata::server::running::Rounds running(world.vitals, world.log, {"purge", 1min, 0ms, 1ms},
                                                [&](const std::stop_token&) {
                                                  if (++rounds < 3) throw std::runtime_error("no memory");
                                                  return std::chrono::milliseconds(1);
                                                });
  REQUIRE(comes_to_pass([&] { return rounds > 5; }));
  CHECK(world.text().find(R"("event":"round_failed","level":"error","round":"purge")") != std::string::npos);
  CHECK(world.text().find(R"("what":"no memory")") != std::string::npos);
}

TEST_CASE("a round that takes longer than it may is named until it ends") {
  RoundsWorld world;
  std::atomic<bool> begun{false}, go{false};
  const tegata::server::running::Rounds running(world.vitals, world.log, {"purge", 1min}, [&](const std::stop_token&) {
    begun = true;
    while (!go) ::usleep(1000);
    return std::chrono::milliseconds(1h);
  });
  REQUIRE(comes_to_pass([&] { return begun.load(); }));
  CHECK(world.vitals.hanging().empty());
  world.clock.advance(61s);
  const auto hanging = world.vitals.hanging();
  go = true;
  REQUIRE(hanging.size() == 1);
  CHECK(hanging[0].code() == errors::server_thread_hangs);
  CHECK(hanging[0].detail().find("purge: it has been at it for 61 s, and 60 s are its most: ") == 0);
  CHECK(comes_to_pass([&] { return world.vitals.hanging().empty(); }));
}

TEST_CASE("a change of health is told once, with why, and so is another reason and its end") {
  RoundsWorld world;
  std::atomic<int> state{0};
  const char* const lines[] = {"", "store_damaged\na page\n", "store_files_gone\na file\n"};
  const server::HealthWatch watch({{"not_ready", "ready_again", [&] { return std::string(lines[state]); }}},
                                  world.vitals, world.log, {1ms});
  const auto told = [&](const std::string& what) {
    std::size_t count = 0;
    const auto text = world.text();
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
  };
  state = 1;
  REQUIRE(comes_to_pass([&] { return told("store_damaged\\na page") == 1; }));
  state = 2;
  REQUIRE(comes_to_pass([&] { return told("store_files_gone\\na file") == 1; }));
  state = 0;
  REQUIRE(comes_to_pass([&] { return told("ready_again") == 1; }));
  CHECK(told(R"("event":"not_ready","level":"error")") == 2);
}

TEST_CASE("defect: a question of health that hung held up all answers") {
  RoundsWorld world;
  std::atomic<bool> hangs{false}, stuck{false};
  std::atomic<int> value{1};
  server::running::Inquiry<int> inquiry(world.vitals, world.log, "health of the token", [&] {
    for (; hangs; ::usleep(1000)) stuck = true;
    return value.load();
  });
  for (int i = 1; i <= 20; ++i) {
    value = i;
    CHECK(inquiry.fresh().value_or(i) == i);  // never one of before
  }
  REQUIRE(comes_to_pass([&] { return inquiry.fresh() == 20; }));
  hangs = true;
  CHECK(comes_to_pass([&] { return !inquiry.fresh(); }));
  CHECK(inquiry.newest().value() == 20);
  REQUIRE(comes_to_pass([&] { return stuck.load(); }));
  world.clock.advance(16s);
  const auto hanging = world.vitals.hanging();
  hangs = false;
  REQUIRE(hanging.size() == 1);
  CHECK(hanging[0].detail().find("health of the token: it has been at it for 16 s, and 15 s are its most: ") == 0);
  value = 21;
  CHECK(comes_to_pass([&] { return inquiry.fresh() == 21; }));
  CHECK(comes_to_pass([&] { return world.vitals.hanging().empty(); }));
}

TEST_CASE("a question of health without any answer yet is an error, and one that throws throws where it is asked") {
  RoundsWorld world;
  std::atomic<bool> hangs{true};
  server::running::Inquiry<int> inquiry(world.vitals, world.log, "health of the token", [&]() -> int {
    while (hangs) ::usleep(1000);
    throw std::runtime_error("no memory");
  });
  const auto none = inquiry.newest();
  hangs = false;
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == errors::server_thread_hangs);
  CHECK(none.error().detail() == "health of the token: there is no answer yet");
  CHECK(comes_to_pass([&] {
    try {
      return inquiry.fresh().has_value();
    } catch (const std::runtime_error& thrown) {
      return std::string(thrown.what()) == "no memory";
    }
  }));
}
