// The key of the MACs by which a guessed password is known again. It is kept apart from the database: with both,
// guesses could be tried at the speed of a hash.
#pragma once

#include "rp/base/world.h"

namespace tegata::server {

// 32 bytes, from the file, which is made (0600) where it is absent. A lost key costs only that guesses made before
// count once more. Errors: config_invalid, file_not_written.
Result<Bytes> guess_key(const std::string& path, Random& random);

}  // namespace tegata::server
