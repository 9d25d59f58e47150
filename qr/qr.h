// Text to QR code. Error correction level M, quiet zone of four modules, dark on white.
#pragma once

#include <string>

#include "rp/base/result.h"

namespace tegata::qr {

// An SVG element that scales: viewBox in modules, one path, no script, no style. Error: qr_too_long.
Result<std::string> svg(const std::string& text);
// Half-block characters for a terminal. Error: qr_too_long.
Result<std::string> terminal(const std::string& text);

}  // namespace tegata::qr
