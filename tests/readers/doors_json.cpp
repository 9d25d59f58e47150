// Doors of JSON. A row is a template: @ stands for the members that the door wants.
#include "rp/cli/tickets/file.h"
#include "rp/cli/verify/verify.h"
#include "rp/http/http.h"
#include "rp/pass/client_assertion.h"
#include "rp/pass/dpop.h"
#include "rp/pass/jws.h"
#include "rp/pass/request_object.h"
#include "rp/webauthn/metadata/metadata.h"
#include "rp/webauthn/wire/client_data.h"
#include "tests/readers/doors.h"
#include "tests/support/client_signer.h"
#include "tests/support/metadata_maker.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"

namespace tegata::test {
namespace {

const std::string issuer = "https://localhost:8443";

const ClientSigner& signer() {
  static const ClientSigner key;
  return key;
}
std::vector<pass::ClientKey> client_keys() { return *pass::parse_client_keys(signer().jwks()); }

std::string with(const std::string& text, const Json& members) { return filled(text, "@", members_of(members)); }

Json assertion_claims() {
  return {{"iss", "ehr"}, {"sub", "ehr"}, {"aud", issuer}, {"jti", "1"}, {"exp", unix_seconds(still_moment) + 60}};
}
Json proof_claims() { return {{"htm", "POST"}, {"htu", issuer}, {"iat", unix_seconds(still_moment)}, {"jti", "1"}}; }

Opened assertion(const std::string& header, const std::string& claims) {
  return opened(
      pass::verify_client_assertion(signer().sign_texts(header, claims), client_keys(), "ehr", issuer, still_moment));
}
Opened proof(const std::string& header, const std::string& claims) {
  return opened(pass::verify_dpop_proof(signer().sign_texts(header, claims), "POST", issuer, still_moment));
}
Json proof_header() { return {{"alg", "ES256"}, {"typ", "dpop+jwt"}, {"jwk", signer().jwk()}}; }

Opened request_object(const std::string& claims) {
  const auto token = signer().sign_texts(R"({"alg":"ES256"})", claims);
  return opened(
      pass::verify_request_object(token, client_keys(), "ehr", issuer, pass::RequestKind::authorization, still_moment));
}

Opened signed_by_us(const std::string& header, const std::string& claims) {
  const auto key = sample_key();
  const std::string message = base64url(as_bytes(header)) + "." + base64url(as_bytes(claims));
  return opened(pass::verify_jws(message + "." + base64url(*key.sign(as_bytes(message))), {key, {}}, "at+jwt"));
}

Opened metadata(const std::string& header, const std::string& payload) {
  MetadataMaker maker;
  Json whole = {{"alg", "ES256"}, {"x5c", Json::array()}};
  for (const auto& der : maker.path) whole["x5c"].push_back(base64(der));
  webauthn::metadata::ExpectedMetadata wanted;
  wanted.anchors = {maker.root_der()};
  wanted.now = still_moment;
  return opened(
      webauthn::metadata::verify_metadata(maker.make(with(header, whole), with(payload, maker.payload)), wanted));
}

Opened body(const std::string& text) {
  http::Request request;
  request.headers.emplace("content-type", "application/json");
  request.body = text;
  return opened(http::json_body(request));
}

Opened tickets_file(const std::string& text) {
  const std::string head = R"({"batch":"b","table":"t","public_origin":"https://a.example","prepared_at":)";
  return opened(cli::tickets::parse_tickets(with(text, Json::parse(head + R"("2026-11-20T00:00:00Z"})")) + "\n"));
}

// A response that is read, and then refused for what it says.
Opened verify_registration(const std::string& text) {
  cli::verify::VerifyArguments arguments;
  arguments.rp_id = "example.org";
  arguments.origins = {"https://example.org"};
  arguments.challenge = "AQEB";
  const Json response = {{"id", "AAEC"}, {"rawId", "AAEC"}, {"type", "public-key"}};
  const auto done = cli::verify::verify_captured_registration(arguments, with(text, response), still_moment);
  if (!done && done.error().code().name() == "json_member_missing") return {"good"};
  return opened(done.error());
}

}  // namespace

std::vector<Door> json_doors() {
  const std::string simple = R"({"alg":"ES256"})", ours = R"({"alg":"ES256","kid":")" + sample_key().kid();
  const std::string proof_head = dump_json(proof_header());
  const auto door = [](const char* name, const char* refusal, std::function<Opened(const std::string&)> open) {
    return Door{"json", name, refusal, std::move(open)};
  };
  const Json client_data = {{"type", "webauthn.get"}, {"challenge", "AA"}, {"origin", issuer}};
  return {
      door("request body", "",
           [](auto& text) {
             return body(with(text, {{"purpose", "enrol"}}));
           }),
      door("header of a client assertion", "jws_malformed",
           [](auto& text) {
             return assertion(with(text, {{"alg", "ES256"}}), dump_json(assertion_claims()));
           }),
      door("claims of a client assertion", "assertion_claims_malformed",
           [=](auto& text) { return assertion(simple, with(text, assertion_claims())); }),
      door("claims of a request object", "request_object_claims_malformed",
           [](auto& text) {
             Json claims = assertion_claims();
             claims.erase("sub");
             claims["client_id"] = "ehr";
             return request_object(with(text, claims));
           }),
      door("header of a DPoP proof", "jws_malformed",
           [](auto& text) { return proof(with(text, proof_header()), dump_json(proof_claims())); }),
      door("claims of a DPoP proof", "dpop_claims_malformed",
           [=](auto& text) { return proof(proof_head, with(text, proof_claims())); }),
      door("claims of a pass", "",
           [=](auto& text) {
             return signed_by_us(ours + R"(","typ":"at+jwt"})", with(text, {{"iss", issuer}}));
           }),
      door("client data", "webauthn_client_data_malformed",
           [=](auto& text) { return opened(webauthn::wire::parse_client_data(as_bytes(with(text, client_data)))); }),
      door("header of a metadata BLOB", "webauthn_metadata_malformed",
           [](auto& text) { return metadata(text, "{@}"); }),
      door("payload of a metadata BLOB", "webauthn_metadata_malformed",
           [](auto& text) { return metadata("{@}", text); }),
      door("tickets file", "cli_option_invalid", tickets_file),
      door("tegata verify", "", verify_registration),
  };
}

}  // namespace tegata::test
