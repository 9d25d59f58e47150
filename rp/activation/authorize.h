// The authorization endpoint (RFC 6749 section 3.1): an EHR sends a browser, which is led to the page of the methods.
//
// The transaction belongs to the browser by a cookie of its own, so two windows are two transactions. The secret of its
// QR is made from the cookie: nothing of it is kept.
#pragma once

#include "rp/activation/services.h"

namespace tegata::activation {

// GET and POST {public}/authorize. What is wrong with client or redirect_uri is shown; anything else goes back to the
// client (RFC 6749 section 4.1.2.1).
http::Response authorize(const Services&, const http::Request&);

// By which a browser owns a transaction: this and the transaction's id.
inline constexpr const char* authorize_cookie = "__Host-tegata-authorize-";
void set_authorize_cookie(const Services&, const http::Request&, http::Response&, const std::string& handoff_id,
                          const std::string& cookie);
// 128 bit, for the link in the QR.
std::string scan_token_of(const std::string& cookie);

}  // namespace tegata::activation
