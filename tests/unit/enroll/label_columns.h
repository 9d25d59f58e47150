// How wide a label stands on a Japanese screen.
#pragma once

#include <uniwidth.h>

#include <cstdint>
#include <string>

namespace tegata::test {

inline int columns(const std::string& text) {
  return u8_width(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), "EUC-JP");
}

}  // namespace tegata::test
