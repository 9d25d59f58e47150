#include "rp/server/running/line_output.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rp/host/terminal.h"

namespace tegata::server::running {
namespace {

using Steady = std::chrono::steady_clock;

// A pipe that is writable takes this much at once (pipe(7): PIPE_BUF).
constexpr std::size_t portion = 4096;

// How much of it went; 0 where it would have to wait, or cannot be written at all.
std::size_t send_some(int descriptor, std::string_view text) {
  pollfd entry{descriptor, POLLOUT, 0};
  if (::poll(&entry, 1, 0) <= 0 || entry.revents != POLLOUT) return 0;  // POLLERR: nobody will ever read
  text = text.substr(0, portion);
  auto sent = ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno == ENOTSOCK) sent = ::write(descriptor, text.data(), text.size());
  return static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
}

// False where it does not by then, or never will.
bool becomes_willing(int descriptor, Steady::time_point by) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(by - Steady::now()).count();
  pollfd entry{descriptor, POLLOUT, 0};
  return descriptor >= 0 && left >= 0 && ::poll(&entry, 1, static_cast<int>(left)) > 0 && entry.revents == POLLOUT;
}

}  // namespace

LineOutput::LineOutput(int descriptor, std::function<std::string(std::uint64_t count)> gap,
                       std::chrono::milliseconds patience)
    : terminal_(host::reopen_terminal(descriptor)),
      descriptor_(terminal_ ? terminal_.get() : descriptor),
      gap_(std::move(gap)),
      patience_(patience) {}

LineOutput::~LineOutput() {
  send_for(patience_);
  drop_waiting();
  try {
    tell_gap();
  } catch (const std::bad_alloc&) {
  }
  send_for(patience_);
}

void LineOutput::write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  send_waiting();
  const auto gap = untold_ > 0 ? gap_(untold_) : std::string();
  if (waiting_.size() + gap.size() + line.size() > most_waiting) {
    count_dropped();
    return;
  }
  untold_ = 0;
  waiting_ += gap;
  waiting_ += line;
  send_waiting();
}

void LineOutput::drop() {
  const std::lock_guard lock(mutex_);
  count_dropped();
}

void LineOutput::flush() {
  const std::lock_guard lock(mutex_);
  send_waiting();
  if (!waiting_.empty()) return;
  tell_gap();
  send_waiting();
}

void LineOutput::tell_gap() {
  if (untold_ > 0) waiting_ += gap_(untold_);
  untold_ = 0;
}

// But for the rest of the line that was begun.
void LineOutput::drop_waiting() {
  const auto rest = line_begun_ ? waiting_.find('\n') + 1 : 0;
  count_dropped(static_cast<std::uint64_t>(
      std::count(waiting_.begin() + static_cast<std::ptrdiff_t>(rest), waiting_.end(), '\n')));
  waiting_.resize(rest);
}

void LineOutput::count_dropped(std::uint64_t lines) {
  untold_ += lines;
  dropped_ += lines;
}

void LineOutput::send_waiting() {
  std::size_t sent = 0;
  while (sent < waiting_.size()) {
    const auto part = send_some(descriptor_, std::string_view(waiting_).substr(sent));
    if (part == 0) break;
    sent += part;
  }
  if (sent > 0) line_begun_ = waiting_[sent - 1] != '\n';
  waiting_.erase(0, sent);
}

// Until all is sent, or what is willing takes nothing all the same (a disk that is full).
void LineOutput::send_for(std::chrono::milliseconds most) {
  const auto end = Steady::now() + most;
  for (std::size_t before = 0; !waiting_.empty(); before = waiting_.size()) {
    send_waiting();
    if (waiting_.size() == before || !becomes_willing(descriptor_, end)) return;
  }
}

std::uint64_t LineOutput::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace tegata::server::running
