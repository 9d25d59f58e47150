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
#include "rp/server/edge/socket_folder.h"

namespace tegata::server::edge {

struct SocketOptions : SocketPlace {
  std::size_t workers = 64;
  std::optional<std::int64_t> peer = {};  // a user who may connect besides root and our own
  // A worker that serves one connection for longer counts as stuck. A request has 5 s each for its head, its body and
  // its answer, and a connection that nobody uses ends after 60 s.
  std::chrono::seconds longest_service{90};
  // How often it is looked whether the socket is still at its path; where it is not, another is made there.
  std::chrono::milliseconds look{1000};
  // Hears when connections cannot be taken, or one ended by what was thrown, and (without an error) when they can
  // again.
  std::function<void(const std::optional<Error>&)> report = [](const std::optional<Error>&) {};
};

class UnixServer {
 public:
  // Serves one connection and leaves it open; it is closed afterwards. What it throws ends that connection alone.
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
  // request may take, whether somebody waits for them or not. The proxy sends fewer requests at a time than there are
  // workers, but gives up after 20 s on each that hangs, and sends others.
  std::optional<Error> trouble() const;

 private:
  using Steady = std::chrono::steady_clock;
  UnixServer(SocketOptions options, Serve serve);
  Status listen();
  Status open_socket();
  bool is_in_place() const;
  std::optional<Error> keep_in_place();
  std::optional<Error> take_one();
  void serve(int connection);
  Status start_threads();
  void take_connections();
  void hand_over(host::Descriptor connection);
  void note(const std::optional<Error>& failure);
  void work();

  const SocketOptions options_;
  const Serve serve_;
  const std::string path_;
  host::Descriptor listening_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> place_;  // device and inode at the path, once bound
  host::Descriptor stop_;                                         // an eventfd

  mutable std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<host::Descriptor> queue_;
  bool stopping_ = false;
  std::optional<Error> failure_;  // why connections are not taken
  std::size_t busy_ = 0;
  Steady::time_point last_taken_{};  // by a worker
  std::vector<std::thread> threads_;
};

}  // namespace tegata::server::edge
