#include "enroll/password.h"

#include <sodium.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include <charconv>
#include <cstdlib>
#include <memory>
#include <vector>

#include "enroll/errors.h"
#include "rp/base/ascii.h"
#include "rp/base/json.h"
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

const std::uint8_t* octets_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

std::string compatibility_form(std::string_view text) {
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> out(
      u8_normalize(UNINORM_NFKC, octets_of(text), text.size(), nullptr, &size), std::free);
  return out ? std::string(reinterpret_cast<const char*>(out.get()), size) : std::string(text);
}

// Spaces, controls and what is not seen; quotes; dashes of all lengths and the long-vowel mark, which Japanese
// keyboards give for "-".
bool is_wrapping(ucs4_t c) {
  constexpr ucs4_t long_vowel_mark = 0x30fc;
  return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_C) ||
         uc_is_property_default_ignorable_code_point(c) || uc_is_property_quotation_mark(c) || uc_is_property_dash(c) ||
         c == long_vowel_mark;
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
  if (!is_utf8(typed)) return std::string(typed);
  std::string out;
  const auto plain = compatibility_form(typed);
  for (std::string_view rest = plain; !rest.empty();) {
    ucs4_t c = 0;
    const auto size = static_cast<std::size_t>(u8_mbtouc(&c, octets_of(rest), rest.size()));
    if (!is_wrapping(c)) out += rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return ascii_lower(std::move(out));
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
