#include "enroll/registration_number.h"

#include <algorithm>

#include "enroll/errors.h"
#include "enroll/password.h"
#include "rp/base/source.h"

namespace tegata::enroll {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first word is never the id of a ticket, under which guesses are kept: those have no spaces.
Digest keyed_digest(ByteView key, const char* what, const std::string& value) {
  return hmac_sha256(key, as_bytes(std::string(what) + std::string(1, '\0') + value));
}

}  // namespace

Result<RegistrationNumber> parse_registration_number(std::string_view number, std::string_view card_id) {
  const Error malformed(errors::registration_number_malformed);
  if (number.size() > 64 || card_id.size() > 128) return malformed;
  RegistrationNumber out{plain_password(number), plain_password(card_id)};
  if (out.number.empty() || out.number.size() > 10 || !std::ranges::all_of(out.number, is_digit)) return malformed;
  out.number.erase(0, std::min(out.number.find_first_not_of('0'), out.number.size() - 1));
  const bool plain = std::ranges::all_of(out.card_id, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); });
  if (out.card_id.size() < 4 || out.card_id.size() > 32 || !plain) return malformed;
  return out;
}

store::NumberPair pair_of(ByteView key, const RegistrationNumber& typed) {
  return {keyed_digest(key, "registration number", typed.number),
          keyed_digest(key, "registration number, card ID", typed.number + std::string(1, '\0') + typed.card_id)};
}

store::NumberSource source_of_try(ByteView key, const std::string& remote_address) {
  const Source source = source_of(remote_address);
  store::NumberSource out{keyed_digest(key, "registration number, address", source.address), std::nullopt};
  if (!source.network.empty()) out.network = keyed_digest(key, "registration number, network", source.network);
  return out;
}

Digest mark_of_key(ByteView key) { return keyed_digest(key, "mark of the key", ""); }

}  // namespace tegata::enroll
