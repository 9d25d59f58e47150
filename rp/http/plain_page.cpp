#include "rp/http/plain_page.h"

#include "rp/base/bytes.h"

namespace tegata::http {
namespace {

// Colours and sizes as in web/shared/style.css.
constexpr const char* style =
    "body{margin:0;background:#f8f8fb;color:#1a1a1a;font:1rem/1.7 \"Noto Sans JP\",\"Hiragino Sans\",sans-serif;"
    "overflow-wrap:anywhere}main{max-width:34rem;margin:0 auto;padding:2.5rem 1rem}"
    "h1{font-size:1.5rem;line-height:1.4;margin:0 0 1rem;word-break:auto-phrase}p{margin:0 0 "
    "1rem}.small{font-size:.875rem;color:#4d4d4d}"
    "a{display:inline-block;padding:.75rem 1.5rem;border:2px solid #0017c1;border-radius:8px;background:#fff;"
    "color:#0017c1;font-weight:700;text-decoration:none}";

}  // namespace

std::string page_with(const std::string& head, const std::string& title, const std::string& main) {
  return "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">" +
         head + "<title>" + title + "</title>" + main + "</html>";
}

std::string plain_page(const std::string& title, const std::string& main) {
  return page_with("<style>" + std::string(style) + "</style>", title, main);
}

std::string plain_page_policy() {
  return "default-src 'none'; style-src 'sha256-" + base64(sha256(std::string_view(style))) +
         "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace tegata::http
