// Letters as one HTML file: A4 pages, one sheet of paper for two of them, nothing fetched from anywhere.
#include "qr/qr.h"
#include "rp/letter/letter.h"

namespace tegata::letter {
namespace {

constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n<title>スマートフォン登録のご案内</title>\n"
    "<style>\n@page { size: A4; margin: 0 }\n* { box-sizing: border-box }\n"
    "body { margin: 0; font: 11pt/1.7 \"Noto Sans CJK JP\", \"Noto Sans JP\", sans-serif; color: #000; background: "
    "#fff }\n"
    ".page { width: 210mm; height: 296mm; padding: 20mm; overflow: hidden; break-after: page; position: relative }\n"
    "h1 { font-size: 16pt; margin: 6mm 0 }\n.to { font-size: 14pt }\n.qr svg { display: block; width: 50mm; height: "
    "50mm; "
    "margin: 4mm auto }\n.password { font: bold 26pt \"Noto Sans Mono CJK JP\", monospace; text-align: center; "
    "border: 1pt solid #000; padding: 8mm; margin: 8mm 0; letter-spacing: .1em }\n"
    ".warnings { border: 1pt solid #000; padding: 3mm 3mm 3mm 9mm }\n"
    ".foot { position: absolute; bottom: 18mm; font-size: 9pt }\n</style>\n</head>\n<body>\n";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string list(const char* tag, const char* kind, const std::vector<std::string>& items) {
  std::string out = std::string("<") + tag + " class=\"" + kind + "\">";
  for (const auto& item : items) out += "<li>" + escaped(item) + "</li>";
  return out + "</" + tag + ">\n";
}

Result<std::string> page_html(const Page& page) {
  std::string out = "<section class=\"page\" lang=\"" + page.language + "\">\n<p class=\"to\">" +
                    escaped(page.addressee) + "</p>\n<h1>" + escaped(page.title) + "</h1>\n";
  for (const auto& paragraph : page.paragraphs) out += "<p>" + escaped(paragraph) + "</p>\n";
  if (!page.qr.empty()) {
    TEGATA_ASSIGN(const auto svg, qr::svg(page.qr));
    out += "<div class=\"qr\">" + svg + "</div>\n";
  }
  if (!page.password.empty()) out += "<p class=\"password\">" + escaped(page.password) + "</p>\n";
  out += list("ol", "steps", page.steps) + list("ul", "warnings", page.warnings) + "<div class=\"foot\">";
  for (const auto& line : page.foot) out += "<div>" + escaped(line) + "</div>";
  return out + "</div>\n</section>\n";
}

}  // namespace

Result<std::string> html(const std::vector<Letter>& letters, const Sender& sender) {
  std::string out = head;
  for (const auto& letter : letters) {
    for (const auto& page : pages_of(letter, sender)) {
      TEGATA_ASSIGN(const auto text, page_html(page));
      out += text;
    }
  }
  return out + "</body>\n</html>\n";
}

}  // namespace tegata::letter
