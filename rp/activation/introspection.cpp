#include "rp/activation/introspection.h"

#include <algorithm>

#include "rp/activation/deployed_profile.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"
#include "rp/base/thumbprint.h"
#include "rp/http/accept.h"
#include "rp/pass/errors.h"
#include "rp/store/passes.h"

namespace tegata::activation {
namespace {

namespace e = errors;

constexpr const char* signed_answer = "application/token-introspection+jwt";

// What a caller that may introspect asked.
struct Question {
  AuthenticatedClient caller;
  std::string token;
  std::optional<Digest> presented;  // of the certificate that the caller saw
};

// As cnf has it (RFC 8705 section 3.1). A service that writes it otherwise is told: an inactive pass would send it
// looking in the wrong place.
// Without a value it is none that was left out, as others are: the service meant to ask, and saw no certificate.
Result<std::optional<Digest>> parse_presented(const http::Request& request) {
  TEGATA_ASSIGN(const auto fields, http::form_fields(request));
  const auto sent = fields.find("presented_x5t_s256");
  if (sent == fields.end()) return std::optional<Digest>();
  const auto thumbprint = parse_thumbprint(sent->second);
  if (thumbprint) return std::optional(*thumbprint);
  return Error(e::activation_request_malformed, "presented_x5t_s256: " + thumbprint.error().detail(),
               "rfc8705#section-3.1: x5t#S256 is the SHA-256 in base64url");
}

Result<Question> read_question(const Services& services, const http::Request& request) {
  TEGATA_ASSIGN(const Form form, http::form_body(request));
  TEGATA_ASSIGN(auto caller, authenticate_client(services, request, form));
  if (!caller.client().resource_server) {
    return Error(e::activation_client_not_allowed, caller.id(), "rfc7662#section-4: only protected resources may ask");
  }
  const auto token = parameter(form, "token");
  if (!token) return Error(e::activation_request_malformed, "token");
  TEGATA_ASSIGN(const auto presented, parse_presented(request));
  return Question{std::move(caller), *token, presented};
}

Status verify_presented(store::Reader& reader, const store::PassStatus& status, const Digest& presented, Instant now) {
  const Error mismatch(e::activation_presented_certificate_mismatch, status.pass.jti,
                       "rfc8705#section-3: the certificate in use is the one that the token is bound to");
  if (status.pass.dpop) return mismatch;  // bound to a key: no certificate stands for it
  if (presented == status.pass.certificate) return {};
  if (!status.any_active_certificate) return mismatch;
  TEGATA_ASSIGN(const bool ours, store::is_active_certificate_of(reader, status.pass.facility_code, presented, now));
  if (!ours) return mismatch;
  return {};
}

Status verify_status(store::Reader& reader, const Question& question, const pass::Pass& pass, Instant now) {
  const auto& own = question.caller.client().audiences;
  if (std::find(own.begin(), own.end(), pass.claims().audience) == own.end()) {
    return Error(e::activation_pass_for_another_audience, pass.claims().audience,
                 "rfc9068#section-4: aud names the caller");
  }
  TEGATA_ASSIGN(const auto status, store::pass_status(reader, pass.claims().jti, now));
  if (!status) return Error(e::activation_pass_unknown, pass.claims().jti);
  if (!status->active) return Error(e::activation_pass_not_active, status->reason + " " + pass.claims().jti);
  // A key that was withdrawn vouches for nothing, whatever is written into a token that it signs.
  if (status->pass.kid != pass.kid()) {
    return Error(e::activation_pass_of_another_key, pass.kid() + " " + pass.claims().jti,
                 "rfc8725#section-2.1: the signature is right by the key that signed this token");
  }
  if (question.presented) TEGATA_TRY(verify_presented(reader, *status, *question.presented, now));
  return {};
}

Result<Json> verify_with(const Services& services, const Question& question, const pass::KeySet& keys) {
  return services.store.read<Json>([&](store::Reader& reader) -> Result<Json> {
    // Both the token's own end and its status are judged at this moment: a clock that went back revives nothing.
    TEGATA_ASSIGN(const Instant now, store::moment(reader, services.clock));
    const auto pass = pass::verify_pass(question.token, keys, services.settings.issuer, now);
    if (!pass && pass.error().code() == e::jws_type && services.settings.deployed.is_on()) {
      return introspect_deployed(reader, services.settings, question.caller.client(), question.token, keys, now);
    }
    if (!pass) return pass.error();
    TEGATA_TRY(verify_status(reader, question, *pass, now));
    Json answer = pass->payload();
    answer["active"] = true;
    answer["token_type"] = pass->claims().dpop ? "DPoP" : "Bearer";
    return answer;
  });
}

// A key that we do not know may be one of a moment ago.
Result<Json> verify_question(const Services& services, const Question& question) {
  const auto answer = verify_with(services, question, *services.keys.recent());
  if (answer || answer.error().code() != e::jws_key_unknown) return answer;
  return verify_with(services, question, *services.keys.newest());
}

// Introspections are counted, and one record in many stands for all: they outnumber everything else.
void count_one(const Services& services, const http::Request& request, const Question& question) {
  const std::int64_t every = services.settings.introspections_per_sample;
  if (++services.memory->introspections % every != 0) return;
  const auto counted = services.store.write<void>(
      [&](store::Transaction& transaction) -> Status {
        TEGATA_TRY(store::count(transaction, "introspections", every));
        transaction.audit(event(request, deed_of_client(question.caller.id(), "introspections"),
                                "introspections_counted", {{"count", every}}));
        return {};
      },
      store::Purpose::upkeep);
  if (!counted) services.report(request, counted.error());
}

// Whoever names it, and wants it no less than JSON. A range alone (*/*) does not mean it.
bool wants_signed(const http::Request& request) {
  const auto wish = http::wish_for(request, signed_answer);
  return wish.by_name && wish.quality > 0 && wish.quality >= http::wish_for(request, "application/json").quality;
}

// JSON, or a signed answer for whoever asks for one (RFC 9701).
http::Response give(const Services& services, const http::Request& request, const Question& question,
                    const Json& answer) {
  if (!wants_signed(request)) return oauth_response(200, answer);
  const auto token = pass::sign_jws(services.keys.newest()->current, "token-introspection+jwt",
                                    {{"iss", services.settings.issuer},
                                     {"aud", question.caller.id()},
                                     {"iat", unix_seconds(services.clock.now())},
                                     {"token_introspection", answer}});
  if (!token) return oauth_refusal(token.error());
  http::Response response = oauth_response(200, Json::object());
  response.headers.erase("Content-Type");
  response.headers.emplace("Content-Type", signed_answer);
  response.body = *token;
  return response;
}

}  // namespace

http::Response introspect(const Services& services, const http::Request& request) {
  const auto question = read_question(services, request);
  if (!question) {
    return oauth_refusal(refuse(services, request, deed_of_phone(request, "unknown", "introspect"), question.error()));
  }
  count_one(services, request, *question);
  const auto answer = verify_question(services, *question);
  if (answer) return give(services, request, *question, *answer);
  // A store that does not answer says nothing about the token.
  if (oauth_error_of(answer.error().code()).status == 503) return oauth_refusal(answer.error());
  const Error cause = refuse(services, request, deed_of_client(question->caller.id(), "introspect"), answer.error());
  http::Response response = give(services, request, *question, {{"active", false}});
  response.cause = std::string(cause.code().name());
  return response;
}

}  // namespace tegata::activation
