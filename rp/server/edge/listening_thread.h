// The thread in which a bound cpp-httplib server listens.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace tegata::server::edge {

class ListeningThread {
 public:
  // REQUIRES: `server` is bound, and outlives this object. Returns when it listens or has failed to: the library's
  // stop() does nothing before that, so that whoever waited for a server stopped so early would wait for ever.
  explicit ListeningThread(httplib::Server& server)
      : server_(server), thread_([this] {
          server_.listen_after_bind();
          ended_ = true;
        }) {
    while (!server_.is_running() && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~ListeningThread() {
    server_.stop();
    thread_.join();
  }
  ListeningThread(const ListeningThread&) = delete;
  ListeningThread& operator=(const ListeningThread&) = delete;

 private:
  httplib::Server& server_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace tegata::server::edge
