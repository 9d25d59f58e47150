#include "rp/base/uri.h"

#include <algorithm>

#include "rp/base/ascii.h"
#include "rp/base/bytes.h"

namespace tegata {
namespace {

constexpr std::string_view sub_delims = "!$&'()*+,;=";

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Percent encoding in its one form; nothing where something stands there that is not `allowed`, or an encoding is
// broken.
std::optional<std::string> normalize_percent(std::string_view text, std::string_view allowed) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_unreserved(text[i]) && allowed.find(text[i]) == allowed.npos) return std::nullopt;
      out += text[i];
      continue;
    }
    const auto byte = parse_hex(ascii_lower(std::string(text.substr(i + 1, 2))));
    if (!byte || byte->size() != 1) return std::nullopt;
    const auto c = static_cast<char>(byte->front());
    out +=
        is_unreserved(c) ? std::string(1, c) : std::string{'%', digits[byte->front() >> 4], digits[byte->front() & 15]};
    i += 2;
  }
  return out;
}

// rfc3986#section-5.2.4, of a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/', 1), path.size());
    const auto segment = path.substr(0, end);  // with the slash before it
    path.remove_prefix(end);
    const bool up = segment == "/..", here = segment == "/.";
    if (up) out.erase(std::min(out.rfind('/'), out.size()));
    if (!up && !here) out += segment;
    if ((up || here) && path.empty()) out += '/';
  }
  return out;
}

std::optional<std::string> normalize_host(std::string_view host) {
  if (host.empty()) return std::nullopt;
  if (host.front() == '[') {  // an address of IPv6
    constexpr std::string_view of_address = "0123456789abcdef:.";
    const std::string lower = ascii_lower(std::string(host));
    if (lower.size() < 4 || lower.back() != ']') return std::nullopt;
    const auto inside = std::string_view(lower).substr(1, lower.size() - 2);
    return inside.find_first_not_of(of_address) == inside.npos ? std::optional(lower) : std::nullopt;
  }
  // Twice: what a percent encoding hides has a case, too, and the encoding itself stays in capitals.
  const auto plain = normalize_percent(host, sub_delims);
  return plain ? normalize_percent(ascii_lower(*plain), sub_delims) : std::nullopt;
}

std::optional<std::string> normalize_authority(std::string_view authority, std::string_view default_port) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
  auto host = normalize_host(authority.substr(0, colon));
  if (!host || colon == authority.npos) return host;
  const auto port = authority.substr(colon + 1);
  if (port.find_first_not_of("0123456789") != port.npos) return std::nullopt;
  if (port.empty() || port == default_port) return host;
  return *host + ":" + std::string(port);
}

}  // namespace

std::optional<std::string> normalize_http_uri(std::string_view uri) {
  const auto colon = uri.find("://");
  if (colon == uri.npos) return std::nullopt;
  const std::string scheme = ascii_lower(std::string(uri.substr(0, colon)));
  if (scheme != "https" && scheme != "http") return std::nullopt;
  uri.remove_prefix(colon + 3);
  const auto after_authority = std::min(uri.find_first_of("/?#"), uri.size());
  const auto authority = normalize_authority(uri.substr(0, after_authority), scheme == "https" ? "443" : "80");
  uri.remove_prefix(after_authority);
  const auto mark = std::min(uri.find('?'), uri.size());
  const auto path = normalize_percent(uri.substr(0, mark), std::string(sub_delims) + ":@/");
  const auto query = normalize_percent(uri.substr(mark), std::string(sub_delims) + ":@/?");
  if (!authority || !path || !query) return std::nullopt;
  return scheme + "://" + *authority + (path->empty() ? "/" : without_dot_segments(*path)) + *query;
}

}  // namespace tegata
