// One origin on one Unix socket, served by cpp-httplib behind HAProxy.
//
// The library writes answers. It listens to nothing (rp/server/edge/unix_server does, with the workers) and reads no
// request: rp/server/edge/request_head does, octet by octet, because the library decodes what it reads. HAProxy sends
// whole, bounded requests over fewer connections than there are workers; whatever else arrives here is refused and the
// connection closed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rp/http/http.h"
#include "rp/server/edge/unix_server.h"

namespace tegata::server::edge {

// Gives the answer to a request that came through, or to what was refused on the way.
struct Endpoint {
  http::Origin origin = http::Origin::public_pages;
  http::Handler handle;
  std::function<http::Response(const http::Request&, const Error&)> refuse;
};

class HttplibServer {
 public:
  // Listens when it returns. Error: server_socket_unusable, server_without_threads.
  static Result<std::unique_ptr<HttplibServer>> start(const SocketOptions&, Endpoint);
  // Stops, and removes the socket.
  ~HttplibServer();
  // Takes no more connections, finishes the requests under way: afterwards none of them runs.
  void stop();
  // See UnixServer::trouble. Also of one that was stopped.
  std::optional<Error> trouble() const;

 private:
  class Listener;
  HttplibServer();
  std::unique_ptr<Listener> listener_;
};

}  // namespace tegata::server::edge
