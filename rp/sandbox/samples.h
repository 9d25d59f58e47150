// The sample people, cards, facilities and the configuration of a verification environment.
#pragma once

#include "rp/base/world.h"
#include "rp/sandbox/layout.h"
#include "rp/store/store.h"

namespace tegata::sandbox {

// Makes PKI, keys, configuration and facts (samples.json) where the folder has none yet; writes config.toml and
// haproxy.cfg anew for the ports. Gives the content of sandbox.json.
Result<Json> prepare(const Layout&, Instant now);
// Where the sockets are: a socket's path has less than 100 bytes, and a HAProxy that runs as somebody else may not
// enter our folder. Then they lie elsewhere.
std::string sockets_directory(const Layout&);
// People, cards, facilities and clients into the database, where they are not there yet.
Status fill(store::Store&, Random&, const Json& sandbox, Instant now);

}  // namespace tegata::sandbox
