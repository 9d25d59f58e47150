// What handlers speak. Knows no HTTP library and no proxy.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/json.h"
#include "rp/base/result.h"
#include "rp/http/cookies.h"

namespace tegata::http {

// Which front end took the connection; decided by the socket, never by a header.
enum class Origin { public_pages, card, mynumber, facility, operations };

struct Request {
  Origin origin = Origin::public_pages;
  std::string method;
  std::string path;                                 // decoded, without query
  std::multimap<std::string, std::string> query;    // decoded
  std::multimap<std::string, std::string> headers;  // names in lower case; octets as they were sent
  std::vector<Cookie> cookies;                      // ours alone
  std::string body;
  std::string host;                         // SNI host without port, as the proxy checked it
  std::optional<Bytes> client_certificate;  // DER, from the proxy only, and never of a resumed session
  bool tls_resumed = false;
  std::string remote_address;  // from the proxy only
  std::string request_id;

  // The first value, or nothing.
  std::optional<std::string> header(const std::string& lower_case_name) const;
  std::optional<std::string> cookie(std::string_view name) const;
  // "ja" unless the page asks for "en" (X-Tegata... never; by the `lang` query, the `lang` cookie, or Accept-Language).
  std::string language() const;
};

struct Response {
  int status = 200;
  std::multimap<std::string, std::string> headers;
  std::string body;
  std::string cause;  // error code for log and metrics; never sent
};

Response json_response(int status, const Json& body);
// 303 with Referrer-Policy: no-referrer.
Response see_other(const std::string& location);
// A __Host- cookie: Secure, HttpOnly, Path=/, SameSite=Strict. Without max_age it ends with the browser (RFC 6265
// section 5.3: no persistent flag); max_age in seconds; 0 deletes it.
void set_cookie(Response&, const std::string& name, const std::string& value);
void set_cookie(Response&, const std::string& name, const std::string& value, std::int64_t max_age);
// The cookie by which a browser owns one hand-off, named `kind` + `id`. A browser that holds more of a kind than are
// read loses those that it got first.
void set_handoff_cookie(const Request&, Response&, std::string_view kind, const std::string& id,
                        const std::string& value, std::int64_t max_age);

// RFC 9457 for pages: type, title, status, detail, code, request_id. Status and words come from the catalogue
// (web/text/errors.json); what a stranger sees is the catalogue's shown code, not the cause. A person who opened the
// address gets a page (rp/http/refusal_page.h), an OAuth client its own form (rp/http/oauth_call.h).
Response problem(const Request&, const Error&, const Json& extra = Json::object());

// 405, with Allow.
Response method_not_allowed(const Request&, const std::string& allowed);

// The catalogue's entry of a cause. Unknown causes read as "internal".
struct Message {
  std::string shown;  // "E-310"
  int status = 500;
  bool counts = false;  // towards a lock
  std::string title, detail;
};
Message message_for(std::string_view code, const std::string& language);

// A JSON object body with Content-Type application/json. Errors: http_content_type, those of parse_json.
Result<Json> json_body(const Request&);
// application/x-www-form-urlencoded, each name once. Errors: http_content_type, http_form_malformed,
// http_form_duplicate.
Result<std::map<std::string, std::string>> form_fields(const Request&);
// Likewise; those without a value are left out (RFC 6749 section 3.2).
Result<std::map<std::string, std::string>> form_body(const Request&);
// A state-changing call of our own pages: Origin is exactly `origin` and Sec-Fetch-Site is same-origin.
// Error: http_cross_site.
Status require_same_origin(const Request&, const std::string& origin);

using Handler = std::function<Response(const Request&)>;

// Exact paths only. 404 and 405 (with Allow) are answered here.
class Router {
 public:
  void add(Origin, const std::string& method, const std::string& path, Handler);
  Response handle(const Request&) const;
  struct Route {
    Origin origin;
    std::string method, path;
  };
  std::vector<Route> routes() const;

 private:
  std::map<std::pair<Origin, std::string>, std::map<std::string, Handler>> routes_;
};

}  // namespace tegata::http
