#include "rp/activation/deployed_profile.h"

#include "rp/activation/asked.h"
#include "rp/activation/errors.h"
#include "rp/store/passes.h"

namespace tegata::activation {
namespace {

namespace e = errors;

struct DeployedClient {
  const char *name, *method;
};
constexpr DeployedClient deployed_clients[] = {{"FIDO", "key"}, {"HPKI", "card"}, {"JPKI", "mynumber"}};

store::Client as_configured(const char* name, const DeployedProfile& profile) {
  store::Client out{name, profile.facility_code, false, true, {"openid"}, {profile.audience}};
  out.auth_method = no_authentication;
  out.redirect_uris = {profile.redirect_uri};
  return out;
}

Json told(const store::Client& client) {
  return {{"facility", client.facility_code},
          {"redirect_uris", client.redirect_uris},
          {"audiences", client.audiences},
          {"weak", true}};
}

Status put_deployed_client(store::Transaction& transaction, const char* name, const DeployedProfile& profile) {
  store::Client client = as_configured(name, profile);
  TEGATA_ASSIGN(const auto before, store::find_client(transaction, name));
  if (before && told(*before) == told(client)) return {};
  client.active = !before || before->active;
  TEGATA_TRY(store::put_client(transaction, client));
  TEGATA_ASSIGN(const auto ended, store::end_fallen(transaction, store::Right::client, name));
  store::AuditEvent record;
  record.kind = "deployed_client_put";
  record.actor = "system";
  record.subject = std::string("client:") + name;
  record.details = told(client);
  record.details["ended"] = {{"requests", ended.requests}, {"passes", ended.passes}};
  transaction.audit(record);
  return {};
}

bool shows_authentication(const http::Request& request, const Form& form) {
  return request.header("authorization") || form.contains("client_secret") || form.contains("client_assertion");
}

}  // namespace

std::optional<std::string> deployed_method(const Settings& settings, const std::string& client_id) {
  if (!settings.deployed.is_on()) return std::nullopt;
  for (const auto& [name, method] : deployed_clients) {
    if (client_id == name) return method;
  }
  return std::nullopt;
}

Status verify_deployed_standing(const Settings& settings, const store::Client& client) {
  if (client.auth_method != no_authentication || deployed_method(settings, client.client_id)) return {};
  return Error(e::activation_client_inactive, client.client_id + ": the deployed profile is off");
}

Status verify_method(const store::Handoff& handoff, std::string_view how) {
  const std::string only = handoff.request.value("method", "");
  if (only.empty() || only == how) return {};
  return Error(e::activation_method_not_offered, handoff.client_id + " is for " + only);
}

Status verify_deployed_clients(store::Reader& reader, const DeployedProfile& profile) {
  TEGATA_ASSIGN(const auto facility, store::find_facility(reader, profile.facility_code));
  if (!facility) return Error(e::activation_facility_inactive, "no facility " + profile.facility_code);
  for (const auto& [name, method] : deployed_clients) {
    TEGATA_ASSIGN(const auto before, store::find_client(reader, name));
    if (before && before->auth_method != no_authentication) return Error(e::activation_client_not_allowed, name);
  }
  return {};
}

Status put_deployed_clients(store::Store& store, const DeployedProfile& profile) {
  return store.write<void>(
      [&](store::Transaction& transaction) -> Status {
        TEGATA_TRY(verify_deployed_clients(transaction, profile));
        for (const auto& [name, method] : deployed_clients) {
          TEGATA_TRY(put_deployed_client(transaction, name, profile));
        }
        return {};
      },
      store::Purpose::upkeep);
}

Result<AuthenticatedClient> named_or_authenticated(const Services& services, const http::Request& request,
                                                   const Form& form, store::Purpose purpose) {
  const std::string id = parameter(form, "client_id").value_or("");
  if (!deployed_method(services.settings, id)) return authenticate_client(services, request, form, purpose);
  if (shows_authentication(request, form)) {
    return Error(e::activation_client_method, id, "rfc7591#section-2: the method that the client is registered for");
  }
  return services.store.read<AuthenticatedClient>([&](store::Reader& reader) -> Result<AuthenticatedClient> {
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock, purpose));
    TEGATA_ASSIGN(auto client, store::find_client(reader, id));
    if (!client || client->auth_method != no_authentication) return Error(e::activation_client_inactive, id);
    TEGATA_TRY(verify_standing(reader, *client, std::nullopt, now));
    return AuthenticatedClient(std::move(*client), std::nullopt, std::nullopt);
  });
}

bool is_deployed(const AuthenticatedClient& client) { return client.client().auth_method == no_authentication; }

Result<Json> deployed_answer(const Services& services, const Poll& poll, const Redeemed& redeemed) {
  Json payload = redeemed.claims;
  for (const char* name : {"client_id", "scope"}) payload.erase(name);
  payload["aud"] = poll.client.id();
  const std::string nonce = poll.handoff.request.value("nonce", "");
  if (!nonce.empty()) payload["nonce"] = nonce;
  TEGATA_ASSIGN(const pass::SigningKey key, services.keys.find(redeemed.kid));
  TEGATA_ASSIGN(const std::string id_token, pass::sign_jws(key, "JWT", payload));
  TEGATA_ASSIGN(const std::int64_t end, json_integer(payload, "exp"));
  // OAuth wants an access token, so the one that there is stands there too.
  return Json{{"access_token", id_token},
              {"id_token", id_token},
              {"token_type", "Bearer"},
              {"expires_in", end - unix_seconds(services.clock.now())},
              {"scope", poll.handoff.scope}};
}

Result<Json> introspect_deployed(store::Reader& reader, const Settings& settings, const store::Client& caller,
                                 const std::string& token, const pass::KeySet& keys, Instant now) {
  TEGATA_ASSIGN(const auto jws, pass::verify_jws(token, keys, "JWT"));
  const std::string jti = jws.claims().value("jti", "");
  TEGATA_ASSIGN(const auto status, store::pass_status(reader, jti, now));
  // The ID token of any other client has no jti, and is no pass.
  if (!status || !deployed_method(settings, status->pass.client_id)) return Error(e::activation_pass_unknown, jti);
  if (jws.claims().value("aud", Json()) != status->pass.client_id) return Error(e::activation_pass_unknown, jti);
  if (!contains(caller.audiences, status->pass.audience)) {
    return Error(e::activation_pass_for_another_audience, status->pass.audience);
  }
  if (!status->active) return Error(e::activation_pass_not_active, status->reason + " " + jti);
  if (status->pass.kid != jws.kid()) return Error(e::activation_pass_of_another_key, jws.kid() + " " + jti);
  Json answer = jws.claims();
  answer["active"] = true;
  answer["token_type"] = "Bearer";
  answer["client_id"] = status->pass.client_id;
  return answer;
}

}  // namespace tegata::activation
