#include "rp/server/unix_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>

#include "rp/server/errors.h"

namespace tegata::server {
namespace {

constexpr int backlog = 1024;
constexpr std::size_t longest_queue = 1024;
constexpr std::chrono::milliseconds pause_after_failure{100};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

// A connection that was gone before it was taken, and a signal, are nobody's fault.
bool concerns_one_connection(int number) {
  return number == EINTR || number == EAGAIN || number == ECONNABORTED || number == EPROTO;
}

}  // namespace

UnixServer::UnixServer(SocketOptions options, Serve serve)
    : options_(std::move(options)), serve_(std::move(serve)), path_(options_.path()) {}

Result<std::unique_ptr<UnixServer>> UnixServer::start(SocketOptions options, Serve serve) {
  std::unique_ptr<UnixServer> server(new UnixServer(std::move(options), std::move(serve)));
  TEGATA_TRY(server->listen());
  TEGATA_TRY(server->start_threads());
  return server;
}

Status UnixServer::listen() {
  TEGATA_TRY(prepare_socket_folder(options_));
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (stop_ < 0 || made < 0) {
    const int number = errno;
    if (made >= 0) ::close(made);
    return socket_unusable(path_, std::strerror(number));
  }
  const auto address = address_of(path_);
  if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int number = errno;
    ::close(made);
    return socket_unusable(path_, std::strerror(number));
  }
  listening_ = made;
  TEGATA_TRY(open_socket_to_group(options_));
  if (::listen(listening_, backlog) != 0) return socket_unusable(path_, std::strerror(errno));
  return {};
}

Status UnixServer::start_threads() {
  try {
    for (std::size_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
    threads_.emplace_back([this] { take_connections(); });
  } catch (const std::system_error& error) {
    return Error(errors::server_without_threads, path_ + ": " + std::to_string(threads_.size()) + " of " +
                                                     std::to_string(options_.workers + 1) +
                                                     " threads started, then: " + error.code().message());
  }
  return {};
}

UnixServer::~UnixServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  if (stop_ >= 0) ::eventfd_write(stop_, 1);
  for (auto& thread : threads_) thread.join();
  for (const int left : queue_) ::close(left);
  // Ours from the moment that it was bound: a socket of another server stays.
  if (listening_ >= 0) {
    ::close(listening_);
    ::unlink(path_.c_str());
  }
  if (stop_ >= 0) ::close(stop_);
}

void UnixServer::take_connections() {
  std::array<pollfd, 2> both{{{stop_, POLLIN, 0}, {listening_, POLLIN, 0}}};
  for (;;) {
    ::poll(both.data(), both.size(), -1);
    if (both[0].revents != 0) return;
    const int taken = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    const int number = errno;
    if (taken >= 0) {
      note_failure(0);
      hand_over(taken);
    } else if (!concerns_one_connection(number)) {
      note_failure(number);
      ::poll(both.data(), 1, static_cast<int>(pause_after_failure.count()));
    }
  }
}

void UnixServer::note_failure(int number) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_ == number) return;
    failure_ = number;
  }
  if (number == 0) return options_.report(std::nullopt);
  options_.report(socket_unusable(path_, std::strerror(number)));
}

void UnixServer::hand_over(int descriptor) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < longest_queue) {
      queue_.push_back(descriptor);
      descriptor = -1;
    }
  }
  if (descriptor >= 0) ::close(descriptor);
  waiting_.notify_one();
}

void UnixServer::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const int descriptor = queue_.front();
    queue_.pop_front();
    ++busy_;
    last_taken_ = Steady::now();
    lock.unlock();
    serve_(descriptor);
    ::shutdown(descriptor, SHUT_RDWR);
    ::close(descriptor);
    lock.lock();
    --busy_;
  }
}

std::optional<Error> UnixServer::trouble() const {
  const std::lock_guard lock(mutex_);
  if (failure_ != 0) return socket_unusable(path_, std::strerror(failure_));
  const bool stuck = busy_ == options_.workers && Steady::now() - last_taken_ >= options_.longest_service;
  if (!stuck || queue_.empty()) return std::nullopt;
  return socket_unusable(path_,
                         "every worker has been busy for " + std::to_string(options_.longest_service.count()) + " s");
}

}  // namespace tegata::server
