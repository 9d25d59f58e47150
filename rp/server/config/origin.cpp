#include "rp/server/config/origin.h"

#include <libpsl.h>

#include <algorithm>

#include "rp/base/ascii.h"
#include "rp/base/split.h"
#include "rp/server/config/errors.h"

namespace tegata::server::config {
namespace {

constexpr std::size_t longest_label = 63, longest_host = 253;
constexpr std::size_t room_for_nonce = 33;  // the label that stands for "*", and its dot
constexpr std::string_view scheme = "https://", wildcard = "*.";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
Error wrong_origin(const std::string& what) { return Error(errors::config_invalid, what); }

// Characters that no host has; each kind with its way out.
Status verify_characters(const std::string& host) {
  for (const char c : host) {
    const bool known = is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
    if (known) continue;
    if (c >= 'A' && c <= 'Z')
      return wrong_origin("has capital letters, which browsers send small: write " + ascii_lower(host));
    if (c == '_') return wrong_origin("has an underscore, which no certificate may name: use a name without");
    if (c == '*') return wrong_origin("has * elsewhere than as its first label: write https://*.name");
    if (static_cast<unsigned char>(c) >= 0x80)
      return wrong_origin("is not ASCII: write the name as browsers send it, in punycode (xn--...)");
    return wrong_origin("has a character that no host name has: write https://host or https://host:port");
  }
  return {};
}

Status verify_label(const std::string& label) {
  if (label.empty()) return wrong_origin("has an empty label: write one dot between two labels, and none at an end");
  if (label.size() > longest_label) return wrong_origin("has a label of more than 63 characters: " + label);
  if (label.front() == '-' || label.back() == '-')
    return wrong_origin("has a label that begins or ends with a hyphen: " + label);
  return {};
}

// What a URL parser takes for an IPv4 address, by its last label alone.
bool is_address_like(const std::string& label) {
  const auto hexadecimal = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return std::ranges::all_of(label, is_digit) ||
         (label.starts_with("0x") && std::all_of(label.begin() + 2, label.end(), hexadecimal));
}

Status verify_host(const std::string& host) {
  const bool wild = host.starts_with(wildcard);
  const auto name = wild ? host.substr(wildcard.size()) : host;
  if (name.empty()) return wrong_origin("names no host: write https://host or https://host:port");
  TEGATA_TRY(verify_characters(name));
  if (name.ends_with('.')) return wrong_origin("has a dot at the end of the host: write it without");
  const auto labels = split(name, '.');
  for (const auto& label : labels) TEGATA_TRY(verify_label(label));
  if (is_address_like(labels.back())) return wrong_origin("is an address, which is no RP ID: write a domain name");
  if (name.size() + (wild ? room_for_nonce : 0) > longest_host)
    return wrong_origin(wild ? "is too long: 220 characters behind *. at most" : "is longer than 253 characters");
  return {};
}

Result<int> parse_port(const std::string& digits, const std::string& host) {
  if (digits.empty()) return wrong_origin("has no port behind its colon: write https://" + host);
  if (!std::ranges::all_of(digits, is_digit))
    return wrong_origin("has something else than digits behind its colon: write https://" + host + ":port");
  const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  const auto plain = digits.substr(first);
  const int port = plain.size() > 5 ? 65536 : std::stoi(plain);
  if (port < 1 || port > 65535) return wrong_origin("has a port that is none: 1 to 65535");
  if (port == 443) return wrong_origin("has the port 443, which browsers leave out: write https://" + host);
  if (first > 0) return wrong_origin("has a port with a leading zero: write https://" + host + ":" + plain);
  return port;
}

// What stands around host and port in a URL, and in no origin.
Status verify_frame(const std::string& origin) {
  if (origin.find_first_of(" \t\r\n") != std::string::npos) return wrong_origin("has a space: write it without");
  if (!origin.starts_with(scheme)) {
    return wrong_origin(ascii_lower(origin).starts_with(scheme) ? "has capital letters in https: write https://host"
                                                                : "must begin with https://");
  }
  const auto rest = origin.substr(scheme.size());
  const auto end = rest.find_first_of("/?#\\");
  if (end == 0 || rest.empty()) return wrong_origin("names no host: write https://host or https://host:port");
  if (end != std::string::npos)
    return wrong_origin("has a path, a query or a fragment: write " + origin.substr(0, scheme.size() + end));
  const auto at = rest.rfind('@');
  if (at != std::string::npos) return wrong_origin("names a user: write https://" + rest.substr(at + 1));
  if (rest.front() == '[') return wrong_origin("is an address, which is no RP ID: write a domain name");
  return {};
}

bool is_public_suffix(const std::string& name) { return psl_is_public_suffix(psl_builtin(), name.c_str()) == 1; }

}  // namespace

std::string OriginParts::authority() const { return port == 443 ? host : host + ":" + std::to_string(port); }

Result<OriginParts> parse_origin(const std::string& origin) {
  TEGATA_TRY(verify_frame(origin));
  OriginParts parts;
  const auto rest = origin.substr(scheme.size());
  const auto colon = rest.find(':');
  parts.host = rest.substr(0, colon);
  TEGATA_TRY(verify_host(parts.host));
  if (colon == std::string::npos) return parts;
  TEGATA_ASSIGN(parts.port, parse_port(rest.substr(colon + 1), parts.host));
  return parts;
}

Status verify_rp_id(const std::string& rp_id, const std::string& host) {
  if (rp_id.find_first_of(":/@?#\\* \t\r\n[") != std::string::npos)
    return wrong_origin("must be a domain name alone: no scheme, no port, no *");
  TEGATA_TRY(verify_host(rp_id));
  const bool single = rp_id.find('.') == std::string::npos;
  if (single && rp_id != "localhost") return wrong_origin("is a single label: browsers take localhost alone of those");
  if (rp_id == host) return {};
  if (!host.ends_with("." + rp_id))
    return wrong_origin("is neither the host of public_origin nor a domain above it: " + host);
  if (is_public_suffix(rp_id)) return wrong_origin("is a public suffix, which browsers refuse: write " + host);
  return {};
}

}  // namespace tegata::server::config
