#include "rp/base/rate_limit.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

using namespace tegata;
using namespace std::chrono_literals;

namespace {

constexpr Rate sixty{60, 1s};

bool admitted(SourceLimit& limit, const std::string& address, std::chrono::milliseconds now,
              const std::string& own = {}) {
  return limit.wait({address, own}, now).count() == 0;
}

std::string ipv4(int number) {
  return "10." + std::to_string(number / 65536 % 256) + "." + std::to_string(number / 256 % 256) + "." +
         std::to_string(number % 256);
}

std::string hexadecimal(int number) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%x", static_cast<unsigned>(number));
  return text.data();
}

// The `number`-th /64 of one /48.
std::string ipv6(int number) { return "2001:db8:1:" + hexadecimal(number) + "::1"; }

}  // namespace

TEST_CASE("a bucket holds its burst, and one more after each interval") {
  SourceLimit limit({{2, 10s}, sixty});
  CHECK(admitted(limit, "192.0.2.1", 0ms));
  CHECK(admitted(limit, "192.0.2.1", 0ms));
  CHECK(limit.wait({"192.0.2.1", ""}, 0ms) == 10s);
  CHECK(limit.wait({"192.0.2.1", ""}, 9'999ms) == 1ms);
  CHECK(admitted(limit, "192.0.2.1", 10s));
  CHECK_FALSE(admitted(limit, "192.0.2.1", 10s));
  limit.give_back({"192.0.2.1", ""}, 10s);
  CHECK(admitted(limit, "192.0.2.1", 10s));
  // However long it waits, it holds no more than its burst.
  for (int i = 0; i < 2; ++i) CHECK(admitted(limit, "192.0.2.1", 1h));
  CHECK_FALSE(admitted(limit, "192.0.2.1", 1h));
}

TEST_CASE("never more than burst and rate times time is admitted, whatever the rhythm") {
  CHECK(rc::check("burst + rate * t", [] {
    const auto burst = *rc::gen::inRange(1, 9);
    const auto factor = *rc::gen::inRange(1, 4);
    Buckets buckets({burst, 1200ms}, 4);
    Buckets::Time now(0);
    std::vector<Buckets::Time> taken;
    for (const int pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1500))) {
      now += std::chrono::milliseconds(pause);
      if (buckets.wait("a", now, factor) > Buckets::Time(0)) continue;
      buckets.take("a", now, factor);
      taken.push_back(now);
    }
    for (std::size_t first = 0; first < taken.size(); ++first) {
      for (std::size_t last = first; last < taken.size(); ++last) {
        const auto earned = (taken[last] - taken[first]) * factor / Buckets::Time(1200ms);
        RC_ASSERT(static_cast<std::int64_t>(last - first + 1) <= burst * factor + earned);
      }
    }
  }));
}

TEST_CASE("the wait that is told is the shortest that helps") {
  CHECK(rc::check("refused before, admitted then", [] {
    Buckets buckets({*rc::gen::inRange(1, 5), 700ms}, 4);
    Buckets::Time now(0);
    for (const int pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 500))) {
      now += std::chrono::milliseconds(pause);
      const auto wait = buckets.wait("a", now);
      if (wait.count() == 0) {
        buckets.take("a", now);
      } else {
        RC_ASSERT(buckets.wait("a", now + wait - Buckets::Time(1)).count() > 0);
        RC_ASSERT(buckets.wait("a", now + wait).count() == 0);
      }
    }
  }));
}

TEST_CASE("a newcomer is always admitted, the table never grows beyond its bound, and nobody shares a bucket") {
  CHECK(rc::check("newcomers and the bound", [] {
    Buckets buckets({3, 1000ms}, 5);
    Buckets::Time now(0);
    int newcomers = 0;
    for (const int move : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40))) {
      now += std::chrono::milliseconds(move % 7 * 50);
      const auto name = std::to_string(move);
      if (buckets.wait(name, now).count() == 0) buckets.take(name, now);
      RC_ASSERT(buckets.size() <= 5U);
      const auto fresh = "newcomer " + std::to_string(++newcomers);
      RC_ASSERT(buckets.wait(fresh, now).count() == 0);
      if (move % 5 == 0) buckets.take(fresh, now);
    }
  }));
}

