// What people's browsers say of themselves x the providers of passkeys: every combination gives the expected label.
#include <unistr.h>

#include <catch2/catch.hpp>

#include "enroll/label.h"
#include "tests/support/vectors.h"
#include "tests/unit/enroll/label_columns.h"

using namespace tegata;
using namespace tegata::enroll;
using test::columns;

namespace {

struct Row {
  std::string agent, model, platform, brands;
  int touch_points;
  std::string device, browser;
  std::string own;  // the names of providers that this system brings along, between bars
};

const std::string iphone_18 =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ";
const std::string iphone_16 =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_7_10 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ";
const std::string ipad = "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ";
const std::string macintosh =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ";
const std::string mac_chromium =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) ";
const std::string windows_pc = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ";
const std::string linux_pc = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ";
const std::string webkit = " AppleWebKit/537.36 (KHTML, like Gecko) ";
const std::string reduced = "Mozilla/5.0 (Linux; Android 10; K)" + webkit + "Chrome/140.0.0.0 Mobile Safari/537.36";
const std::string reduced_tablet = "Mozilla/5.0 (Linux; Android 10; K)" + webkit + "Chrome/140.0.0.0 Safari/537.36";
const std::string chrome = R"("Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140")";
const std::string edge = R"("Chromium";v="140", "Not=A?Brand";v="24", "Microsoft Edge";v="140")";
const std::string brave = R"("Chromium";v="140", "Not=A?Brand";v="24", "Brave";v="140")";
const std::string opera = R"("Chromium";v="139", "Not=A?Brand";v="24", "Opera";v="124")";
const std::string samsung = R"("Chromium";v="136", "Samsung Internet";v="29", "Not.A/Brand";v="99")";

const std::string apple_own = "|Apple Passwords|iCloud Keychain (Managed)|Chromium Browser|";
const std::string mac_own = apple_own + "Chrome on Mac|Edge on Mac|";
const std::string android_own = "|Google Password Manager|Samsung Pass|Chromium Browser|";
const std::string windows_own = "|Windows Hello|Chromium Browser|";
const std::string chromeos_own = "|Google Password Manager|Chromium Browser|";
const std::string linux_own = "|Chromium Browser|";
const std::string unknown_own = mac_own + android_own + windows_own;

// Android by client hints.
Row hinted(const std::string& model, const std::string& brands, const std::string& browser) {
  return {reduced, "\"" + model + "\"", "\"Android\"", brands, 5, model, browser, android_own};
}
// Android by an old user agent that tells the model.
Row told(const std::string& version, const std::string& model, const std::string& rest, const std::string& browser) {
  return {"Mozilla/5.0 (Linux; Android " + version + "; " + model + ")" + webkit + rest,
          "",
          "",
          "",
          5,
          model.substr(0, model.find(" Build/")),
          browser,
          android_own};
}

