// What is told to the audit log.
#pragma once

#include <string>

#include "rp/base/json.h"

namespace tegata::store::audit {

// One entry of the audit log. Never a secret, a password, a whole URL, or a raw user agent.
struct AuditEvent {
  std::string kind;   // what happened, e.g. "credential_registered", "ticket_claimed", "pass_issued"
  std::string actor;  // who did it: "practitioner:<id>", "client:<client_id>", "operator:<name>", "system", "unknown"
  std::string
      subject;       // what it was done to: "practitioner:<id>", "handoff:<public id>", "credential:<base64url>", ...
  std::string code;  // the error code of a refusal, empty for an effect
  Json details = Json::object();
  std::string request_id;
  std::string source;  // what the sample goes by: an address, a client_id; not part of the record's chain rules
};

}  // namespace tegata::store::audit
