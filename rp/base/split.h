// Lists as one text has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tegata {

// The parts between separators, empty ones too. No text, no parts.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace tegata
