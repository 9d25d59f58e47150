// From where tickets come, and what holds for each of these ways.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace tegata::enroll {

// Confirmed on the screen that began it, or opened by a password: never neither, never both.
struct OriginRule {
  std::chrono::seconds life{600};
  bool password = false;
  int letters = 12;  // of the password
  int tries = 5;     // the last wrong one locks
};

using OriginRules = std::map<std::string, OriginRule>;

inline constexpr const char* origin_card = "card";
inline constexpr const char* origin_mynumber = "mynumber";
inline constexpr const char* origin_bound_phone = "bound-phone";
// Only where the settings have this way; without an entry in the rules no such ticket is issued.
inline constexpr const char* origin_registration_number = "registration-number";
inline constexpr const char* origin_mailed = "mailed";
inline constexpr const char* origin_portal = "portal";

// Half a year by letter, a quarter by the portal: in days, the longest that many months can have.
inline OriginRules standard_origins() {
  using std::chrono::hours;
  return {{origin_card, {}},
          {origin_mynumber, {}},
          {origin_bound_phone, {std::chrono::minutes(5)}},
          {origin_mailed, {hours(24 * 184), true}},
          {origin_portal, {hours(24 * 92), true}}};
}

}  // namespace tegata::enroll
