// Passwords of tickets: made by us, easy to read aloud and to type, kept as Argon2id.
#pragma once

#include <string>
#include <string_view>

#include "rp/base/world.h"

namespace tegata::enroll {

// The work of one Argon2id run.
struct PasswordCost {
  std::uint32_t passes = 2;
  std::uint32_t kibibytes = 19'456;
};

// Consonants and digits, none that looks like another (no 0, O, 1, l, I), in groups of four: "k7mw-3x9p-htbv".
// Each letter carries 4.8 bits. REQUIRES: letters > 0.
std::string make_password(Random& random, int letters);

// What is hashed and compared: compatibility forms (full-width ones, say) as plain ones, small letters, and nothing of
// what can never be in one: spaces and dashes that people put between groups, and what mail programs and word
// processors put in and around (quotes, soft hyphens, zero-width characters, marks of direction). Not UTF-8: as it is.
std::string plain_password(std::string_view typed);

// A text that names its parameters: "argon2id$2$19456$<salt>$<hash>". Error: password_hash_failed (no memory).
Result<std::string> hash_password(std::string_view plain, const PasswordCost& cost, Random& random);

// Errors: password_hash_failed (no memory, which is no answer), password_hash_malformed.
Result<bool> matches_password(const std::string& hash, std::string_view plain);

}  // namespace tegata::enroll
