#include "rp/server/edge/httplib_server.h"

#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <optional>

#include "rp/base/errors.h"
#include "rp/server/config/errors.h"
#include "rp/server/edge/proxy_connection.h"
#include "rp/server/edge/proxy_request.h"

namespace tegata::server::edge {
namespace {

constexpr std::chrono::milliseconds timeout{5000};
constexpr std::chrono::milliseconds idle_slice{200};
constexpr int idle_slices = 300;

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
    Get("/", [](const httplib::Request&, httplib::Response& response) { copy(*being_written, response); });
  }

  Status open() {
    TEGATA_ASSIGN(socket_, UnixServer::start(options_, [this](int descriptor) { serve_all(descriptor); }));
    return {};
  }

  void stop() {
    stopping_ = true;
    if (socket_) socket_->stop();
  }

  std::optional<Error> trouble() const { return socket_->trouble(); }

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

  // The requests of one connection.
  void serve_all(int descriptor) {
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
  }

  bool wait_for_request(const ProxyConnection& connection) const {
    for (int slice = 0; slice < idle_slices && !stopping_; ++slice) {
      if (connection.wait_for_request(idle_slice)) return true;
    }
    return false;
  }

  SocketOptions options_;
  Endpoint endpoint_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<UnixServer> socket_;
};

HttplibServer::HttplibServer() = default;
HttplibServer::~HttplibServer() { stop(); }

void HttplibServer::stop() {
  if (listener_) listener_->stop();
}

Result<std::unique_ptr<HttplibServer>> HttplibServer::start(const SocketOptions& options, Endpoint endpoint) {
  std::unique_ptr<HttplibServer> server(new HttplibServer);
  server->listener_ = std::make_unique<Listener>(options, std::move(endpoint));
  TEGATA_TRY(server->listener_->open());
  return server;
}

std::optional<Error> HttplibServer::trouble() const { return listener_->trouble(); }

}  // namespace tegata::server::edge
