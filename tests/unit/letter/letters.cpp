// What stands on the sheets; the rendered pages are read back in tests/crash/tickets.test.mjs.
#include "rp/letter/letter.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>

#include "rp/letter/errors.h"

using namespace tegata;

// Fonts that these libraries keep until the process ends are theirs.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\nleak:libcairo"; }

namespace {

letter::Letter sample(const std::string& name = "検証 太郎") {
  return {7,
          "Abc",
          name,
          "https://localhost:8443/p#t=AbCdEfGhIjKlMnOpQrStUv",
          "k7mw-3x9p-htbv",
          *parse_rfc3339("2027-05-24T03:00:00Z")};
}

std::string output_of(const std::string& command) {
  std::string out;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  char buffer[4096];
  for (std::size_t size; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, size);
  ::pclose(pipe);
  return out;
}

std::string joined(const letter::Page& page) {
  auto all = page.title + page.addressee + page.qr + page.password;
  for (const auto& part : {page.paragraphs, page.steps, page.warnings, page.foot}) {
    for (const auto& line : part) all += line + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("two sheets: the QR and the password never meet on one, English is overleaf") {
  const auto pages = letter::pages_of(sample(), {"検証用認証局", "03-0000-0000"});
  REQUIRE(pages.size() == 4);
  CHECK(pages[0].qr == sample().url);
  CHECK(pages[0].password.empty());
  CHECK(pages[1].qr.empty());
  CHECK(pages[1].language == "en");
  CHECK(pages[2].qr.empty());
  CHECK(pages[2].password == sample().password);
  CHECK(pages[3].language == "en");
  for (std::size_t i = 0; i < 4; ++i) {
    const auto text = joined(pages[i]);
    INFO(text);
    CHECK((text.find(sample().password) != std::string::npos) == (i == 2));
    CHECK((text.find("#t=") != std::string::npos) == (i == 0));
    CHECK(text.find("Abc-7") != std::string::npos);
    CHECK(text.find("03-0000-0000") != std::string::npos);
    // The last whole day in Japan.
    CHECK((text.find("2027年5月23日") != std::string::npos || text.find("2027-05-23") != std::string::npos));
  }
  CHECK(joined(pages[0]).find("5回") != std::string::npos);
  CHECK(joined(pages[1]).find("5 wrong passwords lock") != std::string::npos);
}

TEST_CASE("names beyond JIS level 2 print, and their text comes out again") {
  const auto path = std::filesystem::temp_directory_path() / ("tegata-letter-" + std::to_string(::getpid()) + ".pdf");
  const std::vector<std::string> names = {"髙橋 花子", "山﨑 次郎", "𠮷田 三郎", "葛\U000E0100城 四郎"};
  std::vector<letter::Letter> letters;
  for (const auto& name : names) letters.push_back(sample(name));
  REQUIRE(letter::write_pdf(path.string(), letters, {}));
  const auto text = output_of("pdftotext -layout '" + path.string() + "' -");
  for (const auto& name : names) {
    INFO(name);
    CHECK(text.find(name) != std::string::npos);
  }
  const auto info = output_of("pdfinfo '" + path.string() + "'");
  CHECK(info.find("Pages:           16") != std::string::npos);
  CHECK(info.find("A4") != std::string::npos);
  std::filesystem::remove(path);
}

TEST_CASE("a character that no font has is named with its line, and never printed as a box") {
  const auto path = std::filesystem::temp_directory_path() / ("tegata-letter-" + std::to_string(::getpid()) + "-x.pdf");
  const auto written = letter::write_pdf(path.string(), {sample("検証\U000F0000")}, {});
  REQUIRE_FALSE(written);
  CHECK(written.error().code() == errors::letter_glyph_missing);
  CHECK(written.error().detail().starts_with("line 7: "));
  std::filesystem::remove(path);
}

TEST_CASE("HTML letters carry everything themselves and escape names") {
  const auto html = letter::html({sample("<b>&\"")}, {});
  REQUIRE(html);
  CHECK(html->find("&lt;b&gt;&amp;&quot;") != std::string::npos);
  CHECK(html->find("<b>") == std::string::npos);
  CHECK(html->find("<svg") != std::string::npos);
  CHECK(html->find("src=") == std::string::npos);
  CHECK(html->find("http://www.w3.org/2000/svg") != std::string::npos);
}

TEST_CASE("a tickets file that cannot be read names the line") {
  CHECK(letter::parse_letters("{\"batch\":\"b\",\"table\":\"x\"}\n")->empty());
  const auto broken = letter::parse_letters("{\"batch\":\"b\",\"table\":\"x\"}\n{\"line\":2}\n");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == errors::letter_tickets_malformed);
  CHECK(broken.error().detail().starts_with("line 2: "));
}
