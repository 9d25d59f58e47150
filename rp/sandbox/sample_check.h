// How the sample signature service judges a call: the pass is active, the caller is the one that it is bound to, and
// the person was there as surely and as lately as the act demands (RFC 9470).
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "rp/base/json.h"
#include "rp/base/world.h"

namespace tegata::sandbox {

struct CheckCall {
  std::string url;            // as the caller addressed it
  std::string authorization;  // "Bearer <pass>", or "DPoP <pass>" of a client that proves a key
  std::string proof;          // the DPoP header, empty if there is none
  std::string caller;         // x5t#S256 of the caller's certificate, empty without one
  std::string acr_values;     // what the act demands, as if it were this service's own rule; empty: nothing
  std::string max_age;        // seconds since the person proved to be there; empty: any time
};

struct CheckVerdict {
  int status = 401;
  std::string challenge;  // WWW-Authenticate
  Json body;
};

class SampleCheck {
 public:
  SampleCheck(Json sandbox, const Clock& clock) : sandbox_(std::move(sandbox)), clock_(clock) {}
  CheckVerdict judge(const CheckCall& call);

 private:
  bool holds_key(const CheckCall& call, const std::string& pass, const std::string& jkt);
  bool is_new(const std::string& jti, Instant forget_after);
  const Json sandbox_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Instant> proofs_;  // that were used, and until when they would be good
};

}  // namespace tegata::sandbox
