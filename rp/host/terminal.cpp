#include "rp/host/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace tegata::host {

Descriptor reopen_terminal(int descriptor) {
  if (::isatty(descriptor) != 1) return {};
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  return Descriptor(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}  // namespace tegata::host
