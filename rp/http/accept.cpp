#include "rp/http/accept.h"

#include <algorithm>

#include "rp/base/media_type.h"

namespace tegata::http {
namespace {

// rfc9110#section-12.4.2: "0" to "1", with up to three decimals.
std::optional<int> parse_quality(const std::string& text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  const std::string decimals = text.size() > 2 ? text.substr(2) : "";
  if (!std::ranges::all_of(decimals, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const int quality = (text[0] - '0') * 1000 + std::stoi((decimals + "000").substr(0, 3));
  return quality <= 1000 ? std::optional(quality) : std::nullopt;
}

std::optional<Weighted> parse_weighted(std::string_view element) {
  auto read = parse_parameterized(element);
  if (!read || read->value.empty()) return std::nullopt;
  Weighted out{std::move(read->value)};
  for (const auto& [name, value] : read->parameters) {
    const auto quality = name == "q" ? parse_quality(value) : out.quality;
    if (!quality) return std::nullopt;
    out.quality = *quality;
    out.parameters = out.parameters || name != "q";
  }
  return out;
}

// 0: not matched; more: more specific.
int specificity(const Weighted& range, std::string_view media_type) {
  if (range.parameters) return 0;
  if (range.value == media_type) return 3;
  if (range.value == std::string(media_type.substr(0, media_type.find('/'))) + "/*") return 2;
  return range.value == "*/*" ? 1 : 0;
}

}  // namespace

std::vector<std::string_view> field_lines(const Request& request, const std::string& lower_case_name) {
  std::vector<std::string_view> out;
  const auto [from, to] = request.headers.equal_range(lower_case_name);
  for (auto line = from; line != to; ++line) out.push_back(line->second);
  return out;
}

bool has_entity_tag(const Request& request, std::string_view tag) {
  return std::ranges::any_of(list_elements(field_lines(request, "if-none-match")), [&](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == tag || element == "*";
  });
}

std::vector<Weighted> weighted_list(const Request& request, const std::string& lower_case_name) {
  std::vector<Weighted> out;
  for (const auto element : list_elements(field_lines(request, lower_case_name))) {
    if (auto read = parse_weighted(element)) out.push_back(std::move(*read));
  }
  return out;
}

Wish wish_for(const Request& request, std::string_view media_type) {
  if (!request.headers.contains("accept")) return {1000, false};
  Wish out;
  int best = 0;
  for (const auto& range : weighted_list(request, "accept")) {
    const int matched = specificity(range, media_type);
    if (matched <= best) continue;
    best = matched;
    out = {range.quality, matched == 3};
  }
  return out;
}

std::string wanted_language(const Request& request) {
  struct Best {
    std::string_view name;
    int quality = -1;  // not named
    std::size_t at = 0;
  };
  Best ja{"ja"}, en{"en"}, others{"*"};
  std::size_t at = 0;
  for (const auto& range : weighted_list(request, "accept-language")) {
    const auto language = std::string_view(range.value).substr(0, range.value.find('-'));
    for (Best* one : {&ja, &en, &others}) {
      if (language == one->name && range.quality > one->quality) *one = {one->name, range.quality, at};
    }
    ++at;
  }
  for (Best* one : {&ja, &en}) {
    if (one->quality < 0) *one = {one->name, std::max(others.quality, 0), others.at};
  }
  return en.quality > ja.quality || (en.quality == ja.quality && en.at < ja.at) ? "en" : "ja";
}

}  // namespace tegata::http
