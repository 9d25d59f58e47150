// A browser at /authorize, sent there by the client with a key.
#pragma once

#include "rp/activation/authorize.h"
#include "tests/unit/activation/clients.h"

namespace tegata::test {

class AuthorizeBrowser {
 public:
  explicit AuthorizeBrowser(KeyWorld& world) : world_(world) {}

  std::string id, cookie, session;
  std::multimap<std::string, std::string> fetch_metadata;  // of opening the address; older browsers send none
  std::string known;                                       // the cookie by which limits know it
  const std::string verifier = std::string(43, 'A');

  Parameters parameters(Parameters changes) const {
    const Parameters good = {{"client_id", world_.key_client},
                             {"response_type", "code"},
                             {"scope", "openid hpki.sign"},
                             {"redirect_uri", callback},
                             {"code_challenge", base64url(sha256(verifier))},
                             {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : good) changes.try_emplace(name, value);
    std::erase_if(changes, [](const auto& each) { return each.second == "-"; });
    return changes;
  }

  // Without taking up the transaction that it leads to.
  http::Response open_again(const Parameters& parameters) {
    http::Request request;
    request.method = "GET";
    request.path = "/authorize";
    request.remote_address = "192.0.2.3";
    request.headers = fetch_metadata;
    for (const auto& [name, value] : parameters) request.query.emplace(name, value);
    request.cookies = cookies_of(known);
    return world_.router.handle(request);
  }
  http::Response open_with(const Parameters& parameters) {
    auto response = open_again(parameters);
    const std::string location = header_of(response, "Location");
    if (!location.starts_with("/authorize/choose#x=")) return response;
    id = location.substr(location.find("#x=") + 3);
    const std::string set = header_of(response, "Set-Cookie");  // the browser's own comes after a proof alone
    cookie = set.substr(0, set.find(';'));
    return response;
  }
  http::Response open(Parameters changes) { return open_with(parameters(std::move(changes))); }

  http::Response push(Parameters changes) { return world_.send_signed("/par", parameters(std::move(changes))); }

  http::Response post(const std::string& what, Json body = Json::object(), bool same_origin = true) {
    http::Request request;
    request.method = "POST";
    request.path = "/api/authorize/" + what;
    request.remote_address = "192.0.2.3";
    request.headers.emplace("content-type", "application/json");
    request.headers.emplace("origin", same_origin ? World::origin : "https://elsewhere.example");
    request.headers.emplace("sec-fetch-site", same_origin ? "same-origin" : "cross-site");
    request.cookies = cookies_of(cookie + (session.empty() ? "" : "; " + session));
    if (!body.is_object()) body = Json::object();
    body["id"] = id;
    request.body = dump_json(body);
    auto response = world_.router.handle(request);
    // An approval renews it.
    const auto [begin, end] = response.headers.equal_range("Set-Cookie");
    for (auto set = begin; set != end; ++set) {
      const std::string kept = set->second.substr(0, set->second.find(';'));
      if (kept.starts_with(activation::authorize_cookie)) cookie = kept;
      if (kept.starts_with("__Host-tegata-browser=")) known = kept;
    }
    return response;
  }
  Json call(const std::string& what, const Json& body = Json::object()) {
    const auto response = post(what, body);
    INFO(what << " " << response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }
  std::string refusal(const std::string& what, const Json& body = Json::object(), bool same_origin = true) {
    const auto response = post(what, body, same_origin);
    CHECK(response.status >= 400);
    return response.cause;
  }

  std::string scan_token() const { return activation::scan_token_of(cookie.substr(cookie.find('=') + 1)); }

  void approve_here(Phone& phone) {
    const auto assertion = phone.authenticator.get(call("options")["publicKey"], World::origin, {}, world_.random);
    REQUIRE(assertion);
    REQUIRE(call("passkey", {{"credential", *assertion}})["state"] == "approved");
  }

  http::Response redeem(const std::string& code, const ClientSigner* proof_key = nullptr, Parameters changes = {}) {
    const Parameters good = {
        {"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", callback}, {"code_verifier", verifier}};
    for (const auto& [name, value] : good) changes.try_emplace(name, value);
    const ClientSigner& key = proof_key ? *proof_key : world_.dpop;
    return world_.send({http::Origin::public_pages, "/token", world_.signed_form(changes),
                        key.proof("POST", std::string(World::origin) + "/token", world_.clock.now())});
  }

 private:
  KeyWorld& world_;
};

}  // namespace tegata::test
