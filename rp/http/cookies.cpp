#include "rp/http/cookies.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <ranges>
#include <set>

#include "rp/http/errors.h"

namespace tegata::http {
namespace {

constexpr std::size_t longest_value = 128;  // ours have 43 octets

bool is_ours(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (name == "lang") return true;
  return name.starts_with(own_prefix) && std::ranges::all_of(name.substr(own_prefix.size()), allowed);
}

Status add(std::string_view pair, std::set<std::string_view>& seen, std::vector<Cookie>& out) {
  if (pair.starts_with(' ')) pair.remove_prefix(1);
  const auto equals = pair.find('=');
  // A cookie without a name is sent without "=".
  if (equals == std::string_view::npos) return {};
  const auto name = pair.substr(0, equals), value = pair.substr(equals + 1);
  if (!is_ours(name)) return {};
  const bool first = seen.insert(name).second;
  if (!first && name.starts_with(own_prefix)) return Error(errors::http_cookies_unusable, std::string(name));
  if (first) out.push_back({std::string(name), std::string(value)});
  return {};
}

// From the newest on.
void keep_newest_of_each_kind(std::vector<Cookie>& cookies) {
  std::map<std::string, std::size_t, std::less<>> seen;
  std::vector<Cookie> kept;
  for (auto& cookie : std::views::reverse(cookies)) {
    const auto kind = kind_of(cookie.name);
    if (kind.empty() || ++seen[std::string(kind)] <= most_of_a_kind) kept.push_back(std::move(cookie));
  }
  cookies.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

}  // namespace

std::string_view kind_of(std::string_view name) {
  if (!name.starts_with(own_prefix)) return {};
  const auto dash = name.rfind('-');
  return dash < own_prefix.size() ? std::string_view{} : name.substr(0, dash + 1);
}

Result<std::vector<Cookie>> parse_cookies(const std::vector<std::string_view>& lines) {
  std::vector<Cookie> out;
  std::set<std::string_view> seen;
  for (auto line : lines) {
    while (!line.empty()) {
      const auto pair = line.substr(0, line.find(';'));
      line.remove_prefix(std::min(line.size(), pair.size() + 1));
      TEGATA_TRY(add(pair, seen, out));
    }
  }
  std::erase_if(out, [](const Cookie& cookie) { return cookie.value.empty() || cookie.value.size() > longest_value; });
  keep_newest_of_each_kind(out);
  return out;
}

}  // namespace tegata::http
