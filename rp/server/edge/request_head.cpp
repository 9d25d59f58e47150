#include "rp/server/edge/request_head.h"

#include <algorithm>

#include "rp/base/ascii.h"
#include "rp/server/config/errors.h"

namespace tegata::server::edge {
namespace {

constexpr std::size_t most_lines = 128;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// RFC 9110 section 5.6.2: token.
bool is_token(std::string_view text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

// RFC 9110 section 5.5: what could end the line is refused. Other control octets stand for themselves: a neighbour's
// cookie that holds one must not lock a person out.
bool is_field_value(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

Status parse_request_line(std::string_view line, RawRequest& out) {
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return not_from_proxy("request line");
  const auto target = line.substr(first + 1, last - first - 1), version = line.substr(last + 1);
  const bool visible = std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_token(line.substr(0, first)) || target.empty() || !visible) return not_from_proxy("request line");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return not_from_proxy("version");
  out.method = line.substr(0, first);
  out.target = target;
  return {};
}

Status parse_field(std::string_view line, RawRequest& out) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return not_from_proxy("header name");
  const auto value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value)) return not_from_proxy("header value");
  out.headers.emplace(ascii_lower(std::string(line.substr(0, colon))), value);
  return {};
}

}  // namespace

Error not_from_proxy(const std::string& why) { return Error(errors::request_not_from_proxy, why); }

Result<RawRequest> parse_request_head(std::string_view head) {
  RawRequest out;
  for (std::size_t lines = 0;; ++lines) {
    const auto end = head.find("\r\n");
    if (end == std::string_view::npos || lines > most_lines) return not_from_proxy("lines of the head");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (lines == 0) {
      TEGATA_TRY(parse_request_line(line, out));
    } else if (line.empty()) {
      break;
    } else {
      TEGATA_TRY(parse_field(line, out));
    }
  }
  if (!head.empty()) return not_from_proxy("octets behind the head");
  return out;
}

Result<std::size_t> body_size(const RawRequest& head) {
  if (head.method != "GET" && head.method != "HEAD" && head.method != "POST") return not_from_proxy("method");
  if (head.headers.contains("transfer-encoding")) return not_from_proxy("Transfer-Encoding");
  const auto [from, to] = head.headers.equal_range("content-length");
  if (from == to) return std::size_t{0};
  const auto& text = from->second;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (std::next(from) != to || text.empty() || text.size() > 5 || !digits) return not_from_proxy("Content-Length");
  const std::size_t size = std::stoul(text);
  if (size > largest_body) return not_from_proxy("body size");
  if (size > 0 && head.method != "POST") return not_from_proxy("GET with a body");
  return size;
}

}  // namespace tegata::server::edge
