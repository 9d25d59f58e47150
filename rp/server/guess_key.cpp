#include "rp/server/guess_key.h"

#include <filesystem>

#include "rp/server/config.h"
#include "rp/server/errors.h"
#include "rp/server/private_file.h"

namespace tegata::server {
namespace {

constexpr std::size_t key_bytes = 32;

}  // namespace

Result<Bytes> guess_key(const std::string& path, Random& random) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    // Whoever loses the race uses the winner's key.
    TEGATA_TRY(write_private_file(path, as_text(random_bytes(random, key_bytes)), true));
  }
  TEGATA_ASSIGN(const auto text, read_file(path));
  if (text.size() != key_bytes) return Error(errors::config_invalid, path + ": is not a key of 32 bytes");
  return to_bytes(as_bytes(text));
}

}  // namespace tegata::server
