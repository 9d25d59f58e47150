// A notice as a mail: what stands in it, what must not, and that every header is one.
#include "rp/server/notices/mail.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "rp/host/errors.h"
#include "rp/server/config/config.h"
#include "rp/server/config/errors.h"
#include "rp/server/notices/smtp.h"

using namespace tegata;

namespace {

store::Notice sample(const std::string& kind = "phone_added") {
  store::Notice out{42, *parse_rfc3339("2026-11-20T00:15:02Z"), kind, "AB12345689", Json::object()};
  out.details = {{"label", "iPhone（Safari） 2026-11-20"}, {"by", "practitioner"}, {"way", "card"}};
  return out;
}

std::string mail(const store::Notice& notice) {
  return tegata::server::notices::notice_mail(notice, "tegata@hospital.example", "kensho@hospital.example",
                                              "https://tegata.example:8443");
}

std::string body(const std::string& message) {
  auto text = message.substr(message.find("\r\n\r\n") + 4);
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  const auto octets = parse_base64(text);
  REQUIRE(octets);
  return std::string(as_text(*octets));
}

// The headers by name, unfolded; fails where a line is no header.
std::map<std::string, std::string> headers(const std::string& message) {
  std::map<std::string, std::string> out;
  std::string last;
  std::size_t at = 0;
  for (std::size_t end; (end = message.find("\r\n", at)) != at; at = end + 2) {
    const auto line = message.substr(at, end - at);
    REQUIRE(line.size() <= 78);
    for (const char c : line) REQUIRE((c >= 0x20 && c < 0x7f));
    if (line.front() == ' ') {
      out[last] += line;
      continue;
    }
    const auto colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    last = line.substr(0, colon);
    REQUIRE(out.emplace(last, line.substr(colon + 2)).second);
  }
  return out;
}

}  // namespace

TEST_CASE("the mail's headers") {
  auto found = headers(mail(sample()));
  CHECK(found["Date"] == "Fri, 20 Nov 2026 00:15:02 +0000");
  CHECK(found["From"] == "tegata@hospital.example");
  CHECK(found["To"] == "kensho@hospital.example");
  CHECK(found["Message-ID"] == "<tegata-notice-42@tegata.example>");
  CHECK(found["Auto-Submitted"] == "auto-generated");
  CHECK(mail(sample()) == mail(sample()));
}

TEST_CASE("the mail's text, in both languages, of every kind and of one that nobody knows") {
  for (const auto& [kind, ja, en] :
       std::vector<std::array<std::string, 3>>{{"phone_added", "登録されました", "was registered"},
                                               {"phone_renamed", "名前が変わりました", "was renamed"},
                                               {"phone_removed", "削除されました", "was removed"},
                                               {"phone_stopped", "使えなくなりました", "was stopped"},
                                               {"something_new", "変更がありました", "a change"}}) {
    INFO(kind);
    headers(mail(sample(kind)));
    const auto text = body(mail(sample(kind)));
    CHECK(text.find(ja) != std::string::npos);
    CHECK(text.find(en) != std::string::npos);
    CHECK(text.find("iPhone（Safari） 2026-11-20") != std::string::npos);
    CHECK(text.find("2026-11-20 09:15:02") != std::string::npos);
    CHECK(text.find("AB12345689") == std::string::npos);
    CHECK(text.find("AB••••••89") != std::string::npos);
  }
}

