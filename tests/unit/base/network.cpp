#include "rp/base/network.h"

#include <catch2/catch.hpp>

using namespace tegata;

TEST_CASE("a network is an address and its bits, and nothing behind them") {
  for (const char* good : {"203.0.113.0/24", "203.0.113.7", "203.0.113.7/32", "0.0.0.0/0", "2001:db8::/32", "::/0",
                           "2001:db8::1", "::ffff:203.0.113.0/120"}) {
    INFO(good);
    CHECK(Network::parse(good));
  }
  for (const char* bad :
       {"", "/", "203.0.113.7/24", "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/-1", "203.0.113/24", "2001:db8::1/64",
        "2001:db8::/129", "2001:db8::/4x", "hospital.example", "203.0.113.0/24/8"}) {
    INFO(bad);
    CHECK_FALSE(Network::parse(bad));
  }
}

TEST_CASE("a network contains what begins with its bits, whichever way IPv4 is written") {
  const auto four = *Network::parse("203.0.112.0/23"), six = *Network::parse("2001:db8:8000::/33");
  for (const char* in : {"203.0.112.0", "203.0.113.255", "::ffff:203.0.113.7"}) CHECK(four.contains(in));
  for (const char* out : {"203.0.114.0", "203.0.111.255", "2001:db8::1", "unix:0", ""}) CHECK_FALSE(four.contains(out));
  CHECK(six.contains("2001:db8:8000::1"));
  CHECK(six.contains("2001:db8:ffff::1"));
  CHECK_FALSE(six.contains("2001:db8:7fff::1"));
  CHECK(Network::parse("0.0.0.0/0")->contains("198.51.100.1"));
  CHECK_FALSE(Network::parse("0.0.0.0/0")->contains("2001:db8::1"));
}

TEST_CASE("of the known networks the narrowest decides, in whichever order they stand") {
  KnownNetworks known;
  known.add(*Network::parse("203.0.113.7"), 20);
  known.add(*Network::parse("203.0.113.0/24"), 5);
  known.add(*Network::parse("2001:db8::/32"), 3);
  known.add(*Network::parse("2001:db8:1::/48"), 7);
  CHECK(known.factor_of("203.0.113.7") == 20);
  CHECK(known.factor_of("203.0.113.8") == 5);
  CHECK(known.factor_of("2001:db8:1::9") == 7);
  CHECK(known.factor_of("2001:db8:2::9") == 3);
  CHECK(known.factor_of("192.0.2.1") == 1);
}
