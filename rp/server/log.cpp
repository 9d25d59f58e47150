#include "rp/server/log.h"

namespace tegata::server {

Log::Log(const Clock& clock, int descriptor)
    : clock_(clock), output_(descriptor, [this](std::uint64_t count) {
        return line("error", "log_lines_dropped", {{"count", count}, {"why", "nobody read standard error"}});
      }) {}

void Log::error(std::string_view event, const Error& error) const {
  this->error(event, Json{{"code", error.code().name()}, {"clause", error.clause()}, {"detail", error.detail()}});
}

std::string Log::line(std::string_view level, std::string_view event, Json members) const {
  members["time"] = format_rfc3339(clock_.now());
  members["level"] = level;
  members["event"] = event;
  // ASCII alone: whoever reads the log, by whatever program, sees each character for what it is.
  return members.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace tegata::server
