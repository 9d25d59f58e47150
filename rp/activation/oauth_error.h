// Answers of the OAuth endpoints: causes become the errors of RFC 6749, 8628, 8707 and 7009 here and nowhere else.
#pragma once

#include "rp/http/http.h"

namespace tegata::activation {

// What a client gets to read for a cause.
struct OAuthError {
  int status = 500;
  std::string_view error = "server_error";
  std::string_view description;  // empty: none, so as to tell strangers nothing
};
OAuthError oauth_error_of(ErrorCode);

// JSON with Cache-Control: no-store.
http::Response oauth_response(int status, const Json& body);
// 503 and 429 carry Retry-After; 401 is the same for every cause.
http::Response oauth_refusal(const Error&);
// For the pages' calls: problem+json; `owner` says that the caller owns the request and may learn the cause.
http::Response page_refusal(const http::Request&, const Error&, bool owner);

}  // namespace tegata::activation
