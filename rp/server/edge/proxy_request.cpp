#include "rp/server/edge/proxy_request.h"

#include <algorithm>
#include <array>
#include <vector>

#include "rp/base/ascii.h"
#include "rp/server/config/errors.h"

namespace tegata::server::edge {
namespace {

constexpr std::size_t longest_target = 2048;

// Percent decoding; "+" is a space in queries only. Nothing where the text is broken or hides control characters.
std::optional<std::string> decode(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto byte = parse_hex(ascii_lower(std::string(text.substr(i + 1, 2))));
      if (!byte || byte->size() != 1) return std::nullopt;
      c = static_cast<char>(byte->front());
      i += 2;
    } else if (c == '+' && plus) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out.push_back(c);
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

Status parse_target(const std::string& target, http::Request& request) {
  if (target.size() > longest_target || !target.starts_with('/')) return not_from_proxy("target");
  const auto mark = target.find('?');
  const auto path = decode(std::string_view(target).substr(0, mark), false);
  if (!path) return not_from_proxy("path encoding");
  request.path = *path;
  std::string_view rest = mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals), true);
    const auto value = equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1), true);
    if (!name || !value) return not_from_proxy("query encoding");
    if (!pair.empty()) request.query.emplace(*name, *value);
  }
  return {};
}

// Names that are ours to set, and framing that only a broken proxy would let through.
Status check_headers(const RawRequest& raw) {
  static constexpr std::array never = {"transfer-encoding", "content-encoding", "forwarded", "range", "expect"};
  for (const auto* name : never) {
    if (raw.headers.contains(name)) return not_from_proxy(std::string("header ") + name);
  }
  for (const auto& [name, value] : raw.headers) {
    if (name.find('_') != std::string::npos || name.starts_with("x-forwarded-")) return not_from_proxy("header name");
    if (name.starts_with("client-cert") && name != "client-cert") return not_from_proxy("header " + name);
  }
  static constexpr std::array once = {"client-cert",   "content-length",      "host",
                                      "content-type",  "x-tegata-request-id", "x-tegata-remote-address",
                                      "x-tegata-host", "x-tegata-resumed"};
  for (const auto* name : once) {
    if (raw.headers.count(name) > 1) return not_from_proxy(std::string("repeated header ") + name);
  }
  return {};
}

void hand_on_headers(const RawRequest& raw, http::Request& request) {
  for (const auto& [name, value] : raw.headers) {
    if (std::ranges::find(handed_on, name) != std::end(handed_on)) request.headers.emplace(name, value);
  }
}

Status hand_on_cookies(const RawRequest& raw, http::Request& request) {
  const auto [from, to] = raw.headers.equal_range("cookie");
  std::vector<std::string_view> lines;
  for (auto line = from; line != to; ++line) lines.push_back(line->second);
  TEGATA_ASSIGN(request.cookies, http::parse_cookies(lines));
  return {};
}

std::string value_of(const RawRequest& raw, const std::string& name) {
  const auto found = raw.headers.find(name);
  return found == raw.headers.end() ? std::string() : found->second;
}

// What the proxy itself says of the connection.
Status take_proxy_headers(const RawRequest& raw, http::Request& request) {
  request.request_id = value_of(raw, "x-tegata-request-id");
  request.remote_address = value_of(raw, "x-tegata-remote-address");
  request.host = ascii_lower(value_of(raw, "x-tegata-host"));
  request.tls_resumed = value_of(raw, "x-tegata-resumed") == "1";
  const auto certificate = value_of(raw, "client-cert");
  if (request.request_id.empty() || request.remote_address.empty()) return not_from_proxy("no proxy headers");
  if (certificate.empty()) return {};
  const bool asks = request.origin != http::Origin::public_pages;
  if (!asks || request.tls_resumed) return not_from_proxy("a certificate where none can be");
  TEGATA_ASSIGN(request.client_certificate, parse_client_cert(certificate));
  return {};
}

}  // namespace

Result<Bytes> parse_client_cert(std::string_view value) {
  const Error malformed(errors::client_cert_malformed, "Client-Cert", "rfc9440#section-2.2: one byte sequence");
  if (value.size() < 3 || value.front() != ':' || value.back() != ':') return malformed;
  auto der = parse_base64(value.substr(1, value.size() - 2));
  if (!der || der->empty()) return malformed;
  return std::move(*der);
}

Result<http::Request> parse_proxy_request(http::Origin origin, RawRequest raw) {
  http::Request request;
  request.origin = origin;
  request.method = raw.method;
  TEGATA_TRY(parse_target(raw.target, request));
  TEGATA_TRY(check_headers(raw));
  TEGATA_ASSIGN(const std::size_t size, body_size(raw));
  if (raw.body.size() != size) return not_from_proxy("body size");
  if (origin != http::Origin::operations) TEGATA_TRY(take_proxy_headers(raw, request));
  TEGATA_TRY(hand_on_cookies(raw, request));
  hand_on_headers(raw, request);
  request.body = std::move(raw.body);
  return request;
}

http::Request outline(http::Origin origin, const RawRequest& raw) {
  http::Request request;
  request.origin = origin;
  request.method = raw.method;
  request.path = decode(std::string_view(raw.target).substr(0, raw.target.find('?')), false).value_or("");
  hand_on_headers(raw, request);
  request.request_id = value_of(raw, "x-tegata-request-id");
  request.remote_address = value_of(raw, "x-tegata-remote-address");
  return request;
}

}  // namespace tegata::server::edge
