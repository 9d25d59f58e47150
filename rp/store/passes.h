// Passes that were issued, and what ended them.
#pragma once

#include "rp/store/basis.h"
#include "rp/store/standing.h"

namespace tegata::store {

struct IssuedPass {
  std::string jti;
  std::string handoff_id;  // unique: one pass per activation
  std::string practitioner_id;
  std::string client_id;
  std::string facility_code;
  std::string audience;
  Digest certificate{};  // cnf: x5t#S256, or jkt where `dpop`
  bool dpop = false;
  Bytes credential_id;           // empty where a card did it
  Json claims = Json::object();  // whole payload, so that a repeat signs the same
  Instant issued_at{};
  Instant expires_at{};
  std::optional<Instant> revoked_at;
  std::string revoked_why = {};
  std::optional<Digest> client_certificate = std::nullopt;  // that the client showed when it fetched the pass
  std::optional<BasisId> basis = std::nullopt;              // of the approval
  std::string kid = {};                                     // of the key that signs it
  // What it rests on besides, as its hand-off had it.
  std::vector<std::string> scopes = {}, roles = {};
  Json evidence = Json::object();
  std::optional<std::string> client_key = std::nullopt;  // that proved the client when it fetched the pass
};

// Conditional on the key not being withdrawn, and on what it rests on. Errors: store_pass_key_withdrawn,
// right_basis_ended.
Status insert_pass(Transaction&, const IssuedPass&);
Result<std::optional<IssuedPass>> find_pass(Reader&, const std::string& jti);
Result<std::optional<IssuedPass>> find_pass_of_handoff(Reader&, const std::string& handoff_id);
// Conditional on client and not yet revoked; true if it changed.
Result<bool> revoke_pass(Transaction&, const std::string& jti, const std::string& client_id, const std::string& why);

// Status is read at every introspection: not revoked, not expired at now, and all that it rests on still stands
// (standing.h). One query.
struct PassStatus {
  bool active = false;
  std::string reason;  // error code for the log where it is not
  IssuedPass pass;
  bool any_active_certificate = false;  // the facility's option
};
Result<std::optional<PassStatus>> pass_status(Reader&, const std::string& jti, Instant now);
// Whether `thumbprint` is an active, valid certificate of any client of that facility.
Result<bool> is_active_certificate_of(Reader&, const std::string& facility_code, const Digest& thumbprint, Instant now);

// Live passes that were fetched with that certificate, also those bound to a key: not revoked, not past their time.
Result<std::vector<IssuedPass>> live_passes_of_certificate(Reader&, const Digest& thumbprint, Instant now);

// A counter kept in the database for things that are counted and sampled rather than audited one by one.
Status count(Transaction&, const std::string& name, std::int64_t by);

}  // namespace tegata::store
