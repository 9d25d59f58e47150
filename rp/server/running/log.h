// One JSON object a line on standard error, in ASCII: all else is escaped. Nobody waits for its reader: see
// server/running/line_output.h.
#pragma once

#include <string_view>

#include "rp/base/json.h"
#include "rp/base/world.h"
#include "rp/server/running/line_output.h"

namespace tegata::server::running {

// REQUIRES of callers: no secret, no query string, no card content in `members`.
class Log {
 public:
  explicit Log(const Clock& clock, int descriptor = 2);
  void info(std::string_view event, Json members = Json::object()) const { write("info", event, std::move(members)); }
  void error(std::string_view event, Json members = Json::object()) const { write("error", event, std::move(members)); }
  void error(std::string_view event, const Error& error) const;
  // Lines that wait for a reader go, as far as he reads again.
  void flush() const { output_.flush(); }
  // Lines that were dropped because nobody read, or for want of memory.
  std::uint64_t dropped() const { return output_.dropped(); }

 private:
  void write(std::string_view level, std::string_view event, Json members) const;
  std::string line(std::string_view level, std::string_view event, Json members) const;
  const Clock& clock_;
  mutable LineOutput output_;
};

}  // namespace tegata::server::running
