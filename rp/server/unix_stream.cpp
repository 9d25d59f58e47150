#include "rp/server/unix_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tegata::server {
namespace {

bool wait_for(int descriptor, short event, std::chrono::milliseconds wait) {
  pollfd entry{descriptor, event, 0};
  int found = 0;
  do {
    found = ::poll(&entry, 1, static_cast<int>(wait.count()));
  } while (found < 0 && errno == EINTR);
  return found > 0;
}

}  // namespace

bool UnixStream::is_readable() const { return !drained() || wait_for(descriptor_, POLLIN, patience_); }
bool UnixStream::is_writable() const { return wait_for(descriptor_, POLLOUT, patience_); }

bool UnixStream::wait_for_request(std::chrono::milliseconds wait) const {
  return !drained() || wait_for(descriptor_, POLLIN, wait);
}

ssize_t UnixStream::read(char* out, std::size_t size) {
  if (drained()) {
    if (!is_readable()) return -1;
    const auto got = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return got;
    next_ = 0;
    filled_ = static_cast<std::size_t>(got);
  }
  const auto part = std::min(size, filled_ - next_);
  std::memcpy(out, buffer_.data() + next_, part);
  next_ += part;
  return static_cast<ssize_t>(part);
}

ssize_t UnixStream::write(const char* data, std::size_t size) {
  if (!is_writable()) return -1;
  return ::send(descriptor_, data, size, MSG_NOSIGNAL);
}

void UnixStream::get_remote_ip_and_port(std::string& address, int& port) const {
  address.clear();
  port = 0;
}

std::int64_t peer_user(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  return peer.uid;
}

}  // namespace tegata::server
