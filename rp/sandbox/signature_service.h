// The sample signature service: POST /check with a pass as bearer token, over TLS with the caller's certificate.
// 200 for a pass that is active and bound to that certificate, 401 invalid_token for every other.
#pragma once

#include <memory>
#include <string>

#include "rp/base/json.h"

namespace tegata::sandbox {

class SignatureService {
 public:
  // `server_pem`: certificate and key in one file. Error: internal.
  static Result<std::unique_ptr<SignatureService>> start(const Json& sandbox, const std::string& server_pem,
                                                         const std::string& client_ca, int port);
  ~SignatureService();

 private:
  struct Parts;
  SignatureService();
  std::unique_ptr<Parts> parts_;
};

}  // namespace tegata::sandbox
