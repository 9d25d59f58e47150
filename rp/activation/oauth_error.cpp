#include "rp/activation/oauth_error.h"

#include "rp/activation/errors.h"
#include "rp/pass/errors.h"
#include "rp/store/engine/errors.h"

namespace tegata::activation {
namespace {

namespace e = errors;

struct ErrorRow {
  ErrorCode code;
  OAuthError answer;
};

constexpr OAuthError invalid_client{401, "invalid_client", ""};
constexpr OAuthError right_taken{400, "invalid_grant", "a right that the request rests on was taken away"};
constexpr OAuthError unavailable{503, "temporarily_unavailable", ""};

constexpr ErrorRow rows[] = {
    {e::activation_client_certificate_missing, invalid_client},
    {e::activation_client_certificate_unknown, invalid_client},
    {e::activation_client_certificate_expired, invalid_client},
    {e::activation_client_certificate_inactive, invalid_client},
    {e::activation_client_id_mismatch, invalid_client},
    {e::activation_client_method, invalid_client},
    {e::activation_client_secret, invalid_client},
    {e::activation_assertion_refused, invalid_client},
    {e::activation_assertion_replayed, invalid_client},
    {e::activation_client_inactive, invalid_client},
    {e::activation_facility_inactive, invalid_client},
    {e::activation_requester_not_in_good_standing, invalid_client},
    {e::activation_cross_site,
     {400, "invalid_request", "a page of another site sent this (Origin, Sec-Fetch-Site): nothing was done"}},
    {e::activation_request_malformed, {400, "invalid_request", "a parameter is missing or malformed"}},
    {e::activation_client_not_allowed, {400, "unauthorized_client", ""}},
    {e::activation_scope_not_allowed, {400, "invalid_scope", ""}},
    {e::activation_target_not_allowed, {400, "invalid_target", ""}},
    {e::activation_acr_unknown, {400, "unmet_authentication_requirements", ""}},
    {e::activation_redirect_uri, {400, "invalid_request", "redirect_uri is not registered"}},
    {e::activation_request_uri, {400, "invalid_request_uri", ""}},
    {e::activation_request_uri_elsewhere, {400, "request_uri_not_supported", ""}},
    {e::activation_response_type, {400, "unsupported_response_type", ""}},
    {e::activation_login_required, {400, "login_required", ""}},
    {e::activation_request_object, {400, "invalid_request_object", ""}},
    {e::activation_backchannel_object, {400, "invalid_request", "the signed request is not good"}},
    {e::activation_binding_message, {400, "invalid_binding_message", ""}},
    {e::activation_dpop_missing, {400, "invalid_request", "a client without a certificate must send a DPoP proof"}},
    {e::activation_dpop_refused, {400, "invalid_dpop_proof", ""}},
    {e::activation_dpop_replayed, {400, "invalid_dpop_proof", ""}},
    {e::activation_dpop_other_key, {400, "invalid_grant", "another DPoP key was announced"}},
    {e::activation_grant_type_unsupported, {400, "unsupported_grant_type", ""}},
    {e::activation_pending, {400, "authorization_pending", ""}},
    {e::activation_slow_down, {400, "slow_down", ""}},
    {e::activation_declined, {400, "access_denied", "the person declined"}},
    {e::activation_wrong_number, {400, "access_denied", "the number was wrong"}},
    {e::activation_other_phone, {400, "access_denied", "a second phone scanned the code"}},
    {e::activation_expired, {400, "expired_token", ""}},
    {e::activation_replaced, {400, "invalid_grant", "a newer request took the place of this one"}},
    {e::activation_cancelled, {400, "invalid_grant", "the request was cancelled"}},
    {e::activation_card_revoked, {400, "invalid_grant", "the request was cancelled"}},
    {e::activation_code_unknown, {400, "invalid_grant", ""}},
    {e::activation_code_of_another_client, {400, "invalid_grant", ""}},
    {e::activation_code_expired, {400, "invalid_grant", ""}},
    {e::activation_code_verifier, {400, "invalid_grant", ""}},
    {e::activation_code_redirect_uri, {400, "invalid_grant", ""}},
    {e::activation_code_reused, {400, "invalid_grant", ""}},
    {e::activation_redeemed, {400, "invalid_grant", ""}},
    {e::activation_redeemed_elsewhere, {400, "invalid_grant", ""}},
    {e::activation_practitioner_not_in_good_standing, {400, "invalid_grant", ""}},
    {e::activation_credential_removed, {400, "invalid_grant", ""}},
    {e::right_role_taken, right_taken},
    {e::right_scope_taken, right_taken},
    {e::right_audience_taken, right_taken},
    {e::right_redirect_uri_taken, right_taken},
    {e::right_client_key_replaced, right_taken},
    {e::right_hardware_wanted, right_taken},
    {e::right_model_unwanted, right_taken},
    {e::activation_not_device_bound, right_taken},
    {e::activation_model_unwanted, right_taken},
    {e::activation_pass_not_active, {400, "invalid_grant", ""}},
    {e::activation_pass_without_time, {400, "invalid_grant", "no time is left for a pass"}},
    {e::activation_start_quota, {429, "slow_down", "this facility has begun too many requests in this minute"}},
    {e::activation_too_many, {429, "slow_down", ""}},
    {e::activation_codes_exhausted, unavailable},
    {e::store_pass_key_withdrawn, unavailable},
    {e::signing_key_unusable, unavailable},
    {e::jws_signing_failed, unavailable},
    {e::store_busy, unavailable},
    {e::store_unavailable, unavailable},
    {e::store_commit_failed, unavailable},
    {e::store_damaged, unavailable},
    {e::store_files_gone, unavailable},
    {e::store_disk_full, unavailable},
    {e::store_audit_stopped, unavailable},
    {e::store_clock_behind, unavailable},
    {e::store_clock_ahead, unavailable},
};

void put_header(http::Response& response, const std::string& name, const std::string& value) {
  response.headers.erase(name);
  response.headers.emplace(name, value);
}

}  // namespace

OAuthError oauth_error_of(ErrorCode code) {
  for (const auto& row : rows) {
    if (row.code == code) return row.answer;
  }
  // What rp/http refuses about a body is the client's mistake.
  if (code.name().starts_with("http_")) return {400, "invalid_request", "the body is not a form with each name once"};
  return {};
}

http::Response oauth_response(int status, const Json& body) {
  http::Response response = http::json_response(status, body);
  put_header(response, "Cache-Control", "no-store");
  return response;
}

http::Response oauth_refusal(const Error& error) {
  const OAuthError answer = oauth_error_of(error.code());
  Json body = {{"error", answer.error}};
  if (!answer.description.empty()) body["error_description"] = answer.description;
  // Our own words, not the caller's: which parameter, and what it may be.
  if (error.code() == e::activation_request_malformed)
    body["error_description"] = "missing or malformed: " + error.detail();
  if (error.code() == e::activation_binding_message) body["error_description"] = "binding_message " + error.detail();
  http::Response response = oauth_response(answer.status, body);
  if (answer.status == 503) put_header(response, "Retry-After", "2");
  // rfc6749#section-5.2: whoever tried the Authorization header is told so in kind.
  if (error.code() == e::activation_client_secret) put_header(response, "WWW-Authenticate", "Basic realm=\"tegata\"");
  response.cause = std::string(error.code().name());
  return response;
}

http::Response page_refusal(const http::Request& request, const Error& error, bool owner) {
  const Json cause = owner ? Json{{"cause", error.code().name()}} : Json::object();
  http::Response response = http::problem(request, error, cause);
  put_header(response, "Cache-Control", "no-store");
  if (response.status == 503) put_header(response, "Retry-After", "2");
  if (response.status == 429) put_header(response, "Retry-After", "1");  // buckets of questions fill five in a second
  return response;
}

}  // namespace tegata::activation
