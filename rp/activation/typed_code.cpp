#include "rp/activation/typed_code.h"

#include "rp/activation/begin.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/scan.h"

namespace tegata::activation {
namespace {

namespace e = errors;

// Three bytes of UTF-8 as their code point; other lengths are none of a code's characters.
char32_t three_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  return ((at(0) & 0x0f) << 12) | ((at(1) & 0x3f) << 6) | (at(2) & 0x3f);
}

bool is_separator(char32_t c) {
  // Space, hyphen-minus, full-width hyphen and space, the hyphens and dashes, minus, the long sound mark.
  constexpr char32_t all[] = {' ', '-', 0x3000, 0xff0d, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x30fc};
  return std::find(std::begin(all), std::end(all), c) != std::end(all);
}

std::optional<std::u32string> characters(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t size = first < 0x80 ? 1 : (first & 0xf0) == 0xe0 ? 3 : 0;
    if (size == 0 || text.size() < size) return std::nullopt;
    out += size == 1 ? static_cast<char32_t>(first) : three_bytes(text);
    text.remove_prefix(size);
  }
  return out;
}

struct Typed {
  std::string code;
  Claims claims;
};

Result<Typed> parse_typed(const Services& services, const http::Request& request) {
  TEGATA_TRY(http::require_same_origin(request, services.settings.issuer));
  TEGATA_ASSIGN(const Json body, http::json_body(request));
  TEGATA_ASSIGN(const std::string text, json_string(body, "user_code"));
  const auto code = normalise_user_code(text);
  if (!code) return Error(e::activation_user_code_malformed);
  return Typed{*code, Claims(request)};
}

Result<Scanned> type_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                        const Typed& typed, const Offer& offer) {
  TEGATA_ASSIGN(const auto handoff, store::find_activation_by_user_code(transaction, typed.code, transaction.now()));
  if (!handoff || handoff->login_hint.empty()) {
    return Error(e::activation_user_code_unknown, {}, "rfc8628#section-5.1: codes that are guessed open nothing");
  }
  TEGATA_ASSIGN(const auto facility, store::find_facility(transaction, handoff->facility_code));
  if (!facility || !facility->typed_code) {
    return Error(e::activation_user_code_unknown, handoff->facility_code + ": by QR alone");
  }
  return open_on_phone(transaction, services, request, typed.claims, *handoff, offer);
}

// Whoever typed a wrong code gets the cookie by which wrong codes are counted.
http::Response refused(const http::Request& request, const Error& error, const http::Browser& browser) {
  auto response = page_refusal(request, error, true);
  http::Browsers::mark(response, browser);
  return response;
}

http::Response stopped(const Services& services, const http::Request& request, const Deed& deed,
                       const http::Browser& browser, std::chrono::milliseconds wait) {
  auto response = refused(request, refuse(services, request, deed, Error(e::activation_user_code_limit)), browser);
  response.headers.erase("Retry-After");
  response.headers.emplace("Retry-After", retry_after(wait));
  return response;
}

// A known person's wrong codes count for that person alone, so that others at the address take nothing away. Whoever is
// not known has what is left of his browser's and of the address's.
SourceLimit::Call counted_by(const http::Request& request, const http::Browser& browser) {
  return {browser.person ? std::string() : request.remote_address, browser.name};
}

}  // namespace

std::optional<std::string> normalise_user_code(std::string_view typed) {
  const auto all = typed.size() <= 64 ? characters(typed) : std::nullopt;
  if (!all) return std::nullopt;
  std::string out;
  for (char32_t c : *all) {
    if (is_separator(c)) continue;
    if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;
    if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
    const bool wanted = out.size() < user_code_length
                            ? c < 0x80 && user_code_letters.find(static_cast<char>(c)) != std::string_view::npos
                            : c >= '0' && c <= '9';
    if (!wanted) return std::nullopt;
    out += static_cast<char>(c);
  }
  if (out.size() != user_code_length + 2) return std::nullopt;
  return out.insert(8, "-").insert(4, "-");
}

http::Response type_code(const Services& services, const http::Request& request) {
  const Deed deed = deed_of_phone(request, "unknown", "activation_type");
  const auto typed = parse_typed(services, request);
  if (!typed) {
    const bool form = typed.error().code() == e::activation_user_code_malformed;
    return page_refusal(request, refuse(services, request, deed, typed.error()), form);
  }
  // The try is taken before the code is looked up, and given back where it was right.
  auto& tries = services.memory->typed;
  const auto browser = services.browsers.find(request, services.random, services.clock.now());
  const auto counted = counted_by(request, browser);
  const auto wait = tries.wait(counted, services.clock.monotonic());
  if (wait.count() > 0) return stopped(services, request, deed, browser, wait);
  const Offer offer = make_offer(services);
  const auto opened = write<Scanned>(services, request, deed, [&](store::Transaction& transaction) {
    return type_in(transaction, services, request, *typed, offer);
  });
  if (!opened && opened.error().code() == e::activation_user_code_unknown) {
    return refused(request, opened.error(), browser);
  }
  tries.give_back(counted, services.clock.monotonic());
  return show_opened(services, request, deed, opened, offer);
}

}  // namespace tegata::activation
