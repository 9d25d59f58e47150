#include "rp/base/split.h"

namespace tegata {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  for (std::size_t begin = 0;;) {
    const auto end = text.find(separator, begin);
    out.emplace_back(text.substr(begin, end - begin));
    if (end == text.npos) return out;
    begin = end + 1;
  }
}

}  // namespace tegata
