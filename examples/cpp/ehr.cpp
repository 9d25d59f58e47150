// An EHR in C++, with cpp-httplib and OpenSSL: it asks for a pass by the device grant (RFC 8628), shows the number, waits,
// uses the pass at a signature service, and ends it.
//
//   g++ -std=c++17 ehr.cpp -o ehr $(pkg-config --cflags --libs cpp-httplib openssl)
//   ./ehr settings.json [本人ID]
//
// settings.json: {"issuer", "client_id", "cert", "key", "tls_ca", "signature_service"}; the files are PEM.
#include <httplib.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

using Json = nlohmann::json;

namespace {

constexpr const char* device_grant = "urn:ietf:params:oauth:grant-type:device_code";

struct Answer {
  int status = 0;  // 0: nobody answered
  Json body;
};

class Caller {
 public:
  explicit Caller(Json settings) : settings_(std::move(settings)) {}

  Answer get(const std::string& url) const { return read(client(url).Get(path(url))); }
  Answer post(const std::string& url, httplib::Params form, const httplib::Headers& headers = {}) const {
    form.emplace("client_id", text("client_id"));
    return read(client(url).Post(path(url), headers, form));
  }
  std::string text(const char* name) const { return settings_.at(name); }

 private:
  static std::size_t end_of_origin(const std::string& url) { return url.find('/', url.find("//") + 2); }
  static std::string path(const std::string& url) { return url.substr(end_of_origin(url)); }

  // Every connection shows the facility's certificate. A pass is bound to the certificate that fetched it (RFC 8705).
  httplib::Client client(const std::string& url) const {
    httplib::Client out(url.substr(0, end_of_origin(url)), text("cert"), text("key"));
    out.set_ca_cert_path(text("tls_ca"));
    return out;
  }
  static Answer read(const httplib::Result& result) {
    if (!result) return {};
    return {result->status, Json::parse(result->body, nullptr, false)};
  }
  Json settings_;
};

// Asks at the interval that the server names, slower when told so or when nobody answers, until the person has answered.
Answer wait_for_answer(const Caller& caller, const std::string& endpoint, const Json& request) {
  auto interval = std::chrono::seconds(request.at("interval"));
  for (;;) {
    std::this_thread::sleep_for(interval);
    const auto answer =
        caller.post(endpoint, {{"grant_type", device_grant}, {"device_code", request.at("device_code")}});
    const std::string error = answer.body.is_object() ? answer.body.value("error", "") : "";
    if (answer.status == 0 || answer.status == 503 || error == "slow_down") interval += std::chrono::seconds(5);
    else if (error != "authorization_pending") return answer;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::ifstream file(argv[1]);
  const Caller caller(Json::parse(file));
  const auto found = caller.get(caller.text("issuer") + "/.well-known/oauth-authorization-server");
  if (found.status != 200) return std::cerr << "no answer from the issuer\n", 1;
  const Json& endpoints = found.body.at("mtls_endpoint_aliases");

  // One open request for each terminal: a new one takes the place of the old. login_hint where it is known who sits there.
  httplib::Params wanted{{"scope", "openid hpki.sign"}, {"terminal_id", "example-cpp"}, {"terminal_name", "診察室 2"}};
  if (argc > 2) wanted.emplace("login_hint", argv[2]);
  const auto request = caller.post(endpoints.at("device_authorization_endpoint"), wanted);
  if (request.status != 200) return std::cerr << "refused: " << request.body.dump() << "\n", 1;
  // For the screen: the QR (qr_svg is a ready SVG; here its link as text) and, large beside it, the number.
  std::cout << "link: " << request.body.at("verification_uri_complete").get<std::string>()
            << "\nnumber: " << request.body.at("number").get<std::string>() << std::endl;

  const auto tokens = wait_for_answer(caller, endpoints.at("token_endpoint"), request.body);
  if (tokens.status != 200) return std::cout << "refused: " << tokens.body.value("error", "") << std::endl, 1;
  const std::string pass = tokens.body.at("access_token");
  std::cout << "pass: " << tokens.body.at("expires_in") << " s" << std::endl;
  const auto check = caller.post(caller.text("signature_service") + "/check", {}, {{"Authorization", "Bearer " + pass}});
  std::cout << "signature service: " << check.status << std::endl;
  const auto ended = caller.post(endpoints.at("revocation_endpoint"), {{"token", pass}});
  std::cout << (ended.status == 200 ? "ended" : "not ended") << std::endl;
}
