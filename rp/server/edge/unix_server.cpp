#include "rp/server/edge/unix_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>

#include "rp/server/config/errors.h"

namespace tegata::server::edge {
namespace {

constexpr int backlog = 1024;
constexpr std::size_t longest_queue = 1024;
constexpr std::chrono::milliseconds pause_after_failure{100};

// Device and inode of what lies at a path.
std::optional<std::pair<std::uint64_t, std::uint64_t>> place_of(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return std::nullopt;
  return std::pair<std::uint64_t, std::uint64_t>(facts.st_dev, facts.st_ino);
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
  stop_ = host::Descriptor(::eventfd(0, EFD_CLOEXEC));
  if (!stop_) return socket_unusable(path_, std::strerror(errno));
  return open_socket();
}

Status UnixServer::open_socket() {
  TEGATA_TRY(prepare_socket_folder(options_));
  const auto failed = [this] { return socket_unusable(path_, std::strerror(errno)); };
  host::Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) return failed();
  const auto address = address_of_socket(path_);
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return failed();
  auto opened = open_socket_to_group(options_);
  if (opened && ::listen(made.get(), backlog) != 0) opened = failed();
  if (!opened) {
    ::unlink(path_.c_str());
    return opened;
  }
  listening_ = std::move(made);
  place_ = place_of(path_);
  return {};
}

Status UnixServer::start_threads() {
  try {
    for (std::size_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
    threads_.emplace_back([this] { take_connections(); });
  } catch (const std::system_error& error) {
    return Error(errors::server_without_threads, path_ + ": " + std::to_string(threads_.size()) + " of " +
                                                     std::to_string(options_.workers + 1) +
                                                     " threads started, then: " + error.code().message() +
                                                     ": allow more threads (TasksMax) or memory, or set fewer workers");
  }
  return {};
}

UnixServer::~UnixServer() {
  stop();
  // A socket of another server stays.
  if (listening_ && is_in_place()) ::unlink(path_.c_str());
}

void UnixServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  if (stop_) ::eventfd_write(stop_.get(), 1);
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void UnixServer::take_connections() {
  std::array<pollfd, 2> both{{{stop_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}}};
  for (;;) {
    both[1].fd = listening_.get();
    const int ready = ::poll(both.data(), both.size(), static_cast<int>(options_.look.count()));
    if (both[0].revents != 0) return;
    std::optional<Error> failure;
    try {
      failure = both[1].revents != 0 && ready > 0 ? take_one() : keep_in_place();
    } catch (const std::bad_alloc&) {
      failure = socket_unusable(path_, std::strerror(ENOMEM));
    }
    note(failure);
    if (failure) ::poll(both.data(), 1, static_cast<int>(pause_after_failure.count()));
  }
}

std::optional<Error> UnixServer::take_one() {
  host::Descriptor taken(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (taken) {
    hand_over(std::move(taken));
  } else if (!concerns_one_connection(errno)) {
    return socket_unusable(path_, std::strerror(errno));
  }
  return std::nullopt;
}

bool UnixServer::is_in_place() const { return place_ && place_of(path_) == place_; }

// Whoever removes a socket cuts off its origin: nobody can connect to what has no name.
std::optional<Error> UnixServer::keep_in_place() {
  if (is_in_place()) return std::nullopt;
  const auto opened = open_socket();
  return opened ? std::nullopt : std::optional(opened.error());
}

void UnixServer::note(const std::optional<Error>& failure) {
  {
    const std::lock_guard lock(mutex_);
    const bool same =
        failure.has_value() == failure_.has_value() && (!failure || failure->detail() == failure_->detail());
    if (same) return;
    failure_ = failure;
  }
  options_.report(failure);
}

void UnixServer::serve(int connection) {
  try {
    serve_(connection);
  } catch (const std::exception& thrown) {
    options_.report(socket_unusable(path_, std::string("a connection was given up: ") + thrown.what()));
  }
}

void UnixServer::hand_over(host::Descriptor connection) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < longest_queue) queue_.push_back(std::move(connection));
  }
  waiting_.notify_one();
}

void UnixServer::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto connection = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    last_taken_ = Steady::now();
    lock.unlock();
    serve(connection.get());
    ::shutdown(connection.get(), SHUT_RDWR);
    connection = host::Descriptor();  // closed before the lock is held again
    lock.lock();
    --busy_;
  }
}

std::optional<Error> UnixServer::trouble() const {
  const std::lock_guard lock(mutex_);
  if (failure_) return failure_;
  if (busy_ < options_.workers || Steady::now() - last_taken_ < options_.longest_service) return std::nullopt;
  return socket_unusable(path_,
                         "every worker has been busy for " + std::to_string(options_.longest_service.count()) + " s");
}

}  // namespace tegata::server::edge
