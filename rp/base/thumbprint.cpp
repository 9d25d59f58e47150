#include "rp/base/thumbprint.h"

#include <algorithm>

#include "rp/base/errors.h"

namespace tegata {
namespace {

constexpr std::size_t length = 43, least_beginning = 8;

// As openssl prints one, with or without colons: long enough that nobody wrote a beginning of ours by chance.
bool is_hexadecimal(std::string_view text) {
  constexpr std::string_view signs = "0123456789abcdefABCDEF:";
  return (text.find(':') != text.npos || text.size() > length) && text.find_first_not_of(signs) == text.npos;
}

Error thumbprint_malformed(std::string_view text) {
  const char* found = is_hexadecimal(text) ? "; this one is hexadecimal" : "";
  return Error(errors::base64url_malformed,
               "a SHA-256 is 43 characters of base64url, as in x5t#S256" + std::string(found));
}

}  // namespace

Result<Digest> parse_thumbprint(std::string_view text) {
  const auto bytes = parse_base64url(text);
  const auto digest = bytes ? to_digest(*bytes) : std::nullopt;
  if (!digest) return thumbprint_malformed(text);
  return *digest;
}

Result<std::pair<Digest, Digest>> parse_thumbprint_beginning(std::string_view text) {
  if (text.size() < least_beginning || text.size() > length) return thumbprint_malformed(text);
  const std::string missing(length - text.size(), '_');
  std::string most = std::string(text) + missing;
  // The last character holds four bits and two zeros.
  if (!missing.empty()) most.back() = '8';
  const auto first = parse_thumbprint(std::string(text) + std::string(missing.size(), 'A'));
  const auto last = parse_thumbprint(most);
  if (!first || !last) return thumbprint_malformed(text);
  return std::pair(*first, *last);
}

}  // namespace tegata
