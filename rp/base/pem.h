// PEM (RFC 7468), read by OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rp/base/bytes.h"

namespace tegata {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  Bytes der;          // not looked into
};

// Every block of the text, in its order; text around the blocks is ignored. Nothing where a block is broken.
std::optional<std::vector<PemBlock>> parse_pem(std::string_view text);

}  // namespace tegata
