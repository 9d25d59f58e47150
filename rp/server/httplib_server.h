// One origin on one Unix socket, served by cpp-httplib behind HAProxy.
//
// The library listens, keeps the workers, and writes answers. It reads no request: rp/server/request_head does, octet
// by octet, because the library decodes what it reads. HAProxy sends whole, bounded requests over fewer connections
// than there are workers; whatever else arrives here is refused and the connection closed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rp/http/http.h"

namespace tegata::server {

struct SocketOptions {
  std::string directory;  // made 0750 if absent
  std::string name;       // "public.sock"
  std::size_t workers = 64;
  std::optional<std::int64_t> peer;  // a user who may connect besides root and our own
};

// Gives the answer to a request that came through, or to what was refused on the way.
struct Endpoint {
  http::Origin origin = http::Origin::public_pages;
  http::Handler handle;
  std::function<http::Response(const http::Request&, const Error&)> refuse;
};

class HttplibServer {
 public:
  // Listens when it returns. Error: server_socket_unusable.
  static Result<std::unique_ptr<HttplibServer>> start(const SocketOptions&, Endpoint);
  // Takes no more connections, finishes the requests under way, removes the socket.
  ~HttplibServer();

 private:
  class Listener;
  HttplibServer();
  std::unique_ptr<Listener> listener_;
};

}  // namespace tegata::server
