// One connection of the proxy: the octets of its requests, and the way of our answers. Ours because the HTTP library
// shows a worker no descriptor, and because it rewrites what it reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tegata::server::edge {

class ProxyConnection {
 public:
  // Does not own the descriptor. `timeout`: how long each read or write may wait.
  ProxyConnection(int descriptor, std::chrono::milliseconds timeout) : descriptor_(descriptor), timeout_(timeout) {}

  // True when a next request has begun within `wait`, or the peer has closed.
  bool wait_for_request(std::chrono::milliseconds wait) const;

  // The octets up to and with the empty line that ends a head. Nothing where the peer closed or fell silent before
  // that, or where there are more than `most`; `has_input` tells whether anything had come.
  std::optional<std::string> read_head(std::size_t most);
  // Exactly `size` octets. Nothing where the peer closed or fell silent before that.
  std::optional<std::string> read_body(std::size_t size);
  // Octets were read that no head or body has taken.
  bool has_input() const { return !input_.empty(); }

  // Like send(2): the number of octets written, or less than 1.
  ssize_t write(const char* data, std::size_t size);
  bool is_writable() const;
  int descriptor() const { return descriptor_; }

 private:
  bool read_more();
  std::string take(std::size_t size);
  int descriptor_;
  std::chrono::milliseconds timeout_;
  std::string input_;
};

// The user id of the process at the other end (SO_PEERCRED); -1 where the kernel does not say.
std::int64_t peer_user(int descriptor);

}  // namespace tegata::server::edge
