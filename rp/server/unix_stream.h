// One connection of the proxy, as cpp-httplib wants to see it. Ours because the library shows a worker no descriptor:
// with it we read who the peer is, and wait for the next request without holding up the end of the program.
#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstdint>

namespace tegata::server {

class UnixStream : public httplib::Stream {
 public:
  // Does not own the descriptor.
  UnixStream(int descriptor, std::chrono::milliseconds patience) : descriptor_(descriptor), patience_(patience) {}

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* out, std::size_t size) override;
  ssize_t write(const char* data, std::size_t size) override;
  void get_remote_ip_and_port(std::string& address, int& port) const override;
  void get_local_ip_and_port(std::string& address, int& port) const override { get_remote_ip_and_port(address, port); }
  socket_t socket() const override { return descriptor_; }

  // True when a next request has begun within `wait`.
  bool wait_for_request(std::chrono::milliseconds wait) const;
  // Nothing is held back that the peer has sent.
  bool drained() const { return next_ == filled_; }

 private:
  int descriptor_;
  std::chrono::milliseconds patience_;
  std::array<char, 8192> buffer_;
  std::size_t next_ = 0, filled_ = 0;
};

// The user id of the process at the other end (SO_PEERCRED); -1 where the kernel does not say.
std::int64_t peer_user(int descriptor);

}  // namespace tegata::server
