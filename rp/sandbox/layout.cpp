#include "rp/sandbox/layout.h"

#include <cstdlib>
#include <iostream>

#include "rp/host/private_file.h"
#include "rp/host/public_file.h"

namespace tegata::sandbox {

void write_file(const std::string& path, const std::string& content) {
  if (const auto done = host::write_private_file(path, content, false); !done) {
    std::cerr << done.error().detail() << "\n";
    std::exit(1);
  }
}

Result<Json> read_json_file(const std::string& path) {
  TEGATA_ASSIGN(const auto text, host::read_public_file(path));
  return parse_json(text, {1024 * 1024, 16});
}

}  // namespace tegata::sandbox
