// Request objects (RFC 9101, and section 7.1.1 of OpenID CIBA Core): the parameters of a request as a JWT that the
// client signed. Pure; nothing is fetched, so the object itself must be there.
#pragma once

#include <map>

#include "rp/pass/client_jwt.h"

namespace tegata::pass {

inline constexpr std::chrono::minutes longest_request_object{60};  // from nbf, or now, to exp

enum class RequestKind { authorization, backchannel };

// Its parameters as a form would carry them. Made by verify_request_object alone.
class VerifiedRequestObject {
 public:
  const std::map<std::string, std::string>& parameters() const { return parameters_; }

 private:
  friend Result<VerifiedRequestObject> verify_request_object(std::string_view, const std::vector<ClientKey>&,
                                                             const std::string&, const std::string&, RequestKind,
                                                             Instant);
  explicit VerifiedRequestObject(std::map<std::string, std::string> parameters) : parameters_(std::move(parameters)) {}
  std::map<std::string, std::string> parameters_;
};

// Signed by one of the keys, by that client for that issuer alone, good at this time, and no client assertion.
// Errors: those of verify_client_jwt, request_object_*.
Result<VerifiedRequestObject> verify_request_object(std::string_view token, const std::vector<ClientKey>& keys,
                                                    const std::string& client_id, const std::string& issuer,
                                                    RequestKind kind, Instant now);

}  // namespace tegata::pass
