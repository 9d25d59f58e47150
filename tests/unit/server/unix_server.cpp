// Connections that cannot be taken are taken later; whoever asks hears why nobody is served meanwhile.
#include "rp/server/edge/unix_server.h"

#include <dirent.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "rp/server/config/errors.h"
#include "rp/server/edge/httplib_server.h"

namespace tegata::server {
namespace {

struct Place {
  Place()
      : directory(std::filesystem::temp_directory_path() / ("tegata-unix-server-" + std::to_string(::getpid()))),
        socket((directory / "test.sock").string()) {}
  ~Place() { std::filesystem::remove_all(directory); }
  edge::SocketOptions options(std::size_t workers) const {
    edge::SocketOptions made;
    made.directory = directory.string();
    made.name = "test.sock";
    made.workers = workers;
    return made;
  }
  std::filesystem::path directory;
  std::string socket;
};

struct Client {
  Client() : descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Client() { ::close(descriptor); }
  void connect(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  }
  // The one letter that comes, or 0.
  char letter(int milliseconds) const {
    pollfd entry{descriptor, POLLIN, 0};
    char got = 0;
    if (::poll(&entry, 1, milliseconds) > 0) [[maybe_unused]]
      const auto size = ::read(descriptor, &got, 1);
    return got;
  }
  int descriptor;
};

// For as long as it lives, this process can open nothing more.
struct NoMoreFiles {
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int next = ::dup(0);  // the lowest number that is free
    ::close(next);
    const rlimit now{static_cast<rlim_t>(next), before.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &now) != 0) std::abort();
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

template <typename Condition>
bool comes(Condition condition) {
  for (int i = 0; i < 10'000 && !condition(); ++i) ::usleep(1000);
  return condition();
}

void greet(int descriptor) { [[maybe_unused]] const auto sent = ::write(descriptor, "a", 1); }

}  // namespace

TEST_CASE("defect: one accept that failed ended an origin for good") {
  const Place place;
  std::atomic<int> failures = 0, recoveries = 0;
  auto options = place.options(2);
  options.report = [&](const std::optional<Error>& error) { ++(error ? failures : recoveries); };
  const auto server = edge::UnixServer::start(options, greet);
  REQUIRE(server);
  const Client first, second;
  std::optional<Error> trouble;
  {
    // Nothing is asserted meanwhile: the sanitizers' own checks want to open files.
    const NoMoreFiles limit;
    first.connect(place.socket);
    second.connect(place.socket);
    comes([&] { return (trouble = (*server)->trouble()).has_value(); });
  }
  REQUIRE(trouble);
  CHECK(trouble->code() == errors::server_socket_unusable);
  CHECK(trouble->detail() == place.socket + ": Too many open files");
  CHECK(first.letter(10'000) == 'a');
  CHECK(second.letter(10'000) == 'a');
  CHECK_FALSE((*server)->trouble());
  CHECK(failures == 1);
  CHECK(recoveries == 1);
}

TEST_CASE("defect: workers that were all stuck were told of only where somebody waited for them") {
  const Place place;
  auto options = place.options(1);
  options.longest_service = std::chrono::seconds(0);
  std::atomic<bool> go = false, serving = false;
  const auto server = edge::UnixServer::start(options, [&](int descriptor) {
    serving = true;
    comes([&] { return go.load(); });
    greet(descriptor);
  });
  REQUIRE(server);
  const Client first, second;
  first.connect(place.socket);
  REQUIRE(comes([&] { return serving.load(); }));
  const auto alone = (*server)->trouble();
  second.connect(place.socket);
  const auto waited_for = (*server)->trouble();
  go = true;
  REQUIRE(alone);
  CHECK(alone->detail() == place.socket + ": every worker has been busy for 0 s");
  CHECK(waited_for);
  CHECK(first.letter(10'000) == 'a');
  CHECK(second.letter(10'000) == 'a');
  CHECK(comes([&] { return !(*server)->trouble(); }));
}

TEST_CASE("defect: a request that asks for the state of all sockets while they end found one that was gone") {
  const Place place;
  std::vector<std::unique_ptr<edge::HttplibServer>> sockets;
  std::atomic<bool> serving = false, first_has_ended = false, asked = false;
  const auto ask = [&](const http::Request&, const Error&) {
    serving = true;
    comes([&] { return first_has_ended.load(); });
    asked = !sockets.front()->trouble();
    return http::Response{};
  };
  for (const std::string name : {"first.sock", "test.sock"}) {
    auto options = place.options(1);
    options.name = name;
    auto started = edge::HttplibServer::start(options, {http::Origin::operations, {}, ask});
    REQUIRE(started);
    sockets.push_back(std::move(*started));
  }
  const Client client;
  client.connect(place.socket);
  REQUIRE(::write(client.descriptor, "?\r\n\r\n", 5) == 5);
  REQUIRE(comes([&] { return serving.load(); }));
  sockets.front()->stop();
  first_has_ended = true;
  sockets.back()->stop();
  CHECK(asked);
}

TEST_CASE("defect: too few threads ended the process instead of saying so") {
  const Place place;
  rlimit before{};
  ::getrlimit(RLIMIT_STACK, &before);
  // Every thread wants this much of the address space for its stack: some dozen of them are more than there is.
  const rlimit huge{static_cast<rlim_t>(8) << 40, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_STACK, &huge) == 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, huge.rlim_cur);
  pthread_attr_t usual;
  pthread_getattr_default_np(&usual);
  REQUIRE(pthread_setattr_default_np(&attributes) == 0);
  const auto server = edge::UnixServer::start(place.options(64), greet);
  pthread_setattr_default_np(&usual);
  ::setrlimit(RLIMIT_STACK, &before);
  REQUIRE_FALSE(server);
  CHECK(server.error().code() == errors::server_without_threads);
  CHECK(server.error().detail().find(place.socket + ": ") == 0);
  CHECK(server.error().detail().find(" of 65 threads started, then: Resource temporarily unavailable") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(place.socket));
}

}  // namespace tegata::server
