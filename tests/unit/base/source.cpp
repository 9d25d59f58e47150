#include "rp/base/source.h"

#include <catch2/catch.hpp>

using namespace tegata;

TEST_CASE("the bucket of an address: IPv4 whole, IPv6 by its /64 and /48, anything else as it stands") {
  const auto is = [](const char* text, const char* address, const char* network) {
    const auto found = source_of(text);
    CHECK(found.address == address);
    CHECK(found.network == network);
  };
  is("192.0.2.7", "192.0.2.7", "");
  is("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48");
  is("2001:DB8:1:2::", "2001:db8:1:2::/64", "2001:db8:1::/48");
  is("::1", "::/64", "::/48");
  is("fe80::1%eth0", "fe80::1%eth0", "");
  is("unix:0", "unix:0", "");
  is("", "", "");
}

TEST_CASE("defect: an IPv4 address that is written as IPv6 was a bucket of its own") {
  CHECK(source_of("::ffff:192.0.2.7").address == "192.0.2.7");
  CHECK(source_of("::ffff:c000:207").address == "192.0.2.7");
}
