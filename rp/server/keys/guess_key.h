// The key of the MACs by which a guessed password, or a registration number, is known again. It is kept apart from the
// database: with both, guesses could be tried at the speed of a hash.
//
// The database holds a mark of the key (not the key). So a restored database never silently goes on with a new one, by
// which guesses that are known to be wrong would count once more and no registration number would be found.
#pragma once

#include "rp/base/world.h"
#include "rp/store/store.h"

namespace tegata::server::keys {

// 32 bytes, from the file. With a database that has no mark yet, the file is made (0600) where it is absent, and the
// mark is noted. Errors: those of a private file (rp/host/private_file.h), config_invalid (not 32 bytes),
// guess_key_missing, guess_key_other.
Result<Bytes> open_guess_key(const std::string& path, store::Store&, Random&);

// 32 bytes, of a private file (rp/host/private_file.h). Errors: those of one, config_invalid.
Result<Bytes> read_guess_key(const std::string& path);

// The key of the file, if there is one, and nothing is made or noted.
// Errors: as above.
Result<std::optional<Bytes>> find_guess_key(const std::string& path, store::Store&);

// Gives the old key up: the file's is taken from now on, a new one where there is none. Everything that was kept under
// the old one means nothing any more: registration numbers are forgotten, known guesses are strange again. Where the
// file has the old key, nothing happens.
struct Renewed {
  bool made = false;
  std::int64_t numbers_forgotten = 0;
};
Result<Renewed> renew_guess_key(const std::string& path, store::Store&, Random&, const std::string& actor);

// A copy for a place of its own (0600); `to` must not exist. Errors: those of a private file, config_invalid.
Status copy_guess_key(const std::string& path, const std::string& to);

}  // namespace tegata::server::keys
