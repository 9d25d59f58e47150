#include "rp/base/mail_address.h"

#include <algorithm>
#include <optional>

#include "rp/base/split.h"

namespace tegata {
namespace {

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// RFC 5322 section 3.2.3.
bool is_atom_text(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_label(std::string_view text) {
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '-'; };
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, inner);
}

bool is_host(std::string_view text) { return !text.empty() && std::ranges::all_of(split(text, '.'), is_label); }

// Where the quoted local part ends that `text` begins with: behind its closing quote.
std::optional<std::size_t> end_of_quoted(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
    if (at >= text.size() || text[at] < ' ' || text[at] > '~') return std::nullopt;
  }
  return std::nullopt;
}

// As it is written; empty for none.
std::string written_local_part(std::string_view text) {
  if (text.empty()) return {};
  if (text.front() == '"') {
    const auto end = end_of_quoted(text);
    return end == text.size() && text.size() > 2 ? std::string(text) : std::string();
  }
  if (!std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_text(c); })) return {};
  if (std::ranges::none_of(text, is_atom_text)) return {};
  const bool plain = text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos;
  return plain ? std::string(text) : "\"" + std::string(text) + "\"";
}

}  // namespace

std::string mailbox_of(std::string_view address) {
  constexpr std::size_t longest_local_part = 64, longest = 254;
  const auto at = address.rfind('@');  // none stands in a host
  if (at == std::string_view::npos) return {};
  const auto local_part = written_local_part(address.substr(0, at));
  const auto host = address.substr(at + 1);
  if (local_part.empty() || local_part.size() > longest_local_part || !is_host(host)) return {};
  const auto out = local_part + "@" + std::string(host);
  return out.size() <= longest ? out : std::string();
}

bool is_mail_address(std::string_view text) { return !mailbox_of(text).empty(); }

}  // namespace tegata
