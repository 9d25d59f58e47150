// Server conformance cases 20 to 36 and 142 to 158: client data of both ceremonies. The words are ours.
#include "tests/unit/webauthn/refusal.h"

namespace tegata::webauthn::test::conformance {
namespace {

// Client data members of every wrong type; null is one, since a browser never writes it.
void check_created_types(const char* member, ErrorCode code, std::string_view clause) {
  for (const Json& wrong : no_texts) check_created(telling(member, wrong), code, clause);
  check_created(telling(member, nullptr), code, clause);
}
void check_signed_types(const char* member, ErrorCode code, std::string_view clause) {
  for (const Json& wrong : no_texts) check_signed(telling(member, wrong), code, clause);
  check_signed(telling(member, nullptr), code, clause);
}

const std::vector<const char*> other_origins = {
    "https://evil.example",        "http://localhost:8443",      "https://localhost",
    "https://localhost:8444",      "https://localhost:8443/",    "https://LOCALHOST:8443",
    "https://localhost:8443.evil", "https://sub.localhost:8443", "https://localhost:08443"};

// Level 3 made tokenBinding a reserved member: ignored, whatever it holds. The conformance profile reads it.
void check_token_binding(const Json& binding, ErrorCode code) {
  under({"fido-conformance"}, [&](Sample& sample) {
    CHECK_REFUSED(sample.enrol(telling("tokenBinding", binding)), code, wire::clauses::token_binding);
    sample.bind();
    CHECK_REFUSED(sample.sign_in(telling("tokenBinding", binding)), code, wire::clauses::token_binding);
  });
  under({"standard"}, [&](Sample& sample) {
    CHECK_ACCEPTED(sample.enrol(telling("tokenBinding", binding)));
    sample.bind();
    CHECK_ACCEPTED(sample.sign_in(telling("tokenBinding", binding)));
  });
}
const std::vector<Json> no_bindings = {7, -1.5, true, Json::array(), "supported"};
const std::vector<Json> no_status = {"", "Present", "unknown", "present "};

}  // namespace

TEST_CASE("case 020: registration client data without type") {
  check_created(silent_about("type"), errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("case 021: registration client data type is no text") {
  check_created_types("type", errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("case 022: registration client data type is empty") {
  check_created(telling("type", ""), errors::webauthn_type_mismatch, wire::registration_clauses.type);
}

TEST_CASE("case 023: registration client data type is something else") {
  for (const char* other : {"webauthn.other", "WebAuthn.Create", "webauthn.create ", "payment.get"}) {
    check_created(telling("type", other), errors::webauthn_type_mismatch, wire::registration_clauses.type);
  }
}

TEST_CASE("case 024: registration client data of type webauthn.get") {
  check_created(telling("type", "webauthn.get"), errors::webauthn_type_mismatch, wire::registration_clauses.type);
}

TEST_CASE("case 025: registration client data without challenge") {
  check_created(silent_about("challenge"), errors::webauthn_client_data_malformed,
                wire::registration_clauses.client_data);
}

TEST_CASE("case 026: registration challenge is no text") {
  check_created_types("challenge", errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("case 027: registration challenge is empty") {
  check_created(telling("challenge", ""), errors::webauthn_challenge_mismatch, wire::registration_clauses.challenge);
}

TEST_CASE("case 028: registration challenge is not base64url") {
  for (const char* wrong : no_base64url) {
    check_created(telling("challenge", wrong), errors::webauthn_challenge_mismatch,
                  wire::registration_clauses.challenge);
  }
}

TEST_CASE("case 029: registration with another challenge") {
  check_created(lying(Lie::challenge), errors::webauthn_challenge_mismatch, wire::registration_clauses.challenge);
}

TEST_CASE("case 030: registration client data without origin") {
  check_created(silent_about("origin"), errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("case 031: registration origin is no text") {
  check_created_types("origin", errors::webauthn_client_data_malformed, wire::registration_clauses.client_data);
}

TEST_CASE("case 032: registration origin is empty") {
  check_created(telling("origin", ""), errors::webauthn_origin_mismatch, wire::registration_clauses.origin);
}

TEST_CASE("case 033: registration from another origin") {
  for (const char* other : other_origins) {
    check_created(telling("origin", other), errors::webauthn_origin_mismatch, wire::registration_clauses.origin);
  }
}

TEST_CASE("case 034: registration tokenBinding is no object") {
  for (const Json& wrong : no_bindings) check_token_binding(wrong, errors::webauthn_token_binding_malformed);
}

TEST_CASE("case 035: registration tokenBinding without status") {
  check_token_binding(Json::object(), errors::webauthn_token_binding_malformed);
  check_token_binding({{"id", "YWJj"}}, errors::webauthn_token_binding_malformed);
}

TEST_CASE("case 036: registration tokenBinding of an unknown status") {
  for (const Json& wrong : no_status) {
    check_token_binding({{"status", wrong}}, errors::webauthn_token_binding_malformed);
  }
  check_created(telling("tokenBinding", Json{{"status", "supported"}}));
}

TEST_CASE("case 142: assertion client data without type") {
  check_signed(silent_about("type"), errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}

TEST_CASE("case 143: assertion client data type is no text") {
  check_signed_types("type", errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}

TEST_CASE("case 144: assertion client data type is empty") {
  check_signed(telling("type", ""), errors::webauthn_type_mismatch, wire::authentication_clauses.type);
}

TEST_CASE("case 145: assertion client data type is something else") {
  for (const char* other : {"webauthn.other", "WebAuthn.Get", "webauthn.get ", "payment.get"}) {
    check_signed(telling("type", other), errors::webauthn_type_mismatch, wire::authentication_clauses.type);
  }
}

TEST_CASE("case 146: assertion client data of type webauthn.create") {
  check_signed(telling("type", "webauthn.create"), errors::webauthn_type_mismatch, wire::authentication_clauses.type);
}

TEST_CASE("case 147: assertion client data without challenge") {
  check_signed(silent_about("challenge"), errors::webauthn_client_data_malformed,
               wire::authentication_clauses.client_data);
}

TEST_CASE("case 148: assertion challenge is no text") {
  check_signed_types("challenge", errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}

TEST_CASE("case 149: assertion challenge is empty") {
  check_signed(telling("challenge", ""), errors::webauthn_challenge_mismatch, wire::authentication_clauses.challenge);
}

TEST_CASE("case 150: assertion challenge is not base64url") {
  for (const char* wrong : no_base64url) {
    check_signed(telling("challenge", wrong), errors::webauthn_challenge_mismatch,
                 wire::authentication_clauses.challenge);
  }
}

TEST_CASE("case 151: assertion of another challenge") {
  check_signed(lying(Lie::challenge), errors::webauthn_challenge_mismatch, wire::authentication_clauses.challenge);
}

TEST_CASE("case 152: assertion client data without origin") {
  check_signed(silent_about("origin"), errors::webauthn_client_data_malformed,
               wire::authentication_clauses.client_data);
}

TEST_CASE("case 153: assertion origin is no text") {
  check_signed_types("origin", errors::webauthn_client_data_malformed, wire::authentication_clauses.client_data);
}

TEST_CASE("case 154: assertion origin is empty") {
  check_signed(telling("origin", ""), errors::webauthn_origin_mismatch, wire::authentication_clauses.origin);
}

TEST_CASE("case 155: assertion from another origin") {
  for (const char* other : other_origins) {
    check_signed(telling("origin", other), errors::webauthn_origin_mismatch, wire::authentication_clauses.origin);
  }
}

TEST_CASE("case 156: assertion tokenBinding is no object") {
  check_token_binding(Json::array({Json{{"status", "present"}}}), errors::webauthn_token_binding_malformed);
  check_token_binding(0, errors::webauthn_token_binding_malformed);
}

TEST_CASE("case 157: assertion tokenBinding without status") {
  check_token_binding({{"state", "present"}}, errors::webauthn_token_binding_malformed);
  check_token_binding({{"status", nullptr}}, errors::webauthn_token_binding_malformed);
}

TEST_CASE("case 158: assertion tokenBinding of an unknown status") {
  for (const Json& wrong : {Json("not-supported-yet"), Json("PRESENT")}) {
    check_token_binding({{"status", wrong}}, errors::webauthn_token_binding_malformed);
  }
  check_signed(telling("tokenBinding", Json{{"status", "supported"}}));
}

}  // namespace tegata::webauthn::test::conformance
