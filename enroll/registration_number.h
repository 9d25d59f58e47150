// Registration number (登録番号) and card ID, both printed on the card: the weak way in. What they are, and the MACs
// under which alone they are kept.
#pragma once

#include <string>
#include <string_view>

#include "rp/store/registration_numbers.h"

namespace tegata::enroll {

// What stands between the right numbers and a registration.
enum class NumberConfirmation {
  none,         // nothing but the number of the phone, typed at the PC
  bound_phone,  // a phone that is bound already says yes; who has none gets a letter
  letter,       // no QR on the screen: a letter with a password goes to the address that the authority knows
};

struct RegistrationNumberSettings {
  Bytes key;  // of the MACs; the one of the guesses
  NumberConfirmation confirmation = NumberConfirmation::bound_phone;
  store::NumberLimits limits;
};

// As compared: compatibility forms as plain ones, small letters, no spaces and dashes, no zeros before the number.
struct RegistrationNumber {
  std::string number;   // 1 to 10 digits
  std::string card_id;  // 4 to 32 letters and digits
};
// Error: registration_number_malformed.
Result<RegistrationNumber> parse_registration_number(std::string_view number, std::string_view card_id);

store::NumberPair pair_of(ByteView key, const RegistrationNumber&);
store::NumberSource source_of_try(ByteView key, const std::string& remote_address);

// By which a key is known again.
Digest mark_of_key(ByteView key);

}  // namespace tegata::enroll
