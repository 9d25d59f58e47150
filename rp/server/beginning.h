// The beginning of an installation: its database, and the keys that belong to it.
#pragma once

#include <string>
#include <vector>

#include "rp/base/world.h"
#include "rp/server/config/config.h"

namespace tegata::server {

struct Beginning {
  std::vector<std::string> made;  // or would be
  std::vector<std::string> used;  // keys that are there already
};

// Makes the database and its head, the audit key and the key of guesses where there are none, and takes the first
// signing key in: the configuration's, or a new one where it names none. All of it or nothing, but for keys that stay
// for the next time. Errors: those of store::begin, of the keys (server/keys/guess_key.h, server/keys/key_material.h).
Result<Beginning> begin_database(const config::Config&, const Clock&, Random&, const std::string& actor);
// What that would make. Errors: store_exists, those of the places (rp/host/private_file.h), signing_key_unusable.
Result<Beginning> preview_beginning(const config::Config&);

}  // namespace tegata::server
