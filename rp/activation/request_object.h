// Requests that the client signed (RFC 9101): `request`, by value. What is said beside it does not count.
#pragma once

#include "rp/activation/client_authentication.h"
#include "rp/pass/request_object.h"

namespace tegata::activation {

// The parameters that count: those of the signed request where there is one, those of the form otherwise.
// Errors: activation_request_object, activation_backchannel_object, activation_request_malformed for a request beside
// a request_uri.
Result<Form> open_request_object(const Services&, const Form&, const store::Client&, pass::RequestKind);

}  // namespace tegata::activation
