#include "rp/server/line_output.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rp/host/terminal.h"

namespace tegata::server {
namespace {

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

}  // namespace

LineOutput::LineOutput(int descriptor, std::function<std::string(std::uint64_t count)> gap)
    : terminal_(host::reopen_terminal(descriptor)),
      descriptor_(terminal_ ? terminal_.get() : descriptor),
      gap_(std::move(gap)) {}

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

void LineOutput::count_dropped() {
  ++untold_;
  ++dropped_;
}

void LineOutput::send_waiting() {
  std::size_t sent = 0;
  while (sent < waiting_.size()) {
    const auto part = send_some(descriptor_, std::string_view(waiting_).substr(sent));
    if (part == 0) break;
    sent += part;
  }
  waiting_.erase(0, sent);
}

std::uint64_t LineOutput::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace tegata::server
