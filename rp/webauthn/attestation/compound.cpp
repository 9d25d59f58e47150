// compound (WebAuthn Level 3 section 8.9): [{"fmt": text, "attStmt": map}, ...], two or more statements of other
// formats about one credential. The relying party says how many must verify; here it is every one of them.
#include <algorithm>

#include "rp/webauthn/attestation/attestation.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

// Each costs a public-key operation or more, and strangers write them.
constexpr std::size_t max_statements = 8;

struct Part {
  std::string_view format;
  wire::Cbor statement;
};

Error compound_malformed(const char* detail) {
  return Error(errors::webauthn_attestation_statement_malformed, detail, wire::clauses::compound_syntax);
}

Result<Part> parse_part(const wire::Cbor& item) {
  TEGATA_REQUIRE(item.is_map() && item.size() == 2, compound_malformed("statement"));
  const auto format = item.find("fmt");
  const auto statement = item.find("attStmt");
  TEGATA_REQUIRE(format && format->text(), compound_malformed("fmt"));
  TEGATA_REQUIRE(*format->text() != "compound", Error(errors::webauthn_attestation_statement_malformed,
                                                      "compound in compound", wire::clauses::compound_nested));
  TEGATA_REQUIRE(statement && statement->is_map(), compound_malformed("attStmt"));
  return Part{*format->text(), *statement};
}

Result<VerifiedAttestation> verify_part(const Part& part, const AttestationInput& whole) {
  return verify_attestation(part.format, {.statement = part.statement,
                                          .rp_id_hash = whole.rp_id_hash,
                                          .credential = whole.credential,
                                          .credential_key = whole.credential_key,
                                          .signed_bytes = whole.signed_bytes,
                                          .client_data_hash = whole.client_data_hash,
                                          .policy = whole.policy,
                                          .now = whole.now});
}

// The strongest of two types. "none" may stand among the statements; it adds nothing.
std::string stronger(const std::string& a, const std::string& b) {
  for (const char* type : {"certified", "self"}) {
    if (a == type || b == type) return type;
  }
  return "none";
}

}  // namespace

Result<VerifiedAttestation> verify_compound(const AttestationInput& input) {
  const std::size_t count = input.statement.size();
  TEGATA_REQUIRE(count >= 2, compound_malformed("fewer than two statements"));
  TEGATA_REQUIRE(count <= max_statements, compound_malformed("too many statements"));
  VerifiedAttestation all{.type = "none", .paths = {}};
  for (std::size_t i = 0; i < count; ++i) {
    TEGATA_ASSIGN(const Part part, parse_part(input.statement.at(i)));
    TEGATA_ASSIGN(VerifiedAttestation one, verify_part(part, input));
    all.type = stronger(all.type, one.type);
    if (one.protection) all.protection = std::min(all.protection.value_or(*one.protection), *one.protection);
    std::ranges::move(one.paths, std::back_inserter(all.paths));
  }
  return all;
}

}  // namespace tegata::webauthn::attestation
