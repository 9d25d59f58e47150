#include "rp/server/notices/mail.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "rp/base/mail_address.h"
#include "rp/http/mask.h"
#include "rp/server/notices/notices.h"

namespace tegata::server::notices {
namespace {

struct Words {
  const char *kind, *ja, *en;
};
constexpr std::array kinds = {
    Words{"phone_added", "スマートフォンが登録されました", "A phone was registered"},
    Words{"phone_renamed", "スマートフォンの名前が変わりました", "A phone was renamed"},
    Words{"phone_removed", "スマートフォンが削除されました", "A phone was removed"},
    Words{"phone_stopped", "スマートフォンが使えなくなりました", "A phone was stopped"},
    Words{"mynumber_linked", "マイナンバーカードが結び付けられました", "A My Number card was linked"},
    Words{"mynumber_replaced", "結び付けたマイナンバーカードが替わりました", "Another My Number card was linked"},
    Words{"audit_stopped", "監査記録が変わっており、書き込みを止めました",
          "The audit log was altered, and writing has stopped"},
    Words{"mynumber_unlinked", "マイナンバーカードの結び付けが解除されました", "The My Number card was unlinked"},
};
constexpr Words other_kind{"", "スマートフォンの登録に変更がありました", "There was a change to your phones"};

constexpr std::array authors = {
    Words{"practitioner", "ご本人の操作", "by the person"},
    Words{"operator", "運用担当者の操作", "by an operator"},
    Words{"system", "カードの失効", "because the card was revoked"},
    Words{"card_revoked", "登録のもとになったカードの失効",
          "because the card that its registration rests on was revoked"},
    Words{"credential_revoked", "登録に使ったスマートフォンの取り消し",
          "because the phone that added it was withdrawn"},
};

template <std::size_t size>
Words find(const std::array<Words, size>& table, const std::string& kind, const Words& otherwise) {
  const auto found = std::ranges::find_if(table, [&](const Words& words) { return kind == words.kind; });
  return found == table.end() ? otherwise : *found;
}

std::string text_of(const Json& details, const char* name) {
  const auto found = details.find(name);
  return found != details.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Where a text may be cut: before the first octet of a code point.
std::size_t cut_before(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return most;
}

// RFC 2047: lines of at most 76 characters, the first behind "Subject: ", each word whole code points.
std::string encoded_header(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto size = cut_before(text, 39);
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64(as_bytes(text.substr(0, size))) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

std::string encoded_body(const std::string& text) {
  const auto all = base64(as_bytes(text));
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

// "Fri, 20 Nov 2026 00:15:02 +0000" (RFC 5322).
std::string mail_date(Instant at) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  char out[64];
  std::snprintf(out, sizeof out, "%s, %02u %s %04d %02d:%02d:%02d +0000", days[std::chrono::weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return out;
}

std::string host_of(const std::string& origin) {
  auto host = origin.substr(std::min(origin.find("://") + 3, origin.size()));
  return host.substr(0, host.find(':'));
}

struct Sentence {
  std::string ja, en;
};

// Where the person sees how it stands now. A link can be taken away there, too, with a phone alone.
Sentence where_to_look(const store::Notice& notice, const std::string& public_origin) {
  if (notice.kind.starts_with("mynumber_")) {
    return {
        "いまの結び付けは " + public_origin +
            " の「マイナンバーカードの結び付け」で確かめられ、解除もできます（HPKIカードか、登録した端末が要ります）。",
        "What is linked now is shown at " + public_origin +
            ", and can be unlinked there with your HPKI card or a registered phone. "};
  }
  return {"登録されている端末は " + public_origin + " の「登録した端末」で確かめられます。",
          "Your phones are listed at " + public_origin + ". "};
}

// To operators: nothing of a person is in it.
std::string alarm_body(const store::Notice& notice) {
  const auto what = find(kinds, notice.kind, other_kind);
  const auto detail = text_of(notice.details, "detail");
  return std::string(what.ja) + "。\r\n\r\n内容: " + detail + "\r\n日時: " + japan_time(notice.at) +
         "（日本時間）\r\n\r\n通行証の確認は続いています。運用の手引き（operations.md）の「The log was "
         "altered」をご覧ください。\r\n"
         "\r\n--------\r\n" +
         what.en + ".\r\n\r\nWhat: " + detail + "\r\nWhen: " + japan_time(notice.at) +
         " (Japan)\r\n\r\nPasses can still be verified. See \"The log was altered\" in operations.md.\r\n";
}

std::string body(const store::Notice& notice, const std::string& public_origin) {
  if (notice.number == 0) return alarm_body(notice);
  const auto what = find(kinds, notice.kind, other_kind);
  const auto label = text_of(notice.details, "label"), fresh = text_of(notice.details, "new_label");
  const auto by = find(authors, text_of(notice.details, "by"), Words{"", "", ""});
  const auto id = http::mask(notice.practitioner_id);
  const auto named = label.empty() ? "" : "「" + label + "」" + (fresh.empty() ? "" : " → 「" + fresh + "」");
  const auto named_en = label.empty() ? "" : "\"" + label + "\"" + (fresh.empty() ? "" : " -> \"" + fresh + "\"");
  std::string out = std::string(what.ja) + "。\r\n\r\n本人ID: " + id + "\r\n";
  if (!named.empty()) out += "端末: " + named + "\r\n";
  out += "日時: " + japan_time(notice.at) + "（日本時間）\r\n";
  if (*by.ja != '\0') out += "経緯: " + std::string(by.ja) + "\r\n";
  out += "\r\n心当たりがないときは、すぐに所属先の窓口へ連絡してください。" + where_to_look(notice, public_origin).ja +
         "このメールから番号やパスワードをおたずねすることはありません。\r\n";
  out += "\r\n--------\r\n" + std::string(what.en) + ".\r\n\r\nID: " + id + "\r\n";
  if (!named_en.empty()) out += "Phone: " + named_en + "\r\n";
  out += "When: " + japan_time(notice.at) + " (Japan)\r\n";
  if (*by.en != '\0') out += "How: " + std::string(by.en) + "\r\n";
  out += "\r\nIf you do not know of this, tell the contact desk of your institution at once. " +
         where_to_look(notice, public_origin).en + "We never ask for a number or a password by mail.\r\n";
  return out;
}

}  // namespace

std::string notice_mail(const store::Notice& notice, const std::string& from, const std::string& to,
                        const std::string& public_origin) {
  const auto what = find(kinds, notice.kind, other_kind);
  return "Date: " + mail_date(notice.at) + "\r\nFrom: " + mailbox_of(from) + "\r\nTo: " + mailbox_of(to) +
         "\r\nMessage-ID: <tegata-notice-" + notice_name(notice) + "@" + host_of(public_origin) +
         ">\r\nSubject: " + encoded_header(std::string(what.ja) + " / " + what.en) +
         "\r\nAuto-Submitted: auto-generated\r\nTegata-Notice: " + notice_name(notice) +
         "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\n" +
         encoded_body(body(notice, public_origin));
}

}  // namespace tegata::server::notices
