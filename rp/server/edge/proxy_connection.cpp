#include "rp/server/edge/proxy_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tegata::server::edge {
namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

bool wait_for(int descriptor, short event, std::chrono::milliseconds wait) {
  pollfd entry{descriptor, event, 0};
  int found = 0;
  do {
    found = ::poll(&entry, 1, static_cast<int>(wait.count()));
  } while (found < 0 && errno == EINTR);
  return found > 0;
}

}  // namespace

bool ProxyConnection::wait_for_request(std::chrono::milliseconds wait) const {
  return !input_.empty() || wait_for(descriptor_, POLLIN, wait);
}

bool ProxyConnection::read_more() {
  std::array<char, 16384> block;
  if (!wait_for(descriptor_, POLLIN, timeout_)) return false;
  const auto got = ::recv(descriptor_, block.data(), block.size(), 0);
  if (got <= 0) return false;
  input_.append(block.data(), static_cast<std::size_t>(got));
  return true;
}

std::string ProxyConnection::take(std::size_t size) {
  auto out = input_.substr(0, size);
  input_.erase(0, size);
  return out;
}

std::optional<std::string> ProxyConnection::read_head(std::size_t most) {
  std::size_t searched = 0;
  for (;;) {
    const auto end = input_.find(end_of_head, searched);
    const auto size = end == std::string::npos ? input_.size() : end + end_of_head.size();
    if (size > most) return std::nullopt;
    if (end != std::string::npos) return take(size);
    searched = size - std::min(size, end_of_head.size() - 1);
    if (!read_more()) return std::nullopt;
  }
}

std::optional<std::string> ProxyConnection::read_body(std::size_t size) {
  while (input_.size() < size) {
    if (!read_more()) return std::nullopt;
  }
  return take(size);
}

bool ProxyConnection::is_writable() const { return wait_for(descriptor_, POLLOUT, timeout_); }

ssize_t ProxyConnection::write(const char* data, std::size_t size) {
  if (!is_writable()) return -1;
  return ::send(descriptor_, data, size, MSG_NOSIGNAL);
}

std::int64_t peer_user(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  return peer.uid;
}

}  // namespace tegata::server::edge
