// The times of certificates and revocation lists.
#pragma once

#include <string_view>

#include "rp/base/instant.h"

struct asn1_string_st;

namespace tegata {

// The content of a UTCTime or of a GeneralizedTime, in the one form of RFC 5280 section 4.1.2.5: whole seconds, in Z,
// and a year of two digits lies between 1950 and 2049. Error: instant_malformed.
Result<Instant> parse_utc_time(std::string_view text);
Result<Instant> parse_generalized_time(std::string_view text);
// Either, as OpenSSL holds it. Error: likewise.
Result<Instant> instant_of(const asn1_string_st* time);

}  // namespace tegata
