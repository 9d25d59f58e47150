// Names of the providers of passkeys, by AAGUID. A list of our own: metadata (where it is used at all) describes models
// of authenticators for machines, and most providers do not stand in it.
#pragma once

#include <string_view>

#include "rp/base/bytes.h"

namespace tegata::enroll {

// The systems that bring a provider of their own.
namespace systems {
inline constexpr unsigned none = 0, apple = 1, android = 2, windows = 4, chromeos = 8, linux_desktop = 16, mac = 32;
}

struct Provider {
  std::string_view aaguid;  // lower-case hexadecimal
  std::string_view name;
  unsigned own_of;  // systems whose own it is: there its name adds nothing
};

// Null where the AAGUID is not on the list.
const Provider* find_provider(ByteView aaguid);

}  // namespace tegata::enroll
