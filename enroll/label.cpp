#include "enroll/label.h"

#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>

#include "enroll/label_errors.h"
#include "enroll/providers.h"
#include "rp/base/json.h"
#include "rp/base/shown_text.h"

namespace tegata::enroll {
namespace {

constexpr int most_columns = 60;
constexpr std::size_t most_points = 64;
constexpr std::size_t longest_input = 512;    // bytes of a header or a typed name that are looked at
constexpr const char* east_asian = "EUC-JP";  // makes libunistring count ambiguous characters as two columns
constexpr std::string_view ellipsis = "…";

const std::uint8_t* u8(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

int columns(std::string_view text) { return u8_width(u8(text), text.size(), east_asian); }
std::size_t points(std::string_view text) { return u8_mbsnlen(u8(text), text.size()); }

// What a libunistring function allocated, as a string.
std::string taken(std::uint8_t* allocated, std::size_t size) {
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> owner(allocated, std::free);
  return allocated ? std::string(reinterpret_cast<char*>(allocated), size) : std::string();
}

std::string nfc(std::string_view text) {
  std::size_t size = 0;
  std::uint8_t* const out = u8_normalize(UNINORM_NFC, u8(text), text.size(), nullptr, &size);
  return taken(out, size);
}

std::string folded(std::string_view text) {
  std::size_t size = 0;
  std::uint8_t* const out = u8_casefold(u8(text), text.size(), nullptr, UNINORM_NFKC, nullptr, &size);
  return taken(out, size);
}

// Fewer than may be shown: a label is for telling phones apart, and has no variation selectors.
bool may_stand(ucs4_t c) {
  if (!is_drawn(c)) return false;
  if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Nd)) return true;
  constexpr std::u32string_view others = U"・（）()-_.+…";
  return others.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
}

bool is_space(ucs4_t c) { return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Zs); }
bool is_mark(ucs4_t c) { return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M); }

void append(std::string& out, ucs4_t c) {
  std::array<std::uint8_t, 6> bytes{};
  const int size = u8_uctomb(bytes.data(), c, bytes.size());
  out.append(reinterpret_cast<char*>(bytes.data()), static_cast<std::size_t>(size));
}

// REQUIRES: UTF-8. Drops what may not stand in a label; spaces of all kinds become single ones, none at the ends.
std::string filtered(std::string_view text) {
  std::string out;
  bool space = false;
  for (std::size_t i = 0; i < text.size();) {
    ucs4_t c = 0;
    i += static_cast<std::size_t>(u8_mbtouc(&c, u8(text) + i, text.size() - i));
    if (is_space(c)) space = true;
    if (is_space(c) || !may_stand(c)) continue;
    if (is_mark(c) && (out.empty() || space)) continue;  // a mark needs something to stand on
    if (space && !out.empty()) out += ' ';
    space = false;
    append(out, c);
  }
  return nfc(out);
}

bool fits(std::string_view text, int column_limit, std::size_t point_limit) {
  return columns(text) <= column_limit && points(text) <= point_limit;
}

// The longest run of whole graphemes that fits, with the ellipsis where something was cut.
std::string cut(const std::string& text, int column_limit, std::size_t point_limit) {
  if (fits(text, column_limit, point_limit)) return text;
  const std::uint8_t* const begin = u8(text);
  const std::uint8_t* const end = begin + text.size();
  std::string_view kept;
  for (const std::uint8_t* next = u8_grapheme_next(begin, end); next; next = u8_grapheme_next(next, end)) {
    const std::string_view longer(text.data(), static_cast<std::size_t>(next - begin));
    if (!fits(longer, column_limit - columns(ellipsis), point_limit - 1)) break;
    kept = longer;
  }
  while (kept.ends_with(' ')) kept.remove_suffix(1);
  return std::string(kept) + std::string(ellipsis);
}

// --- what the browser said ----------------------------------------------------------------------------------------

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// A header as it may be read: short and UTF-8, else as if it had not come.
std::string_view readable(const std::string& header) {
  const std::string_view text = std::string_view(header).substr(0, longest_input);
  return is_utf8(text) ? text : std::string_view();
}

// Chromium says "K" where it will not tell.
std::string as_model(std::string_view text) {
  std::string model = filtered(text);
  return model == "K" ? std::string() : model;
}

// Old user agents tell the model: "Android 13; SM-S911B Build/..." or "Android 13; SM-S911B)".
std::string model_in_user_agent(std::string_view agent) {
  const auto android = agent.find("Android ");
  if (android == std::string_view::npos) return {};
  std::string_view rest = agent.substr(android);
  const auto semicolon = rest.find("; ");
  if (semicolon == std::string_view::npos) return {};
  rest = rest.substr(semicolon + 2);
  rest = rest.substr(0, std::min(rest.find_first_of(";)"), rest.find(" Build/")));
  if (rest == "Mobile" || rest == "Tablet" || rest == "wv" || rest.starts_with("rv:")) return {};
  return as_model(rest);
}

