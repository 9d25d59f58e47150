// "Would it be issued now?" What a request or a pass rests on, and whether that still stands: one home for the
// question, in SQL. It is a condition of the statement where a request begins, is scanned, is approved, gets its code
// and is redeemed; introspection asks it of a pass; and commands that narrow rights end what it refuses, in their
// transaction.
#pragma once

#include <string>
#include <vector>

#include "rp/store/store.h"

namespace tegata::store::engine {
class Row;
}  // namespace tegata::store::engine

namespace tegata::store {

// How much there is at that moment to rest on.
enum class Standing {
  request,   // who asks, and for what: start and scan
  approval,  // and who approves with what, as the Change of that moment names them
  whole,     // and who approved with what, as the request itself names them: code and redemption
};

// What of it somebody may have narrowed.
enum class Right {
  person,     // the person and the roles: practitioner import, suspend
  requester,  // facility, client and certificate: each of its commands ends what it stops by itself
  client,     // scopes, audiences, redirect addresses, keys: facility client change
  facility,   // its profile and hours: facility change
  phone,      // removed, or its basis ended: what does that ends what rests on it by itself (basis.h)
  model,      // the phone's model: metadata import
};

// SQL expressions for what is judged: columns, or parameters. An empty one does not apply.
struct RestsOn {
  std::string client, facility, certificate, client_key, scopes, audience;
  std::string flow, redirect_uri;  // of a request
  std::string person, roles, evidence, credential;
  std::string basis;      // of the approval
  std::string issued_at;  // of a pass
};
RestsOn pass_rests_on();  // the table pass as p
// The table handoff. Of Standing::approval with or without a phone.
RestsOn request_rests_on(Standing, bool with_phone = true);
RestsOn new_request_rests_on();  // the parameters of its INSERT

// One condition over :now and those expressions. The first of all that fails is why something does not stand.
struct StandingRule {
  ErrorCode reason;
  Right right;
  std::string holds;
};
std::vector<StandingRule> standing_rules(const RestsOn&);
// All of them: "((...) AND (...))".
std::string all_stand(const std::vector<StandingRule>&);
// As columns of a query, and the reason that a row of them gives: nothing where all stand.
std::string as_columns(const std::vector<StandingRule>&);
std::optional<ErrorCode> reason_of(engine::Row&, const std::vector<StandingRule>&);

// What ended with a facility, a client, a certificate, or a right.
struct EndedRequests {
  std::int64_t requests = 0;  // open and approved ones
  std::int64_t passes = 0;    // live ones
};
// Ends what does not stand any more as to that right, each with its reason; of one client or facility where `whose`
// names it, else of everybody. Nothing where the right was widened.
Result<EndedRequests> end_fallen(Transaction&, Right, const std::string& whose = {});

}  // namespace tegata::store
