// The doors through which texts from outside come in: every one that uses a reader, with what it answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rp/base/json.h"
#include "rp/base/result.h"

namespace tegata::test {

struct Opened {
  std::string verdict;     // "good", or what was chosen ("ja"); the code of a refusal
  std::string value = {};  // what was read, where a door can tell
};

struct Door {
  std::string reader, name;
  std::string refusal;  // the code with which it refuses what its reader refuses; empty: the reader's own
  std::function<Opened(const std::string& text)> open;
};

std::vector<Door> json_doors();
std::vector<Door> attestation_doors();
std::vector<Door> token_doors();
std::vector<Door> http_doors();
std::vector<Door> client_doors();
std::vector<Door> time_doors();
std::vector<Door> desk_doors();
std::vector<Door> shown_doors();

inline Opened opened(const Error& error) { return {std::string(error.code().name())}; }
template <typename T>
Opened opened(const Result<T>& result, const std::string& value = {}) {
  return result ? Opened{"good", value} : opened(result.error());
}

// `text` with every `name` in it replaced.
inline std::string filled(std::string text, const std::string& name, const std::string& value) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}
// What stands between the braces of an object.
inline std::string members_of(const Json& object) {
  const std::string text = dump_json(object);
  return text.substr(1, text.size() - 2);
}

}  // namespace tegata::test
