// Where a call comes from, as limits count it. The one place that makes a bucket of an address.
#pragma once

#include <string>
#include <string_view>

namespace tegata {

// One household or office has an IPv4 address or an IPv6 /64; whoever rents a server has a /48 of IPv6 for nothing, so
// limits bound both.
struct Source {
  std::string address;  // "192.0.2.7", or of IPv6 the /64: "2001:db8:1:2::/64"
  std::string network;  // of IPv6 the /48: "2001:db8:1::/48"; empty for IPv4
};

// An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address. Text that is no address stands for
// itself: a client_id, the name of a socket.
Source source_of(std::string_view address);

}  // namespace tegata
