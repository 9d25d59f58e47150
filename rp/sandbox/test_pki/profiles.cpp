#include "rp/sandbox/test_pki/profiles.h"

#include <algorithm>

namespace tegata::sandbox::test_pki {

using namespace std::chrono;

Instant japan_midnight(Instant now, int offset) {
  constexpr hours japan{9};
  return floor<days>(now + japan) + days(offset) - japan;
}

Instant years_later(Instant midnight, int count) {
  const auto day = floor<days>(midnight + hours(9));
  const year_month_day date = year_month_day(day) + years(count);
  const sys_days moved = date.ok() ? sys_days(date) : sys_days(date.year() / date.month() / last);
  return Instant(moved) - hours(9);
}

Validity whole_years(Instant midnight, int count) { return {midnight, years_later(midnight, count) - seconds(1)}; }

Validity card_validity(const std::string& state, Instant now) {
  if (state == "expired") {
    const Instant end = japan_midnight(now, -10);
    return {years_later(end, -card_years), end - seconds(1)};
  }
  return whole_years(japan_midnight(now, state == "not-yet-valid" ? 10 : -30), card_years);
}

Profile authority_profile(const Name& subject, Instant now, const std::string& policy, bool root) {
  Profile profile;
  profile.subject = subject;
  const Instant start = years_later(japan_midnight(now, -1), -8);
  profile.not_before = start;
  profile.not_after = whole_years(start, root ? 30 : 25).not_after;
  profile.extensions = {{"basicConstraints", root ? "critical,CA:TRUE" : "critical,CA:TRUE,pathlen:0"},
                        {"keyUsage", "critical,keyCertSign,cRLSign"},
                        {"subjectKeyIdentifier", "hash"}};
  if (!root) profile.extensions.emplace_back("authorityKeyIdentifier", "keyid:always");
  if (!policy.empty()) profile.extensions.emplace_back("certificatePolicies", policy);
  return profile;
}

Profile leaf_profile(const Name& subject, const Validity& validity, const char* key_usage) {
  Profile profile;
  profile.subject = subject;
  profile.not_before = validity.not_before;
  profile.not_after = validity.not_after;
  profile.extensions = {
      {"keyUsage", key_usage}, {"subjectKeyIdentifier", "hash"}, {"authorityKeyIdentifier", "keyid:always"}};
  return profile;
}

void set_extension(Profile& profile, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(profile.extensions, name, &std::pair<std::string, std::string>::first);
  if (found == profile.extensions.end()) {
    profile.extensions.emplace_back(name, value);
  } else {
    found->second = value;
  }
}

void drop_extension(Profile& profile, const std::string& name) {
  std::erase_if(profile.extensions, [&](const auto& extension) { return extension.first == name; });
}

}  // namespace tegata::sandbox::test_pki
