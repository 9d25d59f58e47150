#include "rp/base/bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "rp/base/errors.h"

namespace tegata {
namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view plain_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(ByteView data, std::string_view alphabet) {
  std::string out;
  out.reserve((data.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const auto byte : data) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 6; held -= 6) out += alphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) out += alphabet[(bits << (6 - held)) & 63];
  return out;
}

std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table;
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

bool decode(std::string_view text, const std::array<std::int8_t, 256>& values, Bytes& out) {
  if (text.size() % 4 == 1) return false;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto value = values[static_cast<std::uint8_t>(c)];
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return (bits & ((1U << held) - 1)) == 0;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

Digest sha256(ByteView data) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // fetching costs more than hashing
  Digest out{};
  EVP_Digest(data.data(), data.size(), out.data(), nullptr, algorithm, nullptr);
  return out;
}

Digest hmac_sha256(ByteView key, ByteView data) {
  Digest out{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(), &length);
  return out;
}

std::optional<Digest> to_digest(ByteView octets) {
  Digest out{};
  if (octets.size() != out.size()) return std::nullopt;
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

bool equal_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string base64url(ByteView data) { return encode(data, url_alphabet); }

Result<Bytes> parse_base64url(std::string_view text) {
  static const auto values = reverse(url_alphabet);
  Bytes out;
  if (!decode(text, values, out)) return Error(errors::base64url_malformed);
  return out;
}

std::string base64(ByteView data) {
  auto out = encode(data, plain_alphabet);
  while (out.size() % 4 != 0) out += '=';
  return out;
}

Result<Bytes> parse_base64(std::string_view text) {
  static const auto values = reverse(plain_alphabet);
  if (text.size() % 4 != 0) return Error(errors::base64_malformed);
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  Bytes out;
  if (!decode(text, values, out)) return Error(errors::base64_malformed);
  return out;
}

std::string hex(ByteView data) {
  std::string out;
  out.reserve(data.size() * 2);
  for (const auto byte : data) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

Result<Bytes> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return Error(errors::hex_malformed);
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return Error(errors::hex_malformed);
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

}  // namespace tegata
