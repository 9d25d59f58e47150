// Clients that have a key instead of a certificate, and browsers at /authorize.
#pragma once

#include "tests/support/client_signer.h"
#include "tests/unit/activation/world.h"

namespace tegata::test {

inline constexpr const char* callback = "https://ehr.example/callback";

// Any request to an endpoint of clients, with or without DPoP, at either origin.
struct Sent {
  http::Origin origin = http::Origin::public_pages;
  std::string path;
  Parameters form;
  std::optional<std::string> dpop = std::nullopt;
  std::optional<Bytes> certificate = std::nullopt;
  Parameters headers = {};
};

class KeyWorld : public World {
 public:
  const ClientSigner key;
  const ClientSigner dpop;
  const std::string key_client = "ehr-key";

  KeyWorld() {
    change([&](store::Transaction& t) -> Status {
      store::Client client{key_client, "1312345678", false, true, {"openid", "hpki.sign"}, {audience}};
      client.auth_method = "private_key_jwt";
      client.jwks = key.jwks();
      client.redirect_uris = {callback, "http://127.0.0.1/cb"};
      TEGATA_TRY(store::put_client(t, client));
      TEGATA_ASSIGN(auto by_certificate, store::find_client(t, "ehr-1"));
      by_certificate->redirect_uris = {callback};
      return store::put_client(t, *by_certificate);
    });
  }

  http::Response send(const Sent& sent) {
    http::Request request;
    request.origin = sent.origin;
    request.method = "POST";
    request.path = sent.path;
    request.remote_address = "192.0.2.9";
    request.client_certificate = sent.certificate;
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    if (sent.dpop) request.headers.emplace("dpop", *sent.dpop);
    for (const auto& [name, value] : sent.headers) request.headers.emplace(name, value);
    for (const auto& [name, value] : sent.form)
      request.body += (request.body.empty() ? "" : "&") + name + "=" + encode(value);
    return router.handle(request);
  }

  Parameters signed_form(Parameters form, const Json& changes = {}) {
    form.try_emplace("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.try_emplace("client_assertion", key.assertion(key_client, origin, clock.now(), changes));
    return form;
  }
  http::Response send_signed(const std::string& path, Parameters form, bool with_proof = true) {
    const auto proof = dpop.proof("POST", std::string(origin) + path, clock.now());
    return send({http::Origin::public_pages, path, signed_form(std::move(form)),
                 with_proof ? std::optional(proof) : std::nullopt});
  }

  static std::string encode(const std::string& text) {
    std::string out;
    for (const char c : text) {
      constexpr const char* digits = "0123456789ABCDEF";
      const auto byte = static_cast<std::uint8_t>(c);
      out += std::isalnum(byte) ? std::string(1, c) : std::string{'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
  }
};

inline std::string header_of(const http::Response& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

inline std::string parameter_of(const std::string& uri, const std::string& name) {
  const auto at = uri.find((uri.find("?" + name + "=") != uri.npos ? "?" : "&") + name + "=");
  if (at == uri.npos) return "";
  const auto begin = at + name.size() + 2;
  return uri.substr(begin, uri.find('&', begin) - begin);
}

}  // namespace tegata::test
