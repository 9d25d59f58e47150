#include "rp/base/mail_address.h"

#include <algorithm>

namespace tegata {
namespace {

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Labels of letters, digits and inner hyphens, with dots or the "." of the local part's atoms between them.
template <typename Allowed>
bool is_dotted(std::string_view text, const Allowed& allowed) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(text, [&](char c) { return c == '.' || allowed(c); });
}

}  // namespace

bool is_mail_address(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > 254 || at == std::string_view::npos || at > 64) return false;
  const auto host = text.substr(at + 1);
  const auto atom = [](char c) {
    return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  };
  const auto label = [](char c) { return is_alphanumeric(c) || c == '-'; };
  return is_dotted(text.substr(0, at), atom) && is_dotted(host, label) && host.front() != '-' && host.back() != '-';
}

}  // namespace tegata
