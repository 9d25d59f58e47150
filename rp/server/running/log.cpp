#include "rp/server/running/log.h"

namespace tegata::server::running {

Log::Log(const Clock& clock, int descriptor)
    : clock_(clock), output_(descriptor, [this](std::uint64_t count) {
        return line("error", "log_lines_dropped",
                    {{"count", count}, {"why", "nobody read standard error, or there was no memory"}});
      }) {}

void Log::error(std::string_view event, const Error& error) const {
  this->error(event, Json{{"code", error.code().name()}, {"clause", error.clause()}, {"detail", error.detail()}});
}

// What cannot be said for want of memory must not end whoever wants to say it.
void Log::write(std::string_view level, std::string_view event, Json members) const {
  try {
    output_.write(line(level, event, std::move(members)));
  } catch (const std::bad_alloc&) {
    output_.drop();
  }
}

std::string Log::line(std::string_view level, std::string_view event, Json members) const {
  members["time"] = format_rfc3339(clock_.now());
  members["level"] = level;
  members["event"] = event;
  // ASCII alone: whoever reads the log, by whatever program, sees each character for what it is.
  return members.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace tegata::server::running
