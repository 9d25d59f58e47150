#include "tests/support/vectors.h"

#include <fstream>
#include <iterator>

namespace tegata::vectors {

const std::filesystem::path& folder() {
  static const std::filesystem::path found = TEGATA_VECTORS;
  return found;
}

bool present() { return !folder().empty() && std::filesystem::exists(folder() / "w3c-webauthn-l3.json"); }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Json read_json(const std::string& name) {
  const std::string text = folder().empty() ? "" : read_file(folder() / name);
  return text.empty() ? Json::object() : Json::parse(text);
}

Bytes hex_at(const Json& json, const char* member) { return parse_hex(json[member].get<std::string>()).value(); }
Bytes base64url_at(const Json& json, const char* member) {
  return parse_base64url(json[member].get<std::string>()).value();
}

}  // namespace tegata::vectors
