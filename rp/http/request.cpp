#include <algorithm>

#include "rp/http/accept.h"
#include "rp/http/http.h"

namespace tegata::http {

std::optional<std::string> Request::header(const std::string& lower_case_name) const {
  const auto it = headers.find(lower_case_name);
  if (it == headers.end()) return std::nullopt;
  return it->second;
}

std::optional<std::string> Request::cookie(std::string_view name) const {
  const auto found = std::ranges::find(cookies, name, &Cookie::name);
  if (found == cookies.end()) return std::nullopt;
  return found->value;
}

std::string Request::language() const {
  const auto wanted = [](std::string_view text) { return text == "en" || text == "ja"; };
  const auto asked = query.find("lang");
  if (asked != query.end() && wanted(asked->second)) return asked->second;
  const auto kept = cookie("lang");
  if (kept && wanted(*kept)) return *kept;
  return wanted_language(*this);
}

}  // namespace tegata::http
