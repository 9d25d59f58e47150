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
#include "rp/server/proxy_request.h"
#include "rp/server/unix_stream.h"

namespace tegata::server {
namespace {

constexpr std::size_t longest_socket_path = 99;  // sun_path has 108 bytes; some systems fewer
constexpr std::size_t largest_form = 8192;       // of the library, which would refuse a larger one without a word
constexpr std::chrono::milliseconds patience{5000};
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

RawRequest raw_of(const httplib::Request& request) {
  RawRequest raw{request.method, request.target, {}, request.body};
  for (const auto& [name, value] : request.headers) {
    // The library adds these four itself, from the socket; a client's own would stand beside them and is found below.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT") continue;
    raw.headers.emplace(name, value);
  }
  return raw;
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

// Whether the connection that this thread serves ends after this request. Cleared only for a request of a known shape
// that was read whole and answered: after anything else, what stands next in the socket may be the rest of a body,
// which must never be taken for a request.
thread_local bool close_connection = true;

}  // namespace

class HttplibServer::Listener : public httplib::Server {
 public:
  Listener(SocketOptions options, Endpoint endpoint) : options_(std::move(options)), endpoint_(std::move(endpoint)) {
    path_ = options_.directory + "/" + options_.name;
    new_task_queue = [count = options_.workers] { return new httplib::ThreadPool(count); };
    set_payload_max_length(largest_body);
    set_address_family(AF_UNIX);
    set_socket_options([](socket_t) {});
    set_pre_routing_handler([this](const auto& request, auto& response) { return pre_route(request, response); });
    set_exception_handler([this](const auto& request, auto& response, std::exception_ptr) {
      // Its text may hold anything: it is not repeated anywhere.
      refuse(request, response, Error(errors::internal, "exception in the HTTP library"));
    });
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    const char* any = "[\\s\\S]{1,2048}";
    Get(any, serve).Post(any, serve);
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
  HandlerResponse pre_route(const httplib::Request& request, httplib::Response& response) {
    const auto refuse_with = [&](const char* why) {
      refuse(request, response, Error(errors::request_not_from_proxy, why));
      return HandlerResponse::Handled;
    };
    // The library leaves the bodies of other methods in the socket.
    if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") return refuse_with("method");
    if (request.has_header("Transfer-Encoding")) return refuse_with("Transfer-Encoding");
    if (request.get_header_value("Content-Type").starts_with("multipart/")) return refuse_with("multipart");
    const auto length = request.get_header_value("Content-Length");
    if (length.size() > 5 || length.find_first_not_of("0123456789") != std::string::npos)
      return refuse_with("Content-Length");
    const bool form = request.get_header_value("Content-Type").starts_with("application/x-www-form-urlencoded");
    if (form && !length.empty() && std::stoul(length) > largest_form) {
      refuse(request, response, Error(errors::request_form_too_large, length));
      return HandlerResponse::Handled;
    }
    if (request.target.size() > 2048) return refuse_with("target");
    return HandlerResponse::Unhandled;
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    auto parsed = parse_proxy_request(endpoint_.origin, raw_of(request));
    if (!parsed) return refuse(request, response, parsed.error());
    copy(endpoint_.handle(*parsed), response);
    close_connection = false;
  }

  void refuse(const httplib::Request& request, httplib::Response& response, const Error& error) {
    close_connection = true;
    copy(endpoint_.refuse(outline(endpoint_.origin, raw_of(request)), error), response);
  }

  bool process_and_close_socket(socket_t descriptor) override {
    const auto user = peer_user(descriptor);
    const bool known =
        user == 0 || user == static_cast<std::int64_t>(::geteuid()) || (options_.peer && user == *options_.peer);
    UnixStream stream(descriptor, patience);
    // A connection that is kept holds a worker, and operators' tools have few: idle ones must not keep health waiting.
    const bool once = endpoint_.origin == http::Origin::operations;
    while (known && wait_for_request(stream)) {
      close_connection = true;
      bool closed = false;
      if (!process_request(stream, stopping_ || once, closed, nullptr) || closed || close_connection) break;
      if (stopping_ || once) break;
    }
    ::shutdown(descriptor, SHUT_RDWR);
    ::close(descriptor);
    return known;
  }

  bool wait_for_request(const UnixStream& stream) const {
    for (int slice = 0; slice < idle_slices && !stopping_; ++slice) {
      if (stream.wait_for_request(idle_slice)) return true;
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
