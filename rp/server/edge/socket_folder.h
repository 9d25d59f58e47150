// Where a Unix socket lies: whoever may enter its folder may become the proxy, whoever owns it may become the server.
#pragma once

#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>

#include "rp/base/result.h"

namespace tegata::server::edge {

struct SocketPlace {
  std::string directory;                   // made 0750 if absent; ours, or root's
  std::string name;                        // "public.sock"
  std::optional<std::int64_t> group = {};  // whose members may reach it, besides its owner; none: the folder's
  std::string path() const { return directory + "/" + name; }
};

// REQUIRES: a path of a place that was verified, which fits.
sockaddr_un address_of_socket(const std::string& path);
// server_socket_unusable: "/run/tegata/public.sock: Too many open files".
Error socket_unusable(const std::string& path, const std::string& why);

// Whether a socket could be made there; nothing is. Error: server_socket_unusable.
Status verify_socket_place(const SocketPlace&);
// Makes the folder ready, and takes away what a server that was killed left there. Error: server_socket_unusable, also
// where another server listens there.
Status prepare_socket_folder(const SocketPlace&);
// For its owner and its group. Error: server_socket_unusable.
Status open_socket_to_group(const SocketPlace&);

}  // namespace tegata::server::edge
