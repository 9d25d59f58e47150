// Values of an answer in words.
#pragma once

#include "rp/base/json.h"

namespace tegata::cli::command {

inline std::string word(const Json& value) { return value.is_string() ? value.get<std::string>() : dump_json(value); }

// "2026-04-01", or "none".
inline std::string day(const Json& time) { return time.is_null() ? "none" : time.get<std::string>().substr(0, 10); }

inline std::string joined(const Json& words) {
  std::string out;
  for (const auto& each : words) out += (out.empty() ? "" : ", ") + word(each);
  return out.empty() ? "none" : out;
}

}  // namespace tegata::cli::command
