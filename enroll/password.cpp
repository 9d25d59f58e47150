#include "enroll/password.h"

#include <sodium.h>
#include <uninorm.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <vector>

#include "enroll/errors.h"
#include "rp/base/split.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

constexpr std::string_view alphabet = "bcdfghjkmnpqrstvwxyz23456789";
constexpr int group = 4;
constexpr std::size_t salt_bytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t hash_bytes = 32;

// The C library's part of it; asked once.
bool ready() {
  static const bool done = sodium_init() >= 0;
  return done;
}

Result<Bytes> run(std::string_view plain, const PasswordCost& cost, ByteView salt) {
  Bytes out(hash_bytes);
  if (!ready() || salt.size() != salt_bytes) return Error(e::password_hash_failed, "libsodium is not usable");
  const int failed = crypto_pwhash(out.data(), out.size(), plain.data(), plain.size(), salt.data(), cost.passes,
                                   std::size_t{cost.kibibytes} * 1024, crypto_pwhash_ALG_ARGON2ID13);
  if (failed) return Error(e::password_hash_failed, "no memory for Argon2id");
  return out;
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

std::string compatibility_form(std::string_view text) {
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> out(
      u8_normalize(UNINORM_NFKC, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), nullptr, &size),
      std::free);
  return out ? std::string(reinterpret_cast<const char*>(out.get()), size) : std::string(text);
}

void drop(std::string& text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) text.erase(at, what.size());
}

}  // namespace

std::string make_password(Random& random, int letters) {
  std::string out;
  for (int i = 0; i < letters; ++i) {
    if (i > 0 && i % group == 0) out += '-';
    out += alphabet[random_below(random, static_cast<std::uint32_t>(alphabet.size()))];
  }
  return out;
}

std::string plain_password(std::string_view typed) {
  auto out = compatibility_form(typed);
  // Hyphens of all lengths, the minus sign and the long-vowel mark, which Japanese keyboards give for "-".
  for (const auto* dash : {"-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\u30fc"})
    drop(out, dash);
  for (const auto* space : {" ", "\t", "\r", "\n"}) drop(out, space);
  for (auto& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

Result<std::string> hash_password(std::string_view plain, const PasswordCost& cost, Random& random) {
  const auto salt = random_bytes(random, salt_bytes);
  TEGATA_ASSIGN(const auto hash, run(plain, cost, salt));
  return "argon2id$" + std::to_string(cost.passes) + "$" + std::to_string(cost.kibibytes) + "$" + base64url(salt) +
         "$" + base64url(hash);
}

Result<bool> matches_password(const std::string& hash, std::string_view plain) {
  const auto parts = split(hash, '$');
  if (parts.size() != 5 || parts[0] != "argon2id") return Error(e::password_hash_malformed, "not of the form");
  const PasswordCost cost{number(parts[1]), number(parts[2])};
  const auto salt = parse_base64url(parts[3]);
  const auto expected = parse_base64url(parts[4]);
  const bool good = cost.passes > 0 && cost.kibibytes >= 8 && salt && salt->size() == salt_bytes && expected;
  if (!good) return Error(e::password_hash_malformed, "a part that cannot be");
  TEGATA_ASSIGN(const auto found, run(plain, cost, *salt));
  return equal_constant_time(found, *expected);
}

}  // namespace tegata::enroll
