#include "rp/server/httplib_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <optional>

#include "rp/base/errors.h"
#include "rp/server/errors.h"
#include "rp/server/listening_thread.h"
#include "rp/server/proxy_connection.h"
#include "rp/server/proxy_request.h"

namespace tegata::server {
namespace {

constexpr std::size_t longest_socket_path = 99;  // sun_path has 108 bytes; some systems fewer
constexpr std::chrono::milliseconds timeout{5000};
constexpr std::chrono::milliseconds idle_slice{200};
constexpr int idle_slices = 300;

Error unusable(const std::string& path, const std::string& why) {
  return Error(errors::server_socket_unusable, path + ": " + why);
}

Status prepare_directory(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::create_directories(directory, error); error) return unusable(directory, error.message());
  struct stat facts {};
  if (::stat(directory.c_str(), &facts) != 0) return unusable(directory, std::strerror(errno));
  // Whoever may enter it may become the proxy.
  if (facts.st_uid == ::geteuid() && ::chmod(directory.c_str(), 0750) != 0)
    return unusable(directory, std::strerror(errno));
  if (facts.st_uid != ::geteuid() && (facts.st_mode & 0007) != 0) return unusable(directory, "is open to everybody");
  return {};
}

// True where a server answers on the socket already.
bool is_alive(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const bool alive = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(descriptor);
  return alive;
}

void copy(const http::Response& from, httplib::Response& to) {
  to.status = from.status;
  for (const auto& [name, value] : from.headers) {
    if (name != "Content-Type") to.set_header(name.c_str(), value);
  }
  if (from.body.empty()) return;
  const auto type = from.headers.find("Content-Type");
  to.set_content(from.body, type == from.headers.end() ? "application/octet-stream" : type->second.c_str());
}

// What the library is given to read, and where it writes the answer. It reads nothing that anybody sent: its own reader
// decodes header values, guesses at framing, and answers before a body is read.
class AnswerStream : public httplib::Stream {
 public:
  AnswerStream(ProxyConnection& connection, bool head) : connection_(connection), text_(head ? head_text : get_text) {}

  bool is_readable() const override { return !text_.empty(); }
  bool is_writable() const override { return connection_.is_writable(); }
  ssize_t read(char* out, std::size_t size) override {
    const auto part = text_.copy(out, size);
    text_.remove_prefix(part);
    return static_cast<ssize_t>(part);
  }
  ssize_t write(const char* data, std::size_t size) override { return connection_.write(data, size); }
  void get_remote_ip_and_port(std::string& address, int& port) const override {
    address.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& address, int& port) const override { get_remote_ip_and_port(address, port); }
  socket_t socket() const override { return connection_.descriptor(); }

 private:
  static constexpr std::string_view get_text = "GET / HTTP/1.1\r\n\r\n", head_text = "HEAD / HTTP/1.1\r\n\r\n";
  ProxyConnection& connection_;
  std::string_view text_;
};

// An answer, and whether what follows it on the connection is the beginning of a request. It is where this one was of a
// known shape and read whole; else it may be the rest of a body, which must never be taken for a request.
struct Exchange {
  http::Response response;
  bool head = false;  // the answer has no body
  bool whole = false;
};

// The answer that the library is writing on this thread.
thread_local const http::Response* being_written = nullptr;

}  // namespace

class HttplibServer::Listener : public httplib::Server {
 public:
  Listener(SocketOptions options, Endpoint endpoint) : options_(std::move(options)), endpoint_(std::move(endpoint)) {
    path_ = options_.directory + "/" + options_.name;
    new_task_queue = [count = options_.workers] { return new httplib::ThreadPool(count); };
    set_address_family(AF_UNIX);
    set_socket_options([](socket_t) {});
    Get("/", [](const httplib::Request&, httplib::Response& response) { copy(*being_written, response); });
  }

  Status open() {
    if (path_.size() > longest_socket_path) {
      return unusable(path_, "is longer than " + std::to_string(longest_socket_path) + " bytes");
    }
    TEGATA_TRY(prepare_directory(options_.directory));
    if (is_alive(path_)) return unusable(path_, "another server is listening there");
    ::unlink(path_.c_str());
    if (!bind_to_port(path_, 80)) return unusable(path_, "cannot be bound");
    if (::chmod(path_.c_str(), 0660) != 0) return unusable(path_, std::strerror(errno));
    // The library asks for a backlog of 5.
    if (::listen(svr_sock_, 1024) != 0) return unusable(path_, std::strerror(errno));
    thread_.emplace(*this);
    return {};
  }