std::vector<Row> rows() {
  std::vector<Row> out = {
      {iphone_18 + "Version/18.5 Mobile/15E148 Safari/604.1", "", "", "", 5, "iPhone", "Safari", apple_own},
      {iphone_16 + "Version/16.6.1 Mobile/15E148 Safari/604.1", "", "", "", 5, "iPhone", "Safari", apple_own},
      {iphone_18 + "CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1", "", "", "", 5, "iPhone", "Chrome", apple_own},
      {iphone_16 + "CriOS/119.0.6045.109 Mobile/15E148 Safari/604.1", "", "", "", 5, "iPhone", "Chrome", apple_own},
      {iphone_18 + "FxiOS/142.0 Mobile/15E148 Safari/605.1.15", "", "", "", 5, "iPhone", "Firefox", apple_own},
      {iphone_18 + "Version/18.0 EdgiOS/139.0.3405.86 Mobile/15E148 Safari/605.1.15", "", "", "", 5, "iPhone", "Edge",
       apple_own},
      {iphone_18 + "Mobile/15E148", "", "", "", 5, "iPhone", "", apple_own},
      {ipad + "Version/17.6 Mobile/15E148 Safari/604.1", "", "", "", 5, "iPad", "Safari", apple_own},
      {ipad + "CriOS/128.0.6613.98 Mobile/15E148 Safari/604.1", "", "", "", 5, "iPad", "Chrome", apple_own},
      {ipad + "FxiOS/130.0 Mobile/15E148 Safari/605.1.15", "", "", "", 5, "iPad", "Firefox", apple_own},
      {macintosh + "Version/18.5 Safari/605.1.15", "", "", "", 5, "iPad", "Safari", apple_own},
      {macintosh + "CriOS/140 Version/11.1.1 Safari/605.1.15", "", "", "", 5, "iPad", "Chrome", apple_own},
      {macintosh + "Version/18.5 Safari/605.1.15", "", "", "", 0, "Mac", "Safari", mac_own},
      {macintosh + "Version/17.4.1 Safari/605.1.15", "", "", "", 0, "Mac", "Safari", mac_own},
      {mac_chromium + "Chrome/140.0.0.0 Safari/537.36", "\"\"", "\"macOS\"", chrome, 0, "Mac", "Chrome", mac_own},
      {mac_chromium + "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "\"\"", "\"macOS\"", edge, 0, "Mac", "Edge",
       mac_own},
      {mac_chromium + "Chrome/140.0.0.0 Safari/537.36", "\"\"", "\"macOS\"", brave, 0, "Mac", "Brave", mac_own},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0", "", "", "", 0, "Mac",
       "Firefox", mac_own},
      {windows_pc + "Chrome/140.0.0.0 Safari/537.36", "\"\"", "\"Windows\"", chrome, 0, "Windowsパソコン", "Chrome",
       windows_own},
      {windows_pc + "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "\"\"", "\"Windows\"", edge, 0, "Windowsパソコン",
       "Edge", windows_own},
      {windows_pc + "Chrome/109.0.0.0 Safari/537.36 Edg/109.0.1518.140", "", "", "", 10, "Windowsパソコン", "Edge",
       windows_own},
      {windows_pc + "Chrome/139.0.0.0 Safari/537.36 OPR/124.0.0.0", "", "\"Windows\"", opera, 0, "Windowsパソコン",
       "Opera", windows_own},
      {windows_pc + "Chrome/140.0.0.0 Safari/537.36", "", "\"Windows\"", brave, 0, "Windowsパソコン", "Brave",
       windows_own},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0", "", "", "", 0,
       "Windowsパソコン", "Firefox", windows_own},
      {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/140.0.0.0 Safari/537.36", "", "\"Chrome OS\"",
       chrome, 0, "Chromebook", "Chrome", chromeos_own},
      {linux_pc + "Chrome/140.0.0.0 Safari/537.36", "", "\"Linux\"", chrome, 0, "Linuxパソコン", "Chrome", linux_own},
      {linux_pc + "Chrome/139.0.0.0 Safari/537.36 OPR/124.0.0.0", "", "", "", 0, "Linuxパソコン", "Opera", linux_own},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "", "", "", 0, "Linuxパソコン",
       "Firefox", linux_own},
      {reduced, "", "\"Android\"", chrome, 5, "Androidスマートフォン", "Chrome", android_own},
      {reduced, "\"K\"", "\"Android\"", chrome, 5, "Androidスマートフォン", "Chrome", android_own},
      {reduced, "", "", "", 5, "Androidスマートフォン", "Chrome", android_own},
      {reduced + " EdgA/140.0.0.0", "", "\"Android\"", edge, 5, "Androidスマートフォン", "Edge", android_own},
      {reduced + " OPR/91.0.0.0", "", "\"Android\"", opera, 5, "Androidスマートフォン", "Opera", android_own},
      {reduced, "", "\"Android\"", brave, 5, "Androidスマートフォン", "Brave", android_own},
      {reduced_tablet, "", "\"Android\"", chrome, 10, "Androidタブレット", "Chrome", android_own},
      {reduced_tablet, "\"SM-X710\"", "\"Android\"", chrome, 10, "SM-X710", "Chrome", android_own},
      {"Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0", "", "", "", 5, "Androidスマートフォン",
       "Firefox", android_own},
      {"Mozilla/5.0 (Android 14; Tablet; rv:142.0) Gecko/142.0 Firefox/142.0", "", "", "", 10, "Androidタブレット",
       "Firefox", android_own},
      {"Mozilla/5.0 (Linux; Android 10; K)" + webkit + "SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", "",
       "\"Android\"", samsung, 5, "Androidスマートフォン", "Samsung Internet", android_own},
      {"", "", "", "", 0, "スマートフォン", "", unknown_own},
      {"curl/8.5.0", "", "", "", 0, "スマートフォン", "", unknown_own},
      {"\xff\xfe", "\xff", "\xff", "\xff", 0, "スマートフォン", "", unknown_own},
  };
  for (const char* model : {"Pixel 8", "Pixel 9 Pro Fold", "SM-S921Q", "SO-51D", "SH-M26", "F-51E", "A301SH", "KYG03",
                            "XIG05", "moto g64 5G", "Redmi Note 13 Pro 5G", "OPPO A3 5G", "arrows We2"}) {
    out.push_back(hinted(model, chrome, "Chrome"));
  }
  out.push_back(hinted("Galaxy S25", samsung, "Samsung Internet"));
  out.push_back(hinted("Nothing Phone 2a", edge, "Edge"));
  out.push_back(told("13", "SM-S911B", "Chrome/115.0.0.0 Mobile Safari/537.36", "Chrome"));
  out.push_back(told("9", "SO-01L Build/52.0.C.1.1", "Chrome/99.0.4844.88 Mobile Safari/537.36", "Chrome"));
  out.push_back(told("11", "SH-41A", "Chrome/108.0.5359.128 Mobile Safari/537.36", "Chrome"));
  out.push_back(told("12", "Pixel 5a", "Chrome/105.0.0.0 Mobile Safari/537.36 EdgA/105.0.1343.50", "Edge"));
  out.push_back(told("12", "FCG01 Build/V44RK73A", "SamsungBrowser/19.0 Chrome/102.0.5005.125 Mobile Safari/537.36",
                     "Samsung Internet"));
  return out;
}

