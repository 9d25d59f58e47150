// The sample signature service: POST /check with a pass, over TLS with the caller's certificate or with a DPoP proof.
// 200 for a pass that is active and the caller's, 401 for every other. The parameters acr_values and max_age stand for
// what an act demands: 401 insufficient_user_authentication (RFC 9470) where the pass is not enough.
#pragma once

#include <memory>
#include <string>

#include "rp/base/json.h"
#include "rp/base/world.h"

namespace tegata::sandbox {

class SignatureService {
 public:
  // `server_pem`: certificate and key in one file. `clock` must outlive it. Error: internal.
  static Result<std::unique_ptr<SignatureService>> start(const Json& sandbox, const std::string& server_pem,
                                                         const std::string& client_ca, int port, const Clock& clock);
  ~SignatureService();

 private:
  struct Parts;
  SignatureService();
  std::unique_ptr<Parts> parts_;
};

}  // namespace tegata::sandbox
