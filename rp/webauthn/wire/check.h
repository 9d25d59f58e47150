// The one form in which this room refuses.
//
//   TEGATA_REQUIRE(data.attested, Error(errors::webauthn_attested_data_missing, {}, clauses::attested_data));
//
// returns the error from the calling function unless the condition holds. A test program defines the macro before
// this file does, gives every place an index, and shows that the suite fails with any one of them switched off.
// What no input can reach (OpenSSL without memory) is a plain `return`.
#pragma once

#ifndef TEGATA_REQUIRE
#define TEGATA_REQUIRE(condition, ...)    \
  do {                                    \
    if (!(condition)) return __VA_ARGS__; \
  } while (false)
#endif
