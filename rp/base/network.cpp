#include "rp/base/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace tegata {
namespace {

using Octets = std::array<std::uint8_t, 16>;

constexpr std::size_t longest_address = 45;
constexpr int ipv4_begins = 96;  // bits of ::ffff:0:0/96

struct ParsedAddress {
  Octets octets{};
  bool four = false;  // written as IPv4
};

std::optional<ParsedAddress> parse_address(std::string_view written) {
  const std::string text(written);
  if (text.size() > longest_address) return std::nullopt;
  ParsedAddress out;
  if (::inet_pton(AF_INET6, text.c_str(), out.octets.data()) == 1) return out;
  out.octets[10] = out.octets[11] = 0xff;
  out.four = true;
  if (::inet_pton(AF_INET, text.c_str(), out.octets.data() + 12) == 1) return out;
  return std::nullopt;
}

Octets prefix_of(Octets octets, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - i * 8, 0, 8);
    octets[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return octets;
}

std::optional<int> parse_bits(std::string_view text, int most) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits < 0 || bits > most) return std::nullopt;
  return bits;
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int before = address->four ? ipv4_begins : 0;
  Network out;
  if (slash != std::string_view::npos) {
    const auto bits = parse_bits(text.substr(slash + 1), 128 - before);
    if (!bits) return std::nullopt;
    out.bits_ = before + *bits;
  }
  out.prefix_ = prefix_of(address->octets, out.bits_);
  if (out.prefix_ != address->octets) return std::nullopt;
  return out;
}

bool Network::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  return parsed && prefix_of(parsed->octets, bits_) == prefix_;
}

std::int64_t KnownNetworks::factor_of(std::string_view address) const {
  const Known* narrowest = nullptr;
  for (const Known& each : known_) {
    const bool wider = narrowest && narrowest->network.bits() >= each.network.bits();
    if (!wider && each.network.contains(address)) narrowest = &each;
  }
  return narrowest ? narrowest->factor : 1;
}

}  // namespace tegata
