#include "rp/letter/letter.h"

#include "rp/base/json.h"
#include "rp/letter/errors.h"

namespace tegata::letter {
namespace {

Result<Letter> read_letter(const Json& json) {
  Letter out;
  TEGATA_ASSIGN(out.line, json_integer(json, "line"));
  TEGATA_ASSIGN(out.ticket, json_string(json, "ticket"));
  TEGATA_ASSIGN(out.name, json_string(json, "name"));
  TEGATA_ASSIGN(out.url, json_string(json, "url"));
  TEGATA_ASSIGN(out.password, json_string(json, "password"));
  TEGATA_ASSIGN(const auto expires, json_string(json, "expires_at"));
  TEGATA_ASSIGN(out.expires_at, parse_rfc3339(expires));
  TEGATA_ASSIGN(const auto tries, json_optional_integer(json, "tries"));
  out.tries = tries.value_or(out.tries);
  return out;
}

// The last whole day on which it can be used, in Japan.
std::string last_day(const Letter& letter) { return japan_date(letter.expires_at - std::chrono::hours(24)); }

std::string japanese_day(const std::string& date) {
  return date.substr(0, 4) + "年" + std::to_string(std::stoi(date.substr(5, 2))) + "月" +
         std::to_string(std::stoi(date.substr(8, 2))) + "日";
}

std::string what_locks(const Letter& letter) {
  if (letter.tries == 1) return "One wrong password locks the code.";
  return std::to_string(letter.tries) + " wrong passwords lock the code.";
}

std::vector<std::string> foot(const Letter& letter, const Sender& sender, bool japanese) {
  std::vector<std::string> lines;
  if (!sender.name.empty()) lines.push_back((japanese ? "差出人：" : "From: ") + sender.name);
  if (!sender.contact.empty()) lines.push_back((japanese ? "窓口：" : "Contact desk: ") + sender.contact);
  lines.push_back((japanese ? "お問い合わせ番号：" : "Reference: ") + letter.ticket +
                  (letter.line > 0 ? "-" + std::to_string(letter.line) : ""));
  return lines;
}

Page code_page(const Letter& letter, const Sender& sender) {
  Page page;
  page.language = "ja";
  page.title = "スマートフォン登録のご案内（QRコード）";
  page.addressee = letter.name + "　様";
  page.paragraphs = {
      "処方箋に電子署名するための本人確認に、お使いのスマートフォンを使えるようにします。パスワードは、別の紙でお届けし"
      "ます。",
      "このQRコードの期限：" + japanese_day(last_day(letter)) + "まで"};
  page.qr = letter.url;
  page.steps = {"スマートフォンの「カメラ」でQRコードを読み取り、Safari（iPhone）またはChrome（Android）で開きます。",
                "別の紙にあるパスワードを入力し、［進む］を押します。",
                "画面の本人IDと氏名を確かめて［登録］を押し、顔・指紋または画面ロックで確認します。",
                "端末の名前が出たら［OK］を押します。これで完了です。"};
  page.warnings = {"パスワードを" + std::to_string(letter.tries) +
                       "回まちがえるとロックされます。同じパスワードを送り直しても、回数には数えません。",
                   "このQRコードを写真に撮ったり、人に見せたりしないでください。",
                   "登録が終わったら、2枚とも細かく切って捨ててください。"};
  page.foot = foot(letter, sender, true);
  return page;
}

Page code_page_in_english(const Letter& letter, const Sender& sender) {
  Page page;
  page.language = "en";
  page.title = "Registering your smartphone (QR code)";
  page.addressee = letter.name;
  page.paragraphs = {"The QR code is on the other side. The password comes on a separate sheet.",
                     "The code is good until " + last_day(letter) + " (Japan time)."};
  page.steps = {"Scan the QR code with the phone's camera and open it in Safari (iPhone) or Chrome (Android).",
                "Type the password from the other sheet and press Continue.",
                "Check the ID and the name, press Register, and confirm with your face, fingerprint or screen lock.",
                "When the phone's name is shown, press OK. That is all."};
  page.warnings = {what_locks(letter) + " Sending the same password again is not counted.",
                   "Do not photograph the QR code, and show it to nobody.", "When you are done, cut up both sheets."};
  page.foot = foot(letter, sender, false);
  return page;
}

Page password_page(const Letter& letter, const Sender& sender) {
  Page page;
  page.language = "ja";
  page.title = "スマートフォン登録のご案内（パスワード）";
  page.addressee = letter.name + "　様";
  page.paragraphs = {"別の紙のQRコードを読み取ったあと、次のパスワードを入力してください。",
                     "期限：" + japanese_day(last_day(letter)) + "まで"};
  page.password = letter.password;
  page.steps = {"英字はすべて小文字です。大文字で入力しても、「-」を省いても、同じに扱います。",
                "数字の0と1、英字のi、l、oは使っていません。"};
  page.warnings = {
      std::to_string(letter.tries) + "回まちがえるとロックされます。解除や再発行は、窓口に申し込んでください。",
      "このパスワードを電話やメールで尋ねることはありません。"};
  page.foot = foot(letter, sender, true);
  return page;
}

Page password_page_in_english(const Letter& letter, const Sender& sender) {
  Page page;
  page.language = "en";
  page.title = "Registering your smartphone (password)";
  page.addressee = letter.name;
  page.paragraphs = {"The password is on the other side. Type it after scanning the QR code of the other sheet.",
                     "It is good until " + last_day(letter) + " (Japan time)."};
  page.steps = {"All letters are small. Capital letters, or leaving out the “-”, make no difference.",
                "The digits 0 and 1 and the letters i, l and o are never used."};
  page.warnings = {what_locks(letter) + " Ask the contact desk to unlock it or to send a new one.",
                   "Nobody will ever ask you for this password by telephone or e-mail."};
  page.foot = foot(letter, sender, false);
  return page;
}

}  // namespace

Result<std::vector<Letter>> parse_letters(std::string_view text) {
  std::vector<Letter> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto json = parse_json(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool head = number == 1 && json && json->is_object() && json->contains("table");
    if (head) continue;
    const auto letter = json ? read_letter(*json) : Result<Letter>(json.error());
    if (!letter)
      return Error(errors::letter_tickets_malformed, "line " + std::to_string(number) + ": " + letter.error().detail());
    out.push_back(*letter);
  }
  return out;
}

std::vector<Page> pages_of(const Letter& letter, const Sender& sender) {
  return {code_page(letter, sender), code_page_in_english(letter, sender), password_page(letter, sender),
          password_page_in_english(letter, sender)};
}

}  // namespace tegata::letter
