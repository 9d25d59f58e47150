// Text to QR code. Error correction level M, quiet zone of four modules, dark on white.
#pragma once

#include <string>
#include <vector>

#include "rp/base/result.h"

namespace tegata::qr {

// An SVG element that scales: viewBox in modules, one path, no script, no style. Error: qr_too_long.
Result<std::string> svg(const std::string& text);
// For who draws it himself: square modules row by row, the quiet zone included. Error: qr_too_long.
struct Grid {
  int width = 0;
  std::vector<bool> dark;
};
Result<Grid> grid(const std::string& text);
// Half-block characters for a terminal. Error: qr_too_long.
Result<std::string> terminal(const std::string& text);

}  // namespace tegata::qr
