#include "rp/http/refusal_page.h"

namespace tegata::http {

bool is_opened(const Request& request) {
  const bool of_people =
      request.origin == Origin::public_pages || request.origin == Origin::card || request.origin == Origin::mynumber;
  return of_people && request.header("sec-fetch-mode") == "navigate";
}

Response refusal_page(const Request& request, const Error& error) {
  const auto ja = message_for(error.code().name(), "ja"), en = message_for(error.code().name(), "en");
  // The origins of cards have neither style nor first page.
  const bool ours = request.origin == Origin::public_pages;
  Response response;
  response.status = ja.status;
  response.cause = std::string(error.code().name());
  response.headers.emplace("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace("Cache-Control", "no-store");
  if (response.status == 503) response.headers.emplace("Retry-After", "5");
  response.body = std::string(
                      "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\">") +
                  (ours ? "<link rel=\"stylesheet\" href=\"/assets/shared/style.css\">" : "") + "<title>" + ja.title +
                  "</title><main data-testid=\"refusal\"><h1>" + ja.title + "</h1><p>" + ja.detail +
                  "</p><p lang=\"en\"><strong>" + en.title + "</strong> " + en.detail + "</p><p class=\"small\">" +
                  ja.shown + " · 問い合わせ番号 / Reference " + request.request_id + "</p>" +
                  (ours ? "<p><a class=\"button\" href=\"/\">はじめの画面 / First page</a></p>" : "") +
                  "</main></html>";
  return response;
}

}  // namespace tegata::http
