#include "qr/qr.h"

#include <zbar.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>

#include "qr/errors.h"

using namespace tegata;

namespace {

// A picture in modules: true is dark.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<bool> dark;
  bool at(int x, int y) const { return dark[static_cast<std::size_t>(y * width + x)]; }
};

// What zbar reads off the picture at `scale` pixels a module; empty if nothing.
std::string decode(const Picture& picture, int scale) {
  const int width = picture.width * scale;
  const int height = picture.height * scale;
  std::vector<std::uint8_t> grey(static_cast<std::size_t>(width * height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      grey[static_cast<std::size_t>(y * width + x)] = picture.at(x / scale, y / scale) ? 0 : 255;
    }
  }
  zbar::ImageScanner scanner;
  scanner.set_config(zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
  scanner.set_config(zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
  scanner.set_config(zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_BINARY, 1);
  zbar::Image image(static_cast<unsigned>(width), static_cast<unsigned>(height), "Y800", grey.data(), grey.size());
  if (scanner.scan(image) != 1) return {};
  return image.symbol_begin()->get_data();
}

int view_box(const std::string& svg) {
  static const std::regex box("viewBox=\"0 0 (\\d+) (\\d+)\"");
  std::smatch match;
  REQUIRE(std::regex_search(svg, match, box));
  REQUIRE(match[1].str() == match[2].str());
  return std::stoi(match[1]);
}

// Paints the runs of the path: M x y h n v1h-n z.
Picture paint_svg(const std::string& svg) {
  const int width = view_box(svg);
  Picture picture{width, width, std::vector<bool>(static_cast<std::size_t>(width * width))};
  const std::regex run("M(\\d+) (\\d+)h(\\d+)v1h-(\\d+)z");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), run); it != std::sregex_iterator(); ++it) {
    REQUIRE((*it)[3].str() == (*it)[4].str());
    const int start = std::stoi((*it)[2]) * width + std::stoi((*it)[1]);
    for (int i = 0; i < std::stoi((*it)[3]); ++i) picture.dark[static_cast<std::size_t>(start + i)] = true;
  }
  return picture;
}

Picture paint_terminal(const std::string& text) {
  Picture picture;
  std::vector<bool> upper, lower;
  const auto flush = [&] {
    picture.width = static_cast<int>(upper.size());
    picture.dark.insert(picture.dark.end(), upper.begin(), upper.end());
    picture.dark.insert(picture.dark.end(), lower.begin(), lower.end());
    picture.height += 2;
    upper.clear();
    lower.clear();
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::string cell = text[i] == ' ' || text[i] == '\n' ? text.substr(i, 1) : text.substr(i, 3);
    i += cell.size();
    if (cell == "\n") {
      flush();
      continue;
    }
    REQUIRE((cell == " " || cell == "▄" || cell == "▀" || cell == "█"));
    upper.push_back(cell == " " || cell == "▄");
    lower.push_back(cell == " " || cell == "▀");
  }
  return picture;
}

const std::string sample_link = "https://localhost:8443/r#" + std::string(59, 'k');

}  // namespace

TEST_CASE("a link of 84 bytes is read back, off a code of version 5 at most") {
  REQUIRE(sample_link.size() == 84);
  const auto svg = qr::svg(sample_link);
  REQUIRE(svg);
  CHECK(decode(paint_svg(*svg), 4) == sample_link);
  CHECK(view_box(*svg) <= 17 + 4 * 5 + 2 * 4);
}

TEST_CASE("the quiet zone is four light modules wide on each side") {
  const auto picture = paint_svg(*qr::svg(sample_link));
  for (int i = 0; i < picture.width; ++i) {
    for (int edge = 0; edge < 4; ++edge) {
      REQUIRE_FALSE(picture.at(i, edge));
      REQUIRE_FALSE(picture.at(edge, i));
      REQUIRE_FALSE(picture.at(i, picture.width - 1 - edge));
      REQUIRE_FALSE(picture.at(picture.width - 1 - edge, i));
    }
  }
  CHECK(picture.at(4, 4));
}

TEST_CASE("the element stands alone: one path, a white ground, no style, no script, none of the text") {
  const auto svg = *qr::svg("https://localhost/<script>&\"'");
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox="));
  CHECK(svg.find("shape-rendering=\"crispEdges\"") != std::string::npos);
  CHECK(svg.find("fill=\"#fff\"") < svg.find("<path"));
  CHECK(svg.find("<path") == svg.rfind("<path"));
  CHECK(svg.find("script") == std::string::npos);
  CHECK(svg.find("style") == std::string::npos);
}

TEST_CASE("texts of every kind are read back byte for byte") {
  for (const std::string& text : {std::string("1"), std::string("HELLO WORLD 123"), std::string("検証 太郎"),
                                  std::string(300, 'x'), std::string("https://a.example/e#-_~.")}) {
    CHECK(decode(paint_svg(*qr::svg(text)), 4) == text);
  }
}

TEST_CASE("the terminal's code is read back") {
  const auto text = qr::terminal(sample_link);
  REQUIRE(text);
  CHECK(decode(paint_terminal(*text), 4) == sample_link);
}

TEST_CASE("the longest text, and one byte more") {
  const std::size_t most = 2331;  // version 40, level M, 8-bit (ISO/IEC 18004)
  CHECK(qr::svg(std::string(most, 'x')));
  const auto svg = qr::svg(std::string(most + 1, 'x'));
  REQUIRE_FALSE(svg);
  CHECK(svg.error().code() == errors::qr_too_long);
  const auto terminal = qr::terminal(std::string(most + 1, 'x'));
  REQUIRE_FALSE(terminal);
  CHECK(terminal.error().code() == errors::qr_too_long);
}
