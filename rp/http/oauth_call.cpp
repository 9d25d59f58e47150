#include "rp/http/oauth_call.h"

#include <algorithm>

#include "rp/http/errors.h"

namespace tegata::http {

bool is_oauth_call(const Request& request) {
  return request.origin == Origin::facility || (request.origin == Origin::public_pages &&
                                                std::ranges::find(oauth_paths, request.path) != std::end(oauth_paths));
}

Response oauth_problem(const Error& error) {
  const auto message = message_for(error.code().name(), "en");
  const char* name = message.status < 500    ? "invalid_request"
                     : message.status == 503 ? "temporarily_unavailable"
                                             : "server_error";
  const bool method = error.code() == errors::http_method_not_allowed;
  auto response = json_response(
      message.status,
      {{"error", name}, {"error_description", method ? "This method is not served here." : message.title}});
  if (message.status == 503) response.headers.emplace("Retry-After", "5");
  response.cause = std::string(error.code().name());
  return response;
}

}  // namespace tegata::http
