// The files of web/, compiled in: path below web/ (such as "phone/enroll.html") -> content.
#pragma once

#include <map>
#include <string_view>

namespace tegata {

const std::map<std::string_view, std::string_view>& web_assets();

}  // namespace tegata
