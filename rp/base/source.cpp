#include "rp/base/source.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tegata {
namespace {

constexpr std::size_t longest_ipv6 = 45;

std::string prefix(const in6_addr& address, std::size_t octets) {
  in6_addr kept{};
  std::memcpy(kept.s6_addr, address.s6_addr, octets);
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &kept, text.data(), text.size());
  return std::string(text.data()) + "/" + std::to_string(octets * 8);
}

}  // namespace

Source source_of(std::string_view address) {
  const std::string text(address);
  in6_addr six{};
  if (text.size() > longest_ipv6 || ::inet_pton(AF_INET6, text.c_str(), &six) != 1) return {text, ""};
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    std::array<char, INET_ADDRSTRLEN> four{};
    ::inet_ntop(AF_INET, &six.s6_addr[12], four.data(), four.size());
    return {four.data(), ""};
  }
  return {prefix(six, 8), prefix(six, 6)};
}

}  // namespace tegata
