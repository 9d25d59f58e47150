// One JSON object a line on standard error.
#pragma once

#include <string_view>

#include "rp/base/json.h"
#include "rp/base/world.h"

namespace tegata::server {

// REQUIRES of callers: no secret, no query string, no card content in `members`.
class Log {
 public:
  explicit Log(const Clock& clock, int descriptor = 2) : clock_(clock), descriptor_(descriptor) {}
  void info(std::string_view event, Json members = Json::object()) const { write("info", event, std::move(members)); }
  void error(std::string_view event, Json members = Json::object()) const { write("error", event, std::move(members)); }
  void error(std::string_view event, const Error& error) const;

 private:
  void write(std::string_view level, std::string_view event, Json members) const;
  const Clock& clock_;
  int descriptor_;
};

}  // namespace tegata::server
