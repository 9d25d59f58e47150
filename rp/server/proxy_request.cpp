#include "rp/server/proxy_request.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "rp/base/ascii.h"
#include "rp/server/errors.h"

namespace tegata::server {
namespace {

constexpr std::size_t longest_target = 2048;

Error refused(const std::string& why) { return Error(errors::request_not_from_proxy, why); }

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
  if (target.size() > longest_target || !target.starts_with('/')) return refused("target");
  const auto mark = target.find('?');
  const auto path = decode(std::string_view(target).substr(0, mark), false);
  if (!path) return refused("path encoding");
  request.path = *path;
  std::string_view rest = mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals), true);
    const auto value = equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1), true);
    if (!name || !value) return refused("query encoding");
    if (!pair.empty()) request.query.emplace(*name, *value);
  }
  return {};
}

// Names that are ours to set, and framing that only a broken proxy would let through.
Status check_headers(const http::Request& request) {
  static constexpr std::array never = {
      "transfer-encoding", "content-encoding", "remote_addr", "forwarded", "range", "expect"};
  for (const auto* name : never) {
    if (request.headers.contains(name)) return refused(std::string("header ") + name);
  }
  for (const auto& [name, value] : request.headers) {
    if (name.find('_') != std::string::npos || name.starts_with("x-forwarded-")) return refused("header name");
    if (value.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) return refused("header value");
    if (name.starts_with("client-cert") && name != "client-cert") return refused("header " + name);
  }
  static constexpr std::array once = {"client-cert",   "content-length",      "host",
                                      "content-type",  "x-tegata-request-id", "x-tegata-remote-address",
                                      "x-tegata-host", "x-tegata-resumed"};
  for (const auto* name : once) {
    if (request.headers.count(name) > 1) return refused(std::string("repeated header ") + name);
  }
  return {};
}

Status check_body(const http::Request& request) {
  if (request.body.size() > largest_body) return refused("body size");
  const bool bodiless = request.method == "GET" || request.method == "HEAD";
  if (bodiless && request.header("content-length").value_or("0") != "0") return refused("GET with a body");
  return {};
}

// Takes the value of a header that the proxy set out of those that handlers see.
std::string take(http::Request& request, const char* name) {
  const auto found = request.headers.find(name);
  if (found == request.headers.end()) return {};
  auto value = found->second;
  request.headers.erase(found);
  return value;
}

Status take_proxy_headers(http::Request& request) {
  request.request_id = take(request, "x-tegata-request-id");
  request.remote_address = take(request, "x-tegata-remote-address");
  request.host = ascii_lower(take(request, "x-tegata-host"));
  request.tls_resumed = take(request, "x-tegata-resumed") == "1";
  const auto certificate = take(request, "client-cert");
  if (request.request_id.empty() || request.remote_address.empty()) return refused("no proxy headers");
  if (certificate.empty()) return {};
  const bool asks = request.origin != http::Origin::public_pages;
  if (!asks || request.tls_resumed) return refused("a certificate where none can be");
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
  request.method = std::move(raw.method);
  request.body = std::move(raw.body);
  for (auto& [name, value] : raw.headers) request.headers.emplace(ascii_lower(name), value);
  TEGATA_TRY(parse_target(raw.target, request));
  TEGATA_TRY(check_headers(request));
  TEGATA_TRY(check_body(request));
  if (origin != http::Origin::operations) TEGATA_TRY(take_proxy_headers(request));
  return request;
}

http::Request outline(http::Origin origin, const RawRequest& raw) {
  http::Request request;
  request.origin = origin;
  request.method = raw.method;
  request.path = decode(std::string_view(raw.target).substr(0, raw.target.find('?')), false).value_or("");
  for (const auto& [name, value] : raw.headers) request.headers.emplace(ascii_lower(name), value);
  request.request_id = take(request, "x-tegata-request-id");
  request.remote_address = take(request, "x-tegata-remote-address");
  return request;
}

}  // namespace tegata::server
