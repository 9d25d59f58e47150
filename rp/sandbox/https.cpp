#include "rp/sandbox/https.h"

#include <httplib.h>

#include "rp/base/errors.h"
#include "rp/server/config/config.h"

namespace tegata::sandbox {
namespace {

std::string encode(const std::map<std::string, std::string>& form) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  const auto add = [&out](const std::string& text) {
    for (const unsigned char c : text) {
      if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
        out += static_cast<char>(c);
      } else {
        out += {'%', digits[c >> 4], digits[c & 15]};
      }
    }
  };
  for (const auto& [name, value] : form) {
    if (!out.empty()) out += '&';
    add(name);
    out += '=';
    add(value);
  }
  return out;
}

void keep_cookies(const httplib::Response& response, std::map<std::string, std::string>& cookies) {
  const auto [begin, end] = response.headers.equal_range("Set-Cookie");
  for (auto it = begin; it != end; ++it) {
    const auto& line = it->second;
    const auto equals = line.find('='), semicolon = line.find(';');
    if (equals == std::string::npos) continue;
    const auto name = line.substr(0, equals);
    cookies[name] = line.substr(equals + 1, semicolon == std::string::npos ? semicolon : semicolon - equals - 1);
    if (line.find("Max-Age=0") != std::string::npos) cookies.erase(name);
  }
}

}  // namespace

Identification identification(const Json& sandbox, const Json& party) {
  return {sandbox.value("tls_ca", ""), party.value("cert", ""), party.value("key", "")};
}

HttpsClient::HttpsClient(std::string origin, Identification identification, bool as_page)
    : origin_(std::move(origin)), identification_(std::move(identification)), as_page_(as_page) {}

Result<Answer> HttpsClient::get(const std::string& target) { return send("GET", target, "", "", {}); }

Result<Answer> HttpsClient::post_json(const std::string& target, const Json& body) {
  return send("POST", target, "application/json", dump_json(body), {});
}

Result<Answer> HttpsClient::post_form(const std::string& target, const std::map<std::string, std::string>& form,
                                      const std::map<std::string, std::string>& headers) {
  return send("POST", target, "application/x-www-form-urlencoded", encode(form), headers);
}

Result<Answer> HttpsClient::send(const std::string& method, const std::string& target, const std::string& type,
                                 const std::string& body, const std::map<std::string, std::string>& headers) {
  TEGATA_ASSIGN(const auto parts, server::config::parse_origin(origin_));
  httplib::SSLClient client(parts.host, parts.port, identification_.certificate, identification_.key);
  client.set_ca_cert_path(identification_.tls_ca.c_str());
  client.enable_server_certificate_verification(true);
  client.set_hostname_addr_map({{parts.host, "127.0.0.1"}});
  client.set_connection_timeout(5);
  client.set_read_timeout(20);
  httplib::Request request;
  request.method = method;
  request.path = target;
  request.body = body;
  if (!type.empty()) request.set_header("Content-Type", type);
  if (as_page_ && method == "POST") {
    request.set_header("Origin", origin_);
    request.set_header("Sec-Fetch-Site", "same-origin");
  }
  std::string cookies;
  for (const auto& [name, value] : cookies_) cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
  if (!cookies.empty()) request.set_header("Cookie", cookies);
  for (const auto& [name, value] : headers) request.set_header(name.c_str(), value);
  const auto result = client.send(request);
  if (!result) return Error(errors::internal, method + " " + origin_ + ": " + httplib::to_string(result.error()));
  keep_cookies(*result, cookies_);
  Answer answer{result->status, result->get_header_value("Location"), result->body, nullptr};
  if (auto json = parse_json(answer.text, {1024 * 1024, 16})) answer.body = std::move(*json);
  return answer;
}

}  // namespace tegata::sandbox