TEST_CASE("the mail of a linked card says where it can be unlinked, and names no phone") {
  for (const auto& [kind, ja, en] : std::vector<std::array<std::string, 3>>{
           {"mynumber_linked", "マイナンバーカードが結び付けられました", "A My Number card was linked"},
           {"mynumber_replaced", "結び付けたマイナンバーカードが替わりました", "Another My Number card was linked"},
           {"mynumber_unlinked", "結び付けが解除されました", "The My Number card was unlinked"}}) {
    INFO(kind);
    auto notice = sample(kind);
    notice.details = {{"by", "operator"}};
    headers(mail(notice));
    const auto text = body(mail(notice));
    CHECK(text.find(ja) != std::string::npos);
    CHECK(text.find(en) != std::string::npos);
    CHECK(text.find("運用担当者の操作") != std::string::npos);
    CHECK(text.find("https://tegata.example:8443 の「マイナンバーカードの結び付け」") != std::string::npos);
    CHECK(text.find("can be unlinked there") != std::string::npos);
    CHECK(text.find("端末:") == std::string::npos);
    CHECK(text.find("登録されている端末は") == std::string::npos);
  }
}

TEST_CASE("a label cannot make a header, and what is missing is left out") {
  auto notice = sample("phone_renamed");
  notice.details["new_label"] = "x\r\nBcc: everybody@example";
  auto found = headers(mail(notice));
  CHECK_FALSE(found.contains("Bcc"));
  notice.details = Json::object();
  CHECK(body(mail(notice)).find("端末:") == std::string::npos);
  notice.details = {{"label", 7}, {"by", {}}};
  headers(mail(notice));
}

TEST_CASE("a mail server that is not there, and a log-in that cannot be read, are worth another try") {
  tegata::server::config::SmtpConfig config;
  config.host = "127.0.0.1";
  config.port = 1;
  config.security = "starttls";
  config.from = "tegata@hospital.example";
  auto sent = tegata::server::notices::send_mail(config, "a@b.example", "x");
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code() == errors::notice_undeliverable);
  config.login = "/nonexistent/login";
  sent = tegata::server::notices::send_mail(config, "a@b.example", "x");
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code() == errors::file_unreadable);
}

namespace {

Result<tegata::server::config::Config> with_smtp(const std::string& lines) {
  return tegata::server::config::parse_config(
      "public_origin = \"https://a.example\"\ncard_origin_pattern = \"https://*.card.a.example\"\n"
      "facility_origin = \"https://f.a.example\"\nsockets = \"s\"\ndatabase = \"d\"\naudit_key = \"k\"\n"
      "signing_key = \"g\"\n[haproxy]\ntls_certificate = \"t\"\ncard_client_ca = \"c\"\nfacility_client_ca = \"f\"\n"
      "[[authority]]\nname = \"A\"\nroots = [\"r\"]\nrevocation = \"not_judged\"\n" +
          lines,
      "/etc/tegata/tegata.toml");
}

}  // namespace

TEST_CASE("[notices.smtp] and [retention]: defaults, and what is refused") {
  const std::string good = "[notices.smtp]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\n";
  const auto config = with_smtp(good + "login = \"l\"\n[retention]\naudit_days = 90\n");
  INFO((config ? std::string() : config.error().detail()));
  REQUIRE(config);
  CHECK(config->notices.smtp.port == 465);
  CHECK(config->notices.smtp.login == "/etc/tegata/l");
  CHECK(config->retention.audit == std::chrono::hours(90 * 24));
  CHECK(config->retention.requests == std::chrono::hours(366 * 24));
  CHECK(with_smtp(good + "security = \"starttls\"\n")->notices.smtp.port == 587);
  CHECK(with_smtp("[notices.smtp]\nhost = \"127.0.0.1\"\nfrom = \"a@b\"\nsecurity = \"none\"\n"));
  for (const char* bad :
       {"security = \"none\"\n", "security = \"ssl\"\n", "to = \"nobody\"\n", "people = false\n", "port = 70000\n",
        "unknown = 1\n", "[retention]\naudit_days = 29\n", "[retention]\nrequests_days = 0\n"}) {
    INFO(bad);
    const auto refused = with_smtp(good + bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::config_invalid);
  }
  CHECK_FALSE(with_smtp("[notices.smtp]\nhost = \"mail.example/x\"\nfrom = \"a@b\"\n"));
  CHECK_FALSE(with_smtp("[notices.smtp]\nhost = \"mail.example\"\nfrom = \"a@b>\"\n"));
}
