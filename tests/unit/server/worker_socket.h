// A worker's socket, to which a test speaks octet by octet in the proxy's place.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "rp/server/edge/httplib_server.h"

namespace tegata::test {

class WorkerSocket {
 public:
  WorkerSocket(const std::string& name, server::edge::Endpoint endpoint)
      : directory_(std::filesystem::temp_directory_path() / ("tegata-" + name + "-" + std::to_string(::getpid()))) {
    server::edge::SocketOptions options;
    options.directory = directory_.string();
    options.name = "test.sock";
    options.workers = 4;
    auto started = server::edge::HttplibServer::start(options, std::move(endpoint));
    REQUIRE(started);
    server_ = std::move(*started);
  }
  ~WorkerSocket() {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  // Everything that comes back until the server closes or two seconds are over. `last`: this end says that no more
  // comes.
  std::string send(const std::string& text, bool last = false) const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (directory_ / "test.sock").string();
    std::memcpy(address.sun_path, path.c_str(), path.size());
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval two_seconds{2, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &two_seconds, sizeof two_seconds);
    REQUIRE(::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    if (last) ::shutdown(descriptor, SHUT_WR);
    std::string answer;
    char block[4096];
    for (ssize_t got; (got = ::recv(descriptor, block, sizeof block, 0)) > 0;)
      answer.append(block, static_cast<std::size_t>(got));
    ::close(descriptor);
    return answer;
  }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<server::edge::HttplibServer> server_;
};

}  // namespace tegata::test
