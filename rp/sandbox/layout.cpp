#include "rp/sandbox/layout.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "rp/base/errors.h"

namespace tegata::sandbox {

void write_file(const std::string& path, const std::string& content) {
  {
    std::ofstream out(path + ".new", std::ios::binary);
    out << content;
    if (!out.flush()) {
      std::cerr << "cannot write " << path << "\n";
      std::exit(1);
    }
  }
  std::filesystem::rename(path + ".new", path);
}

Result<Json> read_json_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Error(errors::internal, "cannot read " + path);
  return parse_json(text.str(), {1024 * 1024, 16});
}

}  // namespace tegata::sandbox