TEST_CASE("full buckets are forgotten, and whoever is at his limit stays there while newcomers come and go") {
  Buckets buckets({3, 1000ms}, 4);
  for (int i = 0; i < 3; ++i) buckets.take("busy", 0ms);
  for (int i = 0; i < 100; ++i) buckets.take("newcomer " + std::to_string(i), 0ms);
  CHECK(buckets.size() == 4);
  CHECK(buckets.wait("busy", 0ms) == 1000ms);
  buckets.take("later", 3s);
  CHECK(buckets.size() == 1);
}

TEST_CASE("defect: a full table of addresses made everybody share one window") {
  SourceLimit limit({sixty, sixty});
  int of_one_network = 0;
  for (int i = 0; i < 10'000; ++i) of_one_network += admitted(limit, ipv6(i), 0ms);
  CHECK(of_one_network == 8 * 60);
  for (int i = 0; i < 4097; ++i) {
    for (int j = 0; j < 3; ++j) REQUIRE(admitted(limit, ipv4(i), 0ms));
  }
  int honest = 0;
  for (int i = 0; i < 500; ++i) honest += admitted(limit, ipv4(100'000 + i), 0ms);
  CHECK(honest == 500);
}

TEST_CASE("more addresses at their limit than the table has room for: newcomers are admitted still") {
  SourceLimit limit({{2, 1s}, sixty, 8, 64});
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 3; ++j) admitted(limit, ipv4(i), 0ms);
  }
  for (int i = 0; i < 500; ++i) CHECK(admitted(limit, ipv4(1000 + i), 0ms));
}

TEST_CASE("one /64 spends what an address may, its /48 eight times as much, and nobody else is concerned") {
  SourceLimit limit({sixty, sixty});
  int of_one = 0;
  for (int i = 0; i < 1000; ++i) of_one += admitted(limit, "2001:db8:1:2::" + hexadecimal(i), 0ms);
  CHECK(of_one == 60);
  CHECK(admitted(limit, "2001:db8:1:3::1", 0ms));
  CHECK(admitted(limit, "192.0.2.1", 0ms));
}

TEST_CASE("what one bucket refuses is taken from no other") {
  SourceLimit limit({{2, 1s}, {1, 1s}});
  CHECK(admitted(limit, "192.0.2.1", 0ms, "browser"));
  for (int i = 0; i < 10; ++i) CHECK_FALSE(admitted(limit, "192.0.2.1", 0ms, "browser"));
  CHECK(admitted(limit, "192.0.2.1", 0ms, "another"));
  CHECK_FALSE(admitted(limit, "192.0.2.1", 0ms, "a third"));
}

TEST_CASE("an own bucket comes first and takes nothing from the address; without it the address's counts") {
  SourceLimit limit({{2, 10s}, {1, 4s}});
  const auto in_turn = [&](const char* own) { return limit.wait_in_turn({"192.0.2.1", own}, 0ms); };
  for (int i = 0; i < 2; ++i) CHECK(in_turn("").count() == 0);
  CHECK(in_turn("") == 10s);
  CHECK(in_turn("known").count() == 0);
  CHECK(in_turn("known") == 4s);
  CHECK(in_turn("another").count() == 0);
}

TEST_CASE("a known network has its limits as many times as it is said to have") {
  auto known = std::make_shared<KnownNetworks>();
  known->add(*Network::parse("203.0.113.0/24"), 5);
  known->add(*Network::parse("2001:db8:1::/48"), 2);
  SourceLimit limit({{3, 1s}, sixty, 4}, known);
  const auto count = [&](const std::string& address, std::chrono::milliseconds now) {
    int admitted_ones = 0;
    while (admitted(limit, address, now)) ++admitted_ones;
    return admitted_ones;
  };
  CHECK(count("203.0.113.7", 0ms) == 15);
  CHECK(count("203.0.113.7", 1s) == 5);
  CHECK(count("203.0.114.7", 0ms) == 3);
  int of_network = 0;
  for (int i = 0; i < 10; ++i) of_network += count(ipv6(i), 0ms);
  CHECK(of_network == 24);
}

TEST_CASE("Retry-After is in whole seconds and never too short") {
  CHECK(retry_after(1ms) == "1");
  CHECK(retry_after(1000ms) == "1");
  CHECK(retry_after(1001ms) == "2");
}
