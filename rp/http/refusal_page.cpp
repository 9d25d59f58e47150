#include "rp/http/refusal_page.h"

#include "rp/http/plain_page.h"

namespace tegata::http {
namespace {

constexpr const char* our_style = "<link rel=\"stylesheet\" href=\"/assets/shared/style.css\">";

// As the messages call it: those about cards say "press Try again".
std::string link(bool ours, const std::string& first_page) {
  if (first_page.empty()) return {};
  return "<p><a class=\"button\" data-testid=\"" + std::string(ours ? "first-page" : "retry") + "\" href=\"" +
         first_page + "\">" + (ours ? "はじめの画面 / First page" : "もう一度 / Try again") + "</a></p>";
}

}  // namespace

bool is_opened(const Request& request) {
  const bool of_people =
      request.origin == Origin::public_pages || request.origin == Origin::card || request.origin == Origin::mynumber;
  return of_people && request.header("sec-fetch-mode") == "navigate";
}

Response refusal_page(const Request& request, const Error& error, const std::string& first_page) {
  const auto ja = message_for(error.code().name(), "ja"), en = message_for(error.code().name(), "en");
  const bool ours = request.origin == Origin::public_pages;
  const auto back = ours && first_page.empty() ? "/" : first_page;
  Response response;
  response.status = ja.status;
  response.cause = std::string(error.code().name());
  response.headers.emplace("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace("Cache-Control", "no-store");
  if (!ours) response.headers.emplace("Content-Security-Policy", plain_page_policy());
  if (response.status == 503) response.headers.emplace("Retry-After", "5");
  const auto main = "<main data-testid=\"" + std::string(ours ? "refusal" : "card-error") + "\"><h1>" + ja.title +
                    "</h1><p>" + ja.detail + "</p><p lang=\"en\"><strong>" + en.title + "</strong> " + en.detail +
                    "</p><p class=\"small\">" + ja.shown + " · 問い合わせ番号 / Reference " + request.request_id +
                    "</p>" + link(ours, back) + "</main>";
  response.body = ours ? page_with(our_style, ja.title, main) : plain_page(ja.title, main);
  return response;
}

}  // namespace tegata::http