std::string device(const BrowserIdentity& identity) {
  const auto agent = readable(identity.user_agent);
  const auto platform = readable(identity.ch_platform);
  if (has(agent, "iPhone")) return "iPhone";
  if (has(agent, "iPad") || (has(agent, "Macintosh") && identity.touch_points > 1)) return "iPad";
  if (auto model = as_model(readable(identity.ch_model)); !model.empty()) return model;
  if (has(agent, "Android") || has(platform, "Android")) {
    if (auto model = model_in_user_agent(agent); !model.empty()) return model;
    return has(agent, "Mobile") ? "Androidスマートフォン" : "Androidタブレット";
  }
  if (has(agent, "Macintosh")) return "Mac";
  if (has(agent, "Windows NT")) return "Windowsパソコン";
  if (has(agent, "CrOS")) return "Chromebook";
  if (has(agent, "X11; Linux")) return "Linuxパソコン";
  return "スマートフォン";
}

unsigned system_of(const BrowserIdentity& identity) {
  const auto agent = readable(identity.user_agent);
  if (has(agent, "iPhone") || has(agent, "iPad")) return systems::apple;
  if (has(agent, "Macintosh")) return identity.touch_points > 1 ? systems::apple : systems::mac;
  if (has(agent, "Android") || has(readable(identity.ch_platform), "Android")) return systems::android;
  if (has(agent, "Windows NT")) return systems::windows;
  if (has(agent, "CrOS")) return systems::chromeos;
  return has(agent, "X11; Linux") ? systems::linux_desktop : systems::none;
}

// A system's own provider adds nothing to what the device says, also where the system is not known.
bool is_foreign(const Provider& provider, unsigned system) {
  if (system == systems::none) return provider.own_of == systems::none;
  return (provider.own_of & system) == 0;
}

struct Mark {
  std::string_view in_header;
  std::string_view name;
};

// The first that fits counts: browsers name those that they descend from as well.
constexpr Mark agent_marks[] = {
    {"CriOS/", "Chrome"},  {"FxiOS/", "Firefox"},   {"EdgiOS/", "Edge"},
    {"EdgA/", "Edge"},     {"Edg/", "Edge"},        {"SamsungBrowser/", "Samsung Internet"},
    {"OPR/", "Opera"},     {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"},
    {"Safari/", "Safari"},
};
constexpr Mark brand_marks[] = {
    {"\"Microsoft Edge\"", "Edge"},  {"\"Samsung Internet\"", "Samsung Internet"},
    {"\"Opera\"", "Opera"},          {"\"Brave\"", "Brave"},
    {"\"Google Chrome\"", "Chrome"},
};

std::string_view browser(const BrowserIdentity& identity) {
  const auto brands = readable(identity.ch_brands);
  for (const auto& mark : brand_marks) {
    if (has(brands, mark.in_header)) return mark.name;
  }
  const auto agent = readable(identity.user_agent);
  for (const auto& mark : agent_marks) {
    if (has(agent, mark.in_header)) return mark.name;
  }
  return {};
}

// "device（place）" + tail within the limits of a label; the device gives way.
std::string compose(const std::string& device, std::string_view place, const std::string& tail) {
  const std::string rest = (place.empty() ? std::string() : "（" + std::string(place) + "）") + tail;
  return cut(device, most_columns - columns(rest), most_points - points(rest)) + rest;
}

}  // namespace

std::string device_name(const BrowserIdentity& identity) { return compose(device(identity), browser(identity), {}); }

std::string make_label(const BrowserIdentity& identity, ByteView aaguid, Instant registered, int sequence) {
  std::string tail = " " + japan_date(registered);
  if (sequence > 1) tail += " (" + std::to_string(sequence) + ")";
  const Provider* const provider = find_provider(aaguid);
  const bool foreign = provider && is_foreign(*provider, system_of(identity));
  return compose(device(identity), foreign ? provider->name : browser(identity), tail);
}

std::string_view provider_name(ByteView aaguid) {
  const Provider* const provider = find_provider(aaguid);
  return provider ? provider->name : std::string_view();
}

Result<std::string> clean_label(std::string_view typed) {
  if (typed.size() > longest_input || !is_utf8(typed)) return Error(errors::label_invalid);
  std::string label = filtered(typed);
  if (label.empty() || !fits(label, most_columns, most_points)) return Error(errors::label_invalid);
  return label;
}

// Twice: folding can make forms that normalisation composes into something to fold again.
std::string label_key(std::string_view label) { return is_utf8(label) ? folded(folded(label)) : std::string(label); }

}  // namespace tegata::enroll
