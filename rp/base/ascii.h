// Letters of protocols, whatever the locale.
#pragma once

#include <string>

namespace tegata {

inline std::string ascii_lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace tegata
