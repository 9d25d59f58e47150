#include <algorithm>

#include "rp/base/errors.h"
#include "rp/base/media_type.h"
#include "rp/http/errors.h"
#include "rp/http/http.h"

namespace tegata::http {
namespace {

// RFC 9110 section 8.3: one field with one media type. Its parameters must be in the grammar, and change nothing: JSON
// (RFC 8259 section 11) and forms (the URL standard) have none.
Status require_content_type(const Request& request, std::string_view expected) {
  const auto sent = request.header("content-type").value_or("");
  if (request.headers.count("content-type") == 1 && media_type_of(sent) == expected) return {};
  return Error(errors::http_content_type, sent.substr(0, 100), "rfc9110#section-8.3: the type of the content, once");
}

Result<std::string> decode_form_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const auto byte = parse_hex(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return Error(errors::http_form_malformed, "percent encoding");
      out += static_cast<char>(byte->front());
      i += 2;
    }
  }
  if (!is_utf8(out) || out.find('\0') != std::string::npos) return Error(errors::http_form_malformed, "text");
  return out;
}

}  // namespace

Result<Json> json_body(const Request& request) {
  TEGATA_TRY(require_content_type(request, "application/json"));
  TEGATA_ASSIGN(auto json, parse_json(request.body));
  if (!json.is_object()) return Error(errors::json_member_type, "not an object");
  return json;
}

Result<std::map<std::string, std::string>> form_fields(const Request& request) {
  TEGATA_TRY(require_content_type(request, "application/x-www-form-urlencoded"));
  std::map<std::string, std::string> form;
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    TEGATA_ASSIGN(auto name, decode_form_text(pair.substr(0, equals)));
    TEGATA_ASSIGN(auto value, decode_form_text(pair.substr(std::min(equals + 1, pair.size()))));
    if (!form.emplace(name, std::move(value)).second) return Error(errors::http_form_duplicate, name);
  }
  return form;
}

Result<std::map<std::string, std::string>> form_body(const Request& request) {
  TEGATA_ASSIGN(auto form, form_fields(request));
  std::erase_if(form, [](const auto& parameter) { return parameter.second.empty(); });
  return form;
}

Status require_same_origin(const Request& request, const std::string& origin) {
  if (request.headers.count("origin") == 1 && request.header("origin") == origin &&
      request.header("sec-fetch-site") == "same-origin") {
    return {};
  }
  return Error(errors::http_cross_site, request.header("origin").value_or("no origin"));
}

}  // namespace tegata::http
