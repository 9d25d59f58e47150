#include "rp/http/browsers.h"

#include <charconv>

namespace tegata::http {
namespace {

constexpr const char* browser_cookie = "__Host-tegata-browser";
constexpr char kind_person = 'p', kind_drawn = 'b';
constexpr std::chrono::seconds life{std::chrono::hours(24 * 180)};
constexpr std::size_t name_bytes = 16, longest_cookie = 128;

std::string shortened(const Digest& digest) { return base64url(ByteView(digest).first(name_bytes)); }

// Not Strict: the browser brings it also where an EHR's page sends it to /authorize.
void set_browser_cookie(Response& response, const std::string& value) {
  response.headers.emplace("Set-Cookie", std::string(browser_cookie) + "=" + value + "; Path=/; Max-Age=" +
                                             std::to_string(life.count()) + "; Secure; HttpOnly; SameSite=Lax");
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::string Browsers::mac(const std::string& text) const {
  return shortened(hmac_sha256(key_, as_bytes("browser cookie" + std::string(1, '\0') + text)));
}

// "<kind>.<name>.<end in seconds>.<MAC>"
std::string Browsers::seal(char kind, const std::string& name, Instant now) const {
  const auto text = std::string(1, kind) + "." + name + "." + std::to_string(unix_seconds(now + life));
  return text + "." + mac(text);
}

std::optional<Browser> Browsers::open(const Request& request, Instant now) const {
  const auto cookie = key_.empty() ? std::nullopt : request.cookie(browser_cookie);
  if (!cookie || cookie->size() > longest_cookie) return std::nullopt;
  const auto sealed = cookie->rfind('.');
  if (sealed == std::string::npos || sealed < 4) return std::nullopt;
  const std::string text = cookie->substr(0, sealed);
  if (!equal_constant_time(as_bytes(mac(text)), as_bytes(cookie->substr(sealed + 1)))) return std::nullopt;
  const auto before_end = text.rfind('.');
  const auto end = parse_seconds(std::string_view(text).substr(before_end + 1));
  if (!end || *end <= unix_seconds(now)) return std::nullopt;
  return Browser{text.substr(0, before_end), text[0] == kind_person, {}};
}

void Browsers::remember(Response& response, const std::string& practitioner_id, Instant now) const {
  if (key_.empty()) return;
  const auto name = hmac_sha256(key_, as_bytes("browser of" + std::string(1, '\0') + practitioner_id));
  set_browser_cookie(response, seal(kind_person, shortened(name), now));
}

std::string Browsers::person(const Request& request, Instant now) const {
  const auto known = open(request, now);
  return known && known->person ? known->name : std::string();
}

Browser Browsers::find(const Request& request, Random& random, Instant now) const {
  if (auto known = open(request, now)) return std::move(*known);
  const auto name = random_secret(random, name_bytes);
  return {std::string(1, kind_drawn) + "." + name, false, key_.empty() ? "" : seal(kind_drawn, name, now)};
}

void Browsers::mark(Response& response, const Browser& browser) {
  if (!browser.unmarked.empty()) set_browser_cookie(response, browser.unmarked);
}

}  // namespace tegata::http
