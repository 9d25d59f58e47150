// Writes the little DER that an authenticator says.
#pragma once

#include <initializer_list>

#include "rp/base/bytes.h"

namespace tegata::sandbox::authenticator {

// One item: the bytes of its tag, then the parts of its content. REQUIRES: content below 64 KiB.
inline Bytes der_item(std::initializer_list<std::uint8_t> tag, std::initializer_list<Bytes> parts) {
  Bytes content;
  for (const Bytes& part : parts) content.insert(content.end(), part.begin(), part.end());
  Bytes out(tag);
  if (content.size() >= 0x100) {
    out.insert(out.end(), {0x82, static_cast<std::uint8_t>(content.size() >> 8)});
  } else if (content.size() >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

// Below 128.
inline Bytes der_integer(std::uint8_t value) { return der_item({0x02}, {{value}}); }

}  // namespace tegata::sandbox::authenticator
