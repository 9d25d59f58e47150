// The files of web/ without web/ehr, compiled in: path below web/ (such as "phone/enroll.html") -> content.
#pragma once

#include <map>
#include <string_view>

namespace tegata {

const std::map<std::string_view, std::string_view>& web_assets();

// Of web/ehr, the demo record system: only what the sandbox links has them.
const std::map<std::string_view, std::string_view>& web_ehr_assets();

}  // namespace tegata
