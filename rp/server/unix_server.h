// Listens on one Unix socket and hands its connections to worker threads.
//
// Our own, because the library's listener ends for good with one accept() that fails (too few descriptors, for a
// moment), and nobody learns of it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rp/base/result.h"
#include "rp/host/descriptor.h"
#include "rp/server/socket_folder.h"

namespace tegata::server {

struct SocketOptions : SocketPlace {
  std::size_t workers = 64;
  std::optional<std::int64_t> peer = {};  // a user who may connect besides root and our own
  // A worker that serves one connection for longer counts as stuck. A request has 5 s each for its head, its body and
  // its answer, and a connection that nobody uses ends after 60 s.
  std::chrono::seconds longest_service{90};
  // Hears when connections cannot be taken, and (without an error) when they can again.
  std::function<void(const std::optional<Error>&)> report = [](const std::optional<Error>&) {};
};

class UnixServer {
 public:
  // Serves one connection and leaves it open; it is closed afterwards. Must not throw.
  using Serve = std::function<void(int descriptor)>;

  // Listens when it returns. Error: server_socket_unusable, server_without_threads.
  static Result<std::unique_ptr<UnixServer>> start(SocketOptions, Serve);
  // Stops, and removes the socket.
  ~UnixServer();
  UnixServer(const UnixServer&) = delete;
  UnixServer& operator=(const UnixServer&) = delete;

  // Takes no more connections and waits for those that are served: afterwards no thread of it runs.
  void stop();

  // Why nobody is served here now: connections cannot be taken, or every worker has been busy for longer than a
  // request may take.
  std::optional<Error> trouble() const;

 private:
  using Steady = std::chrono::steady_clock;
  UnixServer(SocketOptions options, Serve serve);
  Status listen();
  Status start_threads();
  void take_connections();
  void hand_over(host::Descriptor connection);
  void note_failure(int number);
  void work();

  const SocketOptions options_;
  const Serve serve_;
  const std::string path_;
  host::Descriptor listening_;
  host::Descriptor stop_;  // an eventfd

  mutable std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<host::Descriptor> queue_;
  bool stopping_ = false;
  int failure_ = 0;  // of accept(), the errno
  std::size_t busy_ = 0;
  Steady::time_point last_taken_{};  // by a worker
  std::vector<std::thread> threads_;
};

}  // namespace tegata::server
