#include "enroll/label.h"

#include <unistr.h>

#include <catch2/catch.hpp>
#include <random>

#include "enroll/label_errors.h"
#include "rp/base/json.h"
#include "tests/unit/enroll/label_columns.h"

using namespace tegata;
using namespace tegata::enroll;
using test::columns;

namespace {

const Instant day = *parse_rfc3339("2026-11-20T03:00:00Z");
const Bytes unknown(16, 0);
const Bytes apple = *parse_hex("fbfc3007154e4ecc8c0b6e020557d7bd");
const Bytes one_password = *parse_hex("bada5566a7aa401fbd9645619a55120d");

const char* const iphone_safari =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1";
const char* const iphone_chrome =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1";
const char* const ipad_safari =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Safari/605.1.15";
const char* const android_chrome =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36";
const char* const chrome_brands = R"("Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99")";

std::size_t points(const std::string& text) {
  return u8_mbsnlen(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}
void within_limits(const std::string& label) {
  INFO(label);
  REQUIRE(is_utf8(label));
  REQUIRE(columns(label) <= 60);
  REQUIRE(points(label) <= 64);
}

void refused(std::string_view typed) {
  const auto label = clean_label(typed);
  REQUIRE_FALSE(label);
  CHECK(label.error().code() == errors::label_invalid);
}

}  // namespace

TEST_CASE("names of devices") {
  CHECK(device_name({iphone_safari, "", "", "", 5}) == "iPhone（Safari）");
  CHECK(device_name({iphone_chrome, "", "", "", 5}) == "iPhone（Chrome）");
  CHECK(device_name({ipad_safari, "", "", "", 5}) == "iPad（Safari）");
  CHECK(device_name({ipad_safari, "", "", "", 0}) == "Mac（Safari）");
  CHECK(device_name({android_chrome, "\"Pixel 8\"", "\"Android\"", chrome_brands, 5}) == "Pixel 8（Chrome）");
  CHECK(device_name({android_chrome, "\"\"", "\"Android\"", chrome_brands, 5}) == "Androidスマートフォン（Chrome）");
  CHECK(device_name({android_chrome, "\"K\"", "\"Android\"", "", 5}) == "Androidスマートフォン（Chrome）");
  CHECK(device_name({}) == "スマートフォン");
  CHECK(device_name({"\xff\xfe", "\xff", "", "", 0}) == "スマートフォン");
}

TEST_CASE("names of devices by user agent alone") {
  const auto name = [](const std::string& agent) { return device_name({agent, "", "", "", 5}); };
  const std::string webkit = " AppleWebKit/537.36 (KHTML, like Gecko) ";
  CHECK(name("Mozilla/5.0 (Linux; Android 13; SM-S911B)" + webkit + "Chrome/115.0.0.0 Mobile Safari/537.36") ==
        "SM-S911B（Chrome）");
  CHECK(name("Mozilla/5.0 (Linux; Android 9; SO-01L Build/52.0.C.1.1)" + webkit + "Chrome/99.0 Mobile Safari/537.36") ==
        "SO-01L（Chrome）");
  CHECK(name("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0") ==
        "Androidスマートフォン（Firefox）");
  CHECK(name("Mozilla/5.0 (Linux; Android 10; K)" + webkit +
             "SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36") ==
        "Androidスマートフォン（Samsung Internet）");
  CHECK(name("Mozilla/5.0 (Linux; Android 10; K)" + webkit + "Chrome/130.0.0.0 Safari/537.36") ==
        "Androidタブレット（Chrome）");
  CHECK(name("Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0") ==
        "Windowsパソコン（Edge）");
  CHECK(name("curl/8.0") == "スマートフォン");
}

TEST_CASE("labels") {
  const BrowserIdentity iphone = {iphone_safari, "", "", "", 5};
  CHECK(make_label(iphone, apple, day, 1) == "iPhone（Safari） 2026-11-20");
  CHECK(make_label(iphone, unknown, day, 2) == "iPhone（Safari） 2026-11-20 (2)");
  CHECK(make_label(iphone, one_password, day, 1) == "iPhone（1Password） 2026-11-20");
  CHECK(make_label({android_chrome, "\"Pixel 8\"", "\"Android\"", chrome_brands, 5}, unknown, day, 1) ==
        "Pixel 8（Chrome） 2026-11-20");
  CHECK(make_label({}, unknown, day, 1) == "スマートフォン 2026-11-20");
  CHECK(make_label({}, {}, day, 1) == "スマートフォン 2026-11-20");
  // 00:30 on the 21st in Japan
  CHECK(make_label({}, unknown, *parse_rfc3339("2026-11-20T15:30:00Z"), 1) == "スマートフォン 2026-11-21");
  CHECK(provider_name(one_password) == "1Password");
  CHECK(provider_name(unknown).empty());
}

TEST_CASE("only the device gives way to the limits") {
  for (const std::string& letter : {std::string("A"), std::string("漢"), std::string("e\xcc\x81\xcc\x81")}) {
    std::string model;
    while (model.size() < 400) model += letter;
    const auto label = make_label({android_chrome, model, "", chrome_brands, 5}, unknown, day, 123);
    within_limits(label);
    CHECK(label.ends_with("…（Chrome） 2026-11-20 (123)"));
    within_limits(device_name({android_chrome, model, "", chrome_brands, 5}));
  }
}

TEST_CASE("a made label passes as a typed one, unchanged") {
  const auto label = make_label({android_chrome, std::string(200, 'A'), "", chrome_brands, 5}, unknown, day, 2);
  CHECK(*clean_label(label) == label);
  CHECK(*clean_label("iPhone（Safari） 2026-11-20 (2)") == "iPhone（Safari） 2026-11-20 (2)");
}

TEST_CASE("typed names are filtered") {
  CHECK(*clean_label("  診察室の　　iPhone  ") == "診察室の iPhone");
  CHECK(*clean_label("<b>私の</b>\"phone\"") == "b私のbphone");
  CHECK(*clean_label("a\u202eb\u200bc\ufe0fd\u3164e\tf\n") == "abcdef");
  CHECK(*clean_label("カ\u3099") == "ガ");
  CHECK(*clean_label("\u0301a") == "a");
  CHECK(*clean_label("ドクター・ｽﾏﾎー_1.0+(2)-（３）") == "ドクター・ｽﾏﾎー_1.0+(2)-（３）");
}

TEST_CASE("typed names that are none") {
  refused("");
  refused("   ");
  refused("<>\u200b😀");
  refused("\xff");
  refused(std::string(61, 'a'));
  refused(std::string(100'000, 'a'));
  std::string wide;
  for (int i = 0; i < 31; ++i) wide += "漢";
  refused(wide);
  CHECK(clean_label(wide.substr(3)));
  CHECK(clean_label(std::string(60, 'a')));
  std::string marks = "a";
  for (int i = 0; i < 65; ++i) marks += "\u0323";
  refused(marks);
}

TEST_CASE("keys: width, case and composition do not make another name") {
  CHECK(label_key("ＩＰＨＯＮＥ １") == label_key("iphone 1"));
  CHECK(label_key("ｽﾏﾎ") == label_key("スマホ"));
  CHECK(label_key("ガ") == label_key("カ\u3099"));
  CHECK(label_key("Straße") == label_key("STRASSE"));
  CHECK(label_key("iPhone（Safari）") == label_key("iphone(safari)"));
  CHECK(label_key("iPhone 1") != label_key("iPhone 2"));
}

TEST_CASE("no input breaks the rules") {
  std::minstd_rand engine(20261120);
  const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  const auto text = [&](std::size_t longest) {
    std::string out;
    for (std::size_t left = random() % longest; left > 0; --left) {
      std::uint8_t bytes[6];
      ucs4_t c = random() % 3 == 0   ? random() % 0x110000
                 : random() % 2 == 0 ? 0x3000 + random() % 0x7000
                                     : random() % 0x400;
      if (c >= 0xd800 && c < 0xe000) c = 'x';
      const int size = u8_uctomb(bytes, c, sizeof bytes);
      out.append(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    }
    if (random() % 8 == 0) out += static_cast<char>(random());
    return out;
  };
  for (int i = 0; i < 20'000; ++i) {
    const BrowserIdentity identity = {(i % 2 ? android_chrome : "") + text(40), text(60), text(10), text(30), i % 7};
    within_limits(device_name(identity));
    const auto made = make_label(identity, i % 3 ? unknown : one_password, day, i);
    within_limits(made);
    REQUIRE(*clean_label(made) == made);
    const auto typed = clean_label(text(40));
    if (!typed) continue;
    within_limits(*typed);
    REQUIRE_FALSE(typed->empty());
    REQUIRE(*clean_label(*typed) == *typed);
    REQUIRE(label_key(label_key(*typed)) == label_key(*typed));
  }
}
