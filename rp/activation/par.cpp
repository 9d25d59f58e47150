#include "rp/activation/par.h"

#include "rp/activation/authorization_request.h"
#include "rp/activation/dpop.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/request_object.h"
#include "rp/store/proofs.h"

namespace tegata::activation {
namespace {

namespace e = errors;

// The request without what proved the client.
Json parameters_of(const Form& form) {
  Json out = Json::object();
  for (const auto& [name, value] : form) {
    if (!name.starts_with("client_assertion")) out[name] = value;
  }
  return out;
}

// rfc9449#section-10.1: a proof with the pushed request announces the key as dpop_jkt does.
Status announce_key(const Services& services, const http::Request& request, Form& form) {
  TEGATA_ASSIGN(const auto key, dpop_key(services, request));
  if (!key) return {};
  const auto [announced, fresh] = form.try_emplace("dpop_jkt", base64url(*key));
  if (!fresh && announced->second != base64url(*key)) {
    return Error(e::activation_dpop_refused, "dpop_jkt", "rfc9449#section-10.1: dpop_jkt names the key of the proof");
  }
  return {};
}

Result<Json> push(const Services& services, const http::Request& request) {
  TEGATA_ASSIGN(const Form sent, http::form_body(request));
  TEGATA_ASSIGN(const auto client, authenticate_client(services, request, sent));
  if (sent.contains("request_uri")) {
    return Error(e::activation_request_malformed, "request_uri", "rfc9126#section-2.1: no request_uri in it");
  }
  // rfc9126#section-3: the object is of the client that pushes it.
  TEGATA_ASSIGN(Form form, open_request_object(services, sent, client.client(), pass::RequestKind::authorization));
  TEGATA_TRY(announce_key(services, request, form));
  TEGATA_TRY(verify_authorization_request(form, client.client()));
  const std::string secret = random_secret(services.random, 32);
  const auto life = services.settings.pushed_request_life;
  const Status kept = services.store.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(verify_standing(transaction, client.client(), client.certificate(), transaction.now()));
    TEGATA_TRY(store::insert_pushed_request(
        transaction, {sha256(secret), client.id(), parameters_of(form), transaction.now() + life}));
    transaction.audit(event(request, deed_of_client(client.id(), "pushed_request"), "authorization_pushed"));
    return {};
  });
  if (!kept) return kept.error();
  return Json{{"request_uri", std::string(request_uri_prefix) + secret}, {"expires_in", life.count()}};
}

}  // namespace

http::Response push_authorization(const Services& services, const http::Request& request) {
  const auto body = push(services, request);
  if (body) return oauth_response(201, *body);
  return oauth_refusal(refuse(services, request, deed_of_phone(request, "unknown", "par"), body.error()));
}

}  // namespace tegata::activation