// None of these devices has a grapheme of more than one code point, so code points may go one by one.
std::string expected(const Row& row, const std::string& provider, const std::string& tail) {
  const bool own = provider.empty() || row.own.find("|" + provider + "|") != std::string::npos;
  const auto& place = own ? row.browser : provider;
  const std::string rest = (place.empty() ? "" : "（" + place + "）") + tail;
  if (columns(row.device + rest) <= 60) return row.device + rest;
  std::string device = row.device;
  while (columns(device + "…" + rest) > 60) {
    do device.pop_back();
    while (!device.empty() && (static_cast<unsigned char>(device.back()) & 0x80) && !is_utf8(device));
  }
  while (device.ends_with(' ')) device.pop_back();
  return device + "…" + rest;
}

}  // namespace

TEST_CASE("every browser with every provider gives the expected label") {
  const auto names = vectors::read_json("aaguid-names.json");
  if (names.empty()) {
    WARN("SKIPPED 1: no outside vectors; configure with -DTEGATA_VECTORS=<folder>");
    return;
  }
  REQUIRE(names.size() >= 52);
  const auto all = rows();
  REQUIRE(all.size() >= 60);
  const auto day = *parse_rfc3339("2026-11-20T03:00:00Z");
  std::size_t compared = 0;
  for (const auto& row : all) {
    const BrowserIdentity identity = {row.agent, row.model, row.platform, row.brands, row.touch_points};
    REQUIRE(make_label(identity, Bytes(16, 0), day, 1) == expected(row, "", " 2026-11-20"));
    for (const auto& [aaguid, name] : names.items()) {
      std::string digits = aaguid;
      std::erase(digits, '-');
      const auto provider = name.get<std::string>();
      INFO(row.agent << " " << provider);
      const auto bytes = parse_hex(digits);
      REQUIRE(bytes);
      REQUIRE(make_label(identity, *bytes, day, 1) == expected(row, provider, " 2026-11-20"));
      REQUIRE(make_label(identity, *bytes, day, 12) == expected(row, provider, " 2026-11-20 (12)"));
      REQUIRE(provider_name(*bytes) == provider);
      compared += 2;
    }
  }
  CHECK(compared >= 60 * 52 * 2);
}
