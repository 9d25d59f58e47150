// The device authorization request (RFC 8628 section 3.1): an EHR asks, and shows a QR and two digits.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

// The parameters of the request, within bounds; not yet held against what the client may ask for.
struct DeviceRequest {
  std::string scope;
  std::string audience;  // empty: the client's default
  std::string login_hint, terminal_id, terminal_name, acr_values;
};
// Error: activation_request_malformed.
Result<DeviceRequest> parse_device_request(const Form&);

// Fills in the default audience. Errors: activation_client_not_allowed, activation_scope_not_allowed,
// activation_target_not_allowed.
Result<DeviceRequest> verify_device_request(DeviceRequest, const store::Client&);

// Four letters of BCDFGHJKLMNPQRSTVWXZ (no vowels, no words), '-', and the number.
std::string make_user_code(Random&);

// POST {facility}/device_authorization
http::Response device_authorization(const Services&, const http::Request&);

}  // namespace tegata::activation
