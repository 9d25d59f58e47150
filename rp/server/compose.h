// The whole server from a configuration: store, services, routes, sockets.
#pragma once

#include <memory>

#include "enroll/card/mynumber.h"
#include "rp/server/config/config.h"
#include "rp/server/edge/httplib_server.h"
#include "rp/server/running/log.h"
#include "rp/store/store.h"

namespace tegata::server {

class Server {
 public:
  // Answers on its sockets when it returns. The arguments must outlive it. REQUIRES: examine() found no problem.
  // Errors: config_invalid, server_socket_unusable, those of opening the store, of the keys and of the authorities.
  static Result<std::unique_ptr<Server>> start(const config::Config&, const Clock&, Random&, const running::Log&);
  // Takes nothing new, finishes what was taken in.
  ~Server();

  // Takes the card authorities of this configuration into use, with their lists; everything else of it is left alone.
  // After an error all is as before. Errors: card_authority_malformed, those of the files and of the
  // store.
  Status reload(const config::Config&);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

store::Options store_options(const config::Config&);

// Whether the card origin names authentication authorities alone. Errors: card_authority_malformed, those of a
// public file (rp/host/public_file.h).
Status check_advertised(const config::Config&);

// JPKI's authorities as configured; null where there are no My Number cards.
Result<std::shared_ptr<const card::MyNumberAuthorities>> read_mynumber_authorities(const config::Config&);

// Blocks SIGTERM and SIGINT for this thread and all that it starts: call it before any other thread exists.
void block_stop_signals();
// Waits for one of them.
void wait_for_stop_signal();

// Blocks SIGHUP likewise, by which an operator asks to read the card authorities anew.
void block_reload_signal();
// Waits for any of the three: true for SIGHUP.
bool wait_for_reload_signal();

}  // namespace tegata::server
