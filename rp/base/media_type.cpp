#include "rp/base/media_type.h"

#include <algorithm>

#include "rp/base/ascii.h"

namespace tegata {
namespace {

constexpr std::string_view white = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(white);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

bool is_token(std::string_view text) {
  constexpr std::string_view signs = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || signs.find(c) != signs.npos;
  });
}

// Where the text first has that sign outside quotes; its size where nowhere.
std::size_t find_outside_quotes(std::string_view text, char sign) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == sign) {
      return i;
    }
  }
  return text.size();
}

// rfc9110#section-5.6.4: quoted-string, whole.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\';
    if (escaped && ++i == text.size()) return std::nullopt;
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t') || c == 0x7f || (c == '"' && !escaped)) return std::nullopt;
    out += text[i];
  }
  return out;
}

std::optional<std::pair<std::string, std::string>> parse_parameter(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos || !is_token(text.substr(0, equals))) return std::nullopt;
  const auto value = text.substr(equals + 1);
  auto plain = is_token(value) ? std::optional(std::string(value)) : unquote(value);
  if (!plain) return std::nullopt;
  return std::pair(ascii_lower(std::string(text.substr(0, equals))), std::move(*plain));
}

std::string_view take_part(std::string_view& rest, char separator) {
  const auto end = find_outside_quotes(rest, separator);
  const auto part = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

std::optional<Parameterized> parse_parameterized(std::string_view text) {
  Parameterized out{ascii_lower(std::string(take_part(text, ';'))), {}};
  while (!text.empty()) {
    const auto part = take_part(text, ';');
    if (part.empty()) continue;
    auto parameter = parse_parameter(part);
    if (!parameter) return std::nullopt;
    const auto same = [&](const auto& other) { return other.first == parameter->first; };
    if (std::ranges::any_of(out.parameters, same)) return std::nullopt;
    out.parameters.push_back(std::move(*parameter));
  }
  return out;
}

std::optional<std::string> media_type_of(std::string_view text) {
  auto read = parse_parameterized(text);
  if (!read) return std::nullopt;
  const std::string_view name = read->value;
  const auto slash = name.find('/');
  if (slash == name.npos || !is_token(name.substr(0, slash)) || !is_token(name.substr(slash + 1))) return std::nullopt;
  return std::move(read->value);
}

bool is_jose_type(std::string_view typ, std::string_view expected) {
  const std::string prefix = "application/";
  const auto whole = [&](std::string_view text) {
    return ascii_lower(text.find('/') == text.npos ? prefix + std::string(text) : std::string(text));
  };
  return whole(typ) == whole(expected);
}

std::vector<std::string_view> list_elements(const std::vector<std::string_view>& lines) {
  std::vector<std::string_view> out;
  for (std::string_view line : lines) {
    while (!line.empty()) {
      const auto element = take_part(line, ',');
      if (!element.empty()) out.push_back(element);
    }
  }
  return out;
}

}  // namespace tegata
