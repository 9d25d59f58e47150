// Ranges of addresses, and those whose limits an operator set apart.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tegata {

// As operators write it: "203.0.113.0/24", "2001:db8::/32", or one address. An IPv4 address that is written as IPv6 is
// the IPv4 address.
class Network {
 public:
  // Nothing where it is no range, or where the address has bits behind the prefix ("203.0.113.7/24").
  static std::optional<Network> parse(std::string_view text);
  bool contains(std::string_view address) const;
  int bits() const { return bits_; }
  friend bool operator==(const Network&, const Network&) = default;

 private:
  std::array<std::uint8_t, 16> prefix_{};
  int bits_ = 128;  // of an IPv6 address; an IPv4 /24 has 120
};

// By how much the limits of an address are multiplied: an address translation has many people behind it.
class KnownNetworks {
 public:
  // REQUIRES: factor >= 1.
  void add(const Network& network, std::int64_t factor) { known_.push_back({network, factor}); }
  // The narrowest network decides; 1 for all that are not known.
  std::int64_t factor_of(std::string_view address) const;

 private:
  struct Known {
    Network network;
    std::int64_t factor;
  };
  std::vector<Known> known_;
};

}  // namespace tegata
