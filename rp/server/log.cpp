#include "rp/server/log.h"

#include <unistd.h>

namespace tegata::server {

void Log::error(std::string_view event, const Error& error) const {
  write("error", event, {{"code", error.code().name()}, {"clause", error.clause()}, {"detail", error.detail()}});
}

void Log::write(std::string_view level, std::string_view event, Json members) const {
  members["time"] = format_rfc3339(clock_.now());
  members["level"] = level;
  members["event"] = event;
  const auto line = dump_json(members) + "\n";
  // One write, so that lines of several threads do not mix. A log that cannot be written stops nothing.
  [[maybe_unused]] const auto written = ::write(descriptor_, line.data(), line.size());
}

}  // namespace tegata::server
