#include "rp/server/running/last_words.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace tegata::server::running {
namespace {

// What an exception says may hold anything: what JSON would have to escape is left out.
void copy_plain(char* out, std::size_t room, const char* text) {
  for (; *text != 0 && room > 1; ++text) {
    const bool plain = *text >= ' ' && *text < 0x7f && *text != '"' && *text != '\\';
    if (!plain) continue;
    *out++ = *text;
    --room;
  }
  *out = 0;
}

void name_exception(char* out, std::size_t room) {
  const auto thrown = std::current_exception();
  if (!thrown) return copy_plain(out, room, "a thread was left running");
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    copy_plain(out, room, "there is no memory left: allow more (MemoryMax, ulimit -v)");
  } catch (const std::exception& error) {
    copy_plain(out, room, error.what());
  } catch (...) {
    copy_plain(out, room, "of an unknown kind");
  }
}

[[noreturn]] void end_program() {
  char what[200], moment[32], line[400];
  name_exception(what, sizeof what);
  const time_t now = ::time(nullptr);
  tm parts{};
  ::strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&now, &parts));
  const int size = std::snprintf(
      line, sizeof line, "{\"event\":\"ended_by_exception\",\"level\":\"error\",\"time\":\"%s\",\"what\":\"%s\"}\n",
      moment, what);
  pollfd entry{2, POLLOUT, 0};
  if (::poll(&entry, 1, 0) == 1) [[maybe_unused]]
    const auto written = ::write(2, line, static_cast<std::size_t>(size));
  std::_Exit(1);
}

}  // namespace

void say_last_words() { std::set_terminate(end_program); }

}  // namespace tegata::server::running
