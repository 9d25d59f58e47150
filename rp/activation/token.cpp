#include "rp/activation/token.h"

#include "rp/activation/asked.h"
#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/activation/redemption.h"

namespace tegata::activation {
namespace {

namespace e = errors;
using handoff::State;

// The ways to fetch a pass: which parameter carries the code, and which activations it fits.
struct Way {
  std::string_view grant, parameter, flow;
};
constexpr Way ways[] = {{device_code_grant, "device_code", "device"},
                        {authorization_code_grant, "code", "code"},
                        {ciba_grant, "auth_req_id", "ciba"}};

Result<Way> way_of(const Form& form) {
  const auto grant = parameter(form, "grant_type");
  if (!grant) return Error(e::activation_request_malformed, "grant_type");
  for (const auto& way : ways) {
    if (way.grant == *grant) return way;
  }
  return Error(e::activation_grant_type_unsupported, *grant);
}

// rfc7636#section-4.6: BASE64URL(SHA256(ASCII(code_verifier))) == code_challenge.
Status verify_code_parameters(const store::Handoff& handoff, const Form& form) {
  const auto verifier = parameter(form, "code_verifier");
  if (!verifier || verifier->size() < 43 || verifier->size() > 128) {
    return Error(e::activation_request_malformed, "code_verifier");
  }
  const std::string challenge = handoff.request.value("code_challenge", "");
  if (!equal_constant_time(as_bytes(base64url(sha256(*verifier))), as_bytes(challenge))) {
    return Error(e::activation_code_verifier, handoff.id, "rfc7636#section-4.6: the verifier fits the challenge");
  }
  if (parameter(form, "redirect_uri") != handoff.request.value("redirect_uri", "")) {
    return Error(e::activation_code_redirect_uri, handoff.id,
                 "rfc6749#section-4.1.3: redirect_uri is that of the authorization request");
  }
  return {};
}

// rfc9449#section-10: the key that was announced is the key that is proved.
Status verify_announced_key(const store::Handoff& handoff, const Binding& binding) {
  const std::string announced = handoff.request.value("dpop_jkt", "");
  if (announced.empty() || (binding.dpop && announced == base64url(binding.thumbprint))) return {};
  return Error(e::activation_dpop_other_key, handoff.id, "rfc9449#section-10: the key of dpop_jkt");
}

Result<Poll> read_poll(const Services& services, const http::Request& request, const Form& form) {
  TEGATA_ASSIGN(auto client, named_or_authenticated(services, request, form));
  TEGATA_ASSIGN(const Way way, way_of(form));
  const auto code = parameter(form, std::string(way.parameter));
  if (!code) return Error(e::activation_request_malformed, std::string(way.parameter));
  // A client that proves nothing has no key to bind to, and leaves no row of one.
  TEGATA_ASSIGN(const auto key, is_deployed(client) ? std::optional<Digest>() : dpop_key(services, request));
  TEGATA_ASSIGN(const Binding binding, binding_of(client, key));
  const Digest digest = sha256(*code);
  TEGATA_ASSIGN(auto found, services.store.read<std::optional<store::Handoff>>([&](store::Reader& reader) {
    return store::find_activation_by_device_code(reader, digest);
  }));
  if (!found || found->flow != way.flow) return Error(e::activation_code_unknown, client.id());
  return Poll{std::move(client), binding, digest, std::move(*found)};
}

// What the client that began it has to show besides: the code verifier, and the key that was announced.
Status verify_proofs(const Poll& poll, const Form& form) {
  if (poll.handoff.flow == "code") TEGATA_TRY(verify_code_parameters(poll.handoff, form));
  return verify_announced_key(poll.handoff, poll.binding);
}

Result<Json> answer(const Services& services, const Poll& poll, const Redeemed& redeemed) {
  if (is_deployed(poll.client)) return deployed_answer(services, poll, redeemed);
  TEGATA_ASSIGN(const pass::Claims claims, pass::parse_claims(redeemed.claims));
  TEGATA_ASSIGN(const pass::SigningKey key, services.keys.find(redeemed.kid));
  TEGATA_ASSIGN(const std::string access_token, pass::sign_pass(key, redeemed.claims));
  Json out = {{"access_token", access_token},
              {"token_type", claims.dpop ? "DPoP" : "Bearer"},
              {"expires_in", unix_seconds(claims.expires_at) - unix_seconds(services.clock.now())},
              {"scope", claims.scope}};
  if (contains(words(claims.scope), "openid")) {
    const std::string nonce = poll.handoff.request.value("nonce", "");
    TEGATA_ASSIGN(out["id_token"], pass::sign_id_token(key, redeemed.claims, nonce));
  }
  return out;
}

Result<Json> grant(const Services& services, const http::Request& request) {
  const Deed stranger = deed_of_phone(request, "unknown", "token");
  const auto form = http::form_body(request);
  if (!form) return refuse(services, request, stranger, form.error());
  const auto poll = read_poll(services, request, *form);
  if (!poll) return refuse(services, request, stranger, poll.error());
  // In other hands, or a second time: redemption knows what is to end.
  if (poll->handoff.state != State::closed && began_it(*poll, poll->handoff)) {
    const auto proven = verify_proofs(*poll, *form);
    if (!proven) return refuse(services, request, stranger, proven.error());
    // Waiting is no refusal: it is neither recorded nor reported.
    if (const auto over = waiting_or_over(services, *poll, services.clock.now())) return Error(*over);
  }
  TEGATA_ASSIGN(const Redeemed redeemed, redeem(services, request, *poll));
  services.memory->polls.forget(poll->code);
  return answer(services, *poll, redeemed);
}

}  // namespace

http::Response token(const Services& services, const http::Request& request) {
  const auto body = grant(services, request);
  return body ? oauth_response(200, *body) : oauth_refusal(body.error());
}

}  // namespace tegata::activation
