// What certificates of the field have in common: days that begin in Japan, authorities, people below them.
#pragma once

#include <string>

#include "rp/base/instant.h"
#include "rp/sandbox/test_pki/issue.h"

namespace tegata::sandbox::test_pki {

struct Validity {
  Instant not_before;
  Instant not_after;
};

inline constexpr int card_years = 5;

// 00:00 in Japan, `offset` days from the day of `now`.
Instant japan_midnight(Instant now, int offset);
Instant years_later(Instant midnight, int count);
// From a midnight to the last second before the midnight `count` years later.
Validity whole_years(Instant midnight, int count);
// "expired", "not-yet-valid", or good for every other state.
Validity card_validity(const std::string& state, Instant now);

// A root, or a CA that has people below it and no other CA. `policy` may be empty.
Profile authority_profile(const Name& subject, Instant now, const std::string& policy, bool root);
// `key_usage` as in an OpenSSL configuration file.
Profile leaf_profile(const Name& subject, const Validity& validity, const char* key_usage);

// The value of an extension that profiles list by name; adds it where it is not there yet.
void set_extension(Profile& profile, const std::string& name, const std::string& value);
void drop_extension(Profile& profile, const std::string& name);

}  // namespace tegata::sandbox::test_pki
