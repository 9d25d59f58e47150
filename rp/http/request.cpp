#include <algorithm>

#include "rp/http/http.h"

namespace tegata::http {

std::optional<std::string> Request::header(const std::string& lower_case_name) const {
  const auto it = headers.find(lower_case_name);
  if (it == headers.end()) return std::nullopt;
  return it->second;
}

std::optional<std::string> Request::cookie(const std::string& name) const {
  const auto range = headers.equal_range("cookie");
  for (auto it = range.first; it != range.second; ++it) {
    std::string_view rest = it->second;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
        return std::string(pair.substr(name.size() + 1));
    }
  }
  return std::nullopt;
}

std::string Request::language() const {
  const auto wanted = [](std::string_view text) { return text == "en" || text == "ja"; };
  const auto asked = query.find("lang");
  if (asked != query.end() && wanted(asked->second)) return asked->second;
  const auto kept = cookie("lang");
  if (kept && wanted(*kept)) return *kept;
  const auto accepted = header("accept-language").value_or("");
  const auto en = accepted.find("en"), ja = accepted.find("ja");
  return en < ja ? "en" : "ja";
}

}  // namespace tegata::http
