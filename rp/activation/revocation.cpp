#include "rp/activation/revocation.h"

#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/store/passes.h"

namespace tegata::activation {
namespace {

namespace e = errors;

Status revoke_pass(const Services& services, const http::Request& request, const std::string& client_id,
                   const std::string& jti) {
  const Deed deed = deed_of_client(client_id, "pass:" + jti);
  return write<void>(
      services, request, deed,
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(const bool revoked, store::revoke_pass(transaction, jti, client_id, "revoked_by_client"));
        if (revoked) {
          transaction.audit(event(request, deed, "pass_revoked", {{"jti", jti}}));
          return {};
        }
        TEGATA_ASSIGN(const auto pass, store::find_pass(transaction, jti));
        if (pass && pass->client_id != client_id) {
          return Error(e::activation_token_of_another_client, jti,
                       "rfc7009#section-2.1: the token was issued to this client");
        }
        return {};
      },
      store::Purpose::take_away);
}

Status cancel_request(const Services& services, const http::Request& request, const std::string& client_id,
                      const std::string& device_code) {
  const Deed deed = deed_of_client(client_id, "device_code");
  return write<void>(
      services, request, deed,
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(const auto found, store::find_activation_by_device_code(transaction, sha256(device_code)));
        if (!found) return {};
        store::Condition condition;
        condition.client_id = client_id;
        store::Change change;
        change.reason = std::string(e::activation_cancelled.name());
        TEGATA_ASSIGN(const bool moved, store::advance(transaction, handoff::Kind::activation, found->id,
                                                       handoff::Event::cancel, condition, change));
        if (moved)
          transaction.audit(event(request, deed_of_client(client_id, subject_of(*found)), "activation_cancelled"));
        if (!moved && found->client_id != client_id) return Error(e::activation_token_of_another_client, found->id);
        return {};
      },
      store::Purpose::take_away);
}

Status end(const Services& services, const http::Request& request) {
  TEGATA_ASSIGN(const Form form, http::form_body(request));
  TEGATA_ASSIGN(const auto client, named_or_authenticated(services, request, form, store::Purpose::take_away));
  const auto token = parameter(form, "token");
  if (!token) return Error(e::activation_request_malformed, "token");
  // Whether its time is over does not matter for ending it.
  const auto jws = pass::verify_jws(*token, *services.keys.newest(), is_deployed(client) ? "JWT" : "at+jwt");
  const std::string jti = jws ? jws->claims().value("jti", "") : std::string();
  const Status ended = jti.empty() ? cancel_request(services, request, client.id(), *token)
                                   : revoke_pass(services, request, client.id(), jti);
  if (!ended && ended.error().code() == e::activation_token_of_another_client) return {};
  return ended;
}

}  // namespace

http::Response revoke(const Services& services, const http::Request& request) {
  const auto ended = end(services, request);
  if (ended) return oauth_response(200, Json::object());
  if (oauth_error_of(ended.error().code()).status == 503) return oauth_refusal(ended.error());
  return oauth_refusal(refuse(services, request, deed_of_phone(request, "unknown", "revoke"), ended.error()));
}

}  // namespace tegata::activation
