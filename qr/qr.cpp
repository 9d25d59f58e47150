#include "qr/qr.h"

#include <qrencode.h>

#include <memory>

#include "qr/errors.h"

namespace tegata::qr {
namespace {

constexpr int quiet = 4;

// The modules of one code, with the quiet zone as light modules around them.
class Modules {
 public:
  static Result<Modules> of(const std::string& text) {
    // 8-bit mode: what is read back is the text, byte for byte, whatever is in it.
    QRcode* const code = QRcode_encodeData(static_cast<int>(text.size()),
                                           reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M);
    if (!code) return Error(errors::qr_too_long, std::to_string(text.size()) + " bytes");
    return Modules(code);
  }

  int width() const { return code_->width + 2 * quiet; }

  bool dark(int x, int y) const {
    const int column = x - quiet;
    const int row = y - quiet;
    if (column < 0 || row < 0 || column >= code_->width || row >= code_->width) return false;
    return code_->data[row * code_->width + column] & 1;
  }

 private:
  explicit Modules(QRcode* code) : code_(code, QRcode_free) {}
  std::unique_ptr<QRcode, decltype(&QRcode_free)> code_;
};

// One horizontal run of dark modules as a closed rectangle.
std::string run(int x, int y, int length) {
  const std::string across = std::to_string(length);
  return "M" + std::to_string(x) + " " + std::to_string(y) + "h" + across + "v1h-" + across + "z";
}

std::string path(const Modules& modules) {
  std::string out;
  for (int y = 0; y < modules.width(); ++y) {
    for (int x = 0; x < modules.width(); ++x) {
      const int start = x;
      while (x < modules.width() && modules.dark(x, y)) ++x;
      if (x > start) out += run(start, y, x - start);
    }
  }
  return out;
}

// Light modules are the characters, so that the code reads right on a dark terminal, which most are, and on a light
// one its colours are swapped, which readers take as well.
const char* half_block(bool upper_dark, bool lower_dark) {
  if (upper_dark) return lower_dark ? " " : "▄";
  return lower_dark ? "▀" : "█";
}

}  // namespace

Result<std::string> svg(const std::string& text) {
  TEGATA_ASSIGN(const auto modules, Modules::of(text));
  const std::string width = std::to_string(modules.width());
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + width + " " + width +
         "\" shape-rendering=\"crispEdges\"><rect width=\"" + width + "\" height=\"" + width +
         "\" fill=\"#fff\"/><path fill=\"#000\" d=\"" + path(modules) + "\"/></svg>";
}

Result<Grid> grid(const std::string& text) {
  TEGATA_ASSIGN(const auto modules, Modules::of(text));
  Grid out{modules.width(), {}};
  for (int y = 0; y < out.width; ++y) {
    for (int x = 0; x < out.width; ++x) out.dark.push_back(modules.dark(x, y));
  }
  return out;
}

Result<std::string> terminal(const std::string& text) {
  TEGATA_ASSIGN(const auto modules, Modules::of(text));
  std::string out;
  for (int y = 0; y < modules.width(); y += 2) {
    for (int x = 0; x < modules.width(); ++x) out += half_block(modules.dark(x, y), modules.dark(x, y + 1));
    out += "\n";
  }
  return out;
}

}  // namespace tegata::qr
