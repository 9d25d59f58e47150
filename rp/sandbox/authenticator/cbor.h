// Writes the little CBOR that an authenticator says.
#pragma once

#include <string_view>

#include "rp/base/bytes.h"

namespace tegata::sandbox::authenticator {

inline void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

class CborWriter {
 public:
  CborWriter& map(std::size_t entries) { return head(5, entries); }
  CborWriter& array(std::size_t elements) { return head(4, elements); }
  CborWriter& integer(std::int64_t value) {
    return value >= 0 ? head(0, static_cast<std::uint64_t>(value)) : head(1, static_cast<std::uint64_t>(-1 - value));
  }
  CborWriter& text(std::string_view value) { return head(3, value.size()).raw(as_bytes(value)); }
  CborWriter& bytes(ByteView value) { return head(2, value.size()).raw(value); }
  CborWriter& boolean(bool value) { return head(7, value ? 21 : 20); }
  // Something encoded elsewhere.
  CborWriter& raw(ByteView value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
  }
  const Bytes& out() const { return out_; }

 private:
  CborWriter& head(unsigned major, std::uint64_t argument) {
    const int width = argument < 24            ? 0
                      : argument < 0x100       ? 1
                      : argument < 0x10000     ? 2
                      : argument < 0x100000000 ? 4
                                               : 8;
    const unsigned information = width == 0   ? static_cast<unsigned>(argument)
                                 : width == 1 ? 24
                                 : width == 2 ? 25
                                 : width == 4 ? 26
                                              : 27;
    out_.push_back(static_cast<std::uint8_t>(major << 5 | information));
    for (int i = width - 1; i >= 0; --i) out_.push_back(static_cast<std::uint8_t>(argument >> (8 * i)));
    return *this;
  }
  Bytes out_;
};

}  // namespace tegata::sandbox::authenticator