  void close() {
    if (!thread_) return;
    stopping_ = true;
    thread_.reset();
    ::unlink(path_.c_str());
  }

 private:
  Exchange refuse(const RawRequest& raw, const Error& error) const {
    return {endpoint_.refuse(outline(endpoint_.origin, raw), error), raw.method == "HEAD", false};
  }

  // Nothing where the peer closed without a word.
  std::optional<Exchange> serve(ProxyConnection& connection) const {
    const auto text = connection.read_head(largest_head);
    if (!text && !connection.has_input()) return std::nullopt;
    if (!text) return refuse({}, Error(errors::request_not_from_proxy, "no whole head"));
    auto raw = parse_request_head(*text);
    if (!raw) return refuse({}, raw.error());
    const auto size = body_size(*raw);
    if (!size) return refuse(*raw, size.error());
    auto body = connection.read_body(*size);
    if (!body) return refuse(*raw, Error(errors::request_not_from_proxy, "no whole body"));
    raw->body = std::move(*body);
    const auto request = parse_proxy_request(endpoint_.origin, *raw);
    if (!request) return refuse(*raw, request.error());
    try {
      return Exchange{endpoint_.handle(*request), raw->method == "HEAD", true};
    } catch (...) {
      // Its text may hold anything: it is not repeated anywhere.
      return refuse(*raw, Error(errors::internal, "exception outside of a handler"));
    }
  }

  // False where the connection ends.
  bool write_answer(ProxyConnection& connection, const Exchange& exchange, bool last) {
    AnswerStream stream(connection, exchange.head);
    being_written = &exchange.response;
    bool closed = false;
    const bool written = process(*this, stream, last || !exchange.whole, closed);
    being_written = nullptr;
    return written && !closed && exchange.whole;
  }

  // The library's own request path; releases behind 0.11 want to be told addresses.
  template <typename Server>
  static bool process(Server& server, AnswerStream& stream, bool close, bool& closed) {
    const std::function<void(httplib::Request&)> no_setup;
    if constexpr (requires { server.process_request(stream, close, closed, no_setup); }) {
      return server.process_request(stream, close, closed, no_setup);
    } else {
      return server.process_request(stream, "", 0, "", 0, close, closed, no_setup);
    }
  }

  bool process_and_close_socket(socket_t descriptor) override {
    const auto user = peer_user(descriptor);
    const bool known =
        user == 0 || user == static_cast<std::int64_t>(::geteuid()) || (options_.peer && user == *options_.peer);
    ProxyConnection connection(descriptor, timeout);
    // A connection that is kept holds a worker, and operators' tools have few: idle ones must not keep health waiting.
    const bool once = endpoint_.origin == http::Origin::operations;
    while (known && wait_for_request(connection)) {
      const auto exchange = serve(connection);
      const bool last = stopping_ || once;
      if (!exchange || !write_answer(connection, *exchange, last) || last) break;
    }
    ::shutdown(descriptor, SHUT_RDWR);
    ::close(descriptor);
    return known;
  }

  bool wait_for_request(const ProxyConnection& connection) const {
    for (int slice = 0; slice < idle_slices && !stopping_; ++slice) {
      if (connection.wait_for_request(idle_slice)) return true;
    }
    return false;
  }

  SocketOptions options_;
  Endpoint endpoint_;
  std::string path_;
  std::atomic<bool> stopping_{false};
  std::optional<ListeningThread> thread_;
};

HttplibServer::HttplibServer() = default;
HttplibServer::~HttplibServer() {
  if (listener_) listener_->close();
}

Result<std::unique_ptr<HttplibServer>> HttplibServer::start(const SocketOptions& options, Endpoint endpoint) {
  std::unique_ptr<HttplibServer> server(new HttplibServer);
  server->listener_ = std::make_unique<Listener>(options, std::move(endpoint));
  TEGATA_TRY(server->listener_->open());
  return server;
}

}  // namespace tegata::server
