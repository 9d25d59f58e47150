#include "rp/cli/facilities/sheet.h"

namespace tegata::cli::facilities {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string row(const char* ja, const char* en, const std::string& value) {
  return std::string("<tr><th>") + ja + "<br><small lang=\"en\">" + en + "</small></th><td>" + escaped(value) +
         "</td></tr>\n";
}

// Eight characters at a time, as two people compare them by telephone.
std::string grouped(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 8) out += (out.empty() ? "" : " ") + text.substr(at, 8);
  return out;
}

constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n<title>証明書のパスワード</title>\n"
    "<style>body{font-family:sans-serif;margin:2cm;line-height:1.6}th{text-align:left;padding-right:2em;"
    "vertical-align:top}td{font-family:monospace}.password{font:bold 1.6em monospace;border:2px solid;padding:.5em;"
    "display:inline-block}</style>\n</head>\n<body>\n<h1>証明書のパスワード <small lang=\"en\">Password of the "
    "certificate</small></h1>\n";

constexpr const char* advice =
    "<ul>\n<li>証明書ファイルとは別の手段で渡してください。"
    "<span lang=\"en\">Hand it over by another way than the file.</span></li>\n"
    "<li>取り込みが終わったら、この用紙を破棄してください。"
    "<span lang=\"en\">Destroy this sheet once the certificate is installed.</span></li>\n"
    "<li>紛失したとき、他人に見られたおそれがあるときは、すぐに発行元へ連絡してください。"
    "<span lang=\"en\">If it is lost, or somebody may have seen it, tell whoever issued it at once.</span></li>\n"
    "</ul>\n</body>\n</html>\n";

}  // namespace

std::string password_sheet(const PasswordSheet& sheet) {
  std::string out = head;
  out += "<p class=\"password\">" + escaped(sheet.password) + "</p>\n<table>\n";
  if (!sheet.facility_code.empty()) out += row("保険医療機関コード", "Facility code", sheet.facility_code);
  if (!sheet.facility_name.empty()) out += row("施設名", "Facility", sheet.facility_name);
  out += row("クライアント", "Client", sheet.client_id);
  out += row("ファイル", "File", sheet.file_name);
  out += row("有効期限（日本時間）", "Valid until (Japan time)", japan_time(sheet.not_after));
  out += row("拇印（SHA-256）", "Thumbprint (SHA-256)", grouped(sheet.thumbprint));
  if (sheet.link_expires_at) {
    out += row("ダウンロード期限（日本時間、1回だけ）", "Download until (Japan time), once",
               japan_time(*sheet.link_expires_at));
  }
  return out + "</table>\n" + advice;
}

}  // namespace tegata::cli::facilities
