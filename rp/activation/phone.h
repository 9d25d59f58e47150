// The phone's side of an activation: how its calls name a request, decline, and how it stands. Calls of our own page
// only.
//
// The owner of a request is the browser with the cookie that the scan gave it: one cookie for each request. The number
// stands in no answer to the phone: the person reads it on the EHR's screen.
#pragma once

#include <map>

#include "rp/activation/services.h"

namespace tegata::activation {

inline constexpr const char* claim_cookie = "__Host-tegata-activation-";

// What this browser owns: request IDs, and the digests of the cookies that say so.
class Claims {
 public:
  Claims() = default;
  explicit Claims(const http::Request&);
  std::optional<Digest> of(const std::string& request_id) const;

 private:
  std::map<std::string, Digest> digests_;
};

// POST {public}/api/activation/{decline,status}
http::Response decline(const Services&, const http::Request&);
http::Response status(const Services&, const http::Request&);

// What the calls of the page have in common: they come from our page, and name a request by its scan token, or by its
// id where its code was typed.
struct Named {
  Json body;
  std::optional<Digest> token;
  std::string request;  // without a token
  Claims claims;
};
// Errors: http_cross_site, those of http::json_body, activation_request_unknown for a token of no sensible length.
Result<Named> parse_named(const Services&, const http::Request&);

// The request as its owner meets it. Errors: activation_request_unknown, activation_not_owner.
Result<store::Handoff> find_owned(store::Reader&, const Named&);

// Whether an error of a call after find_owned may be named to the caller.
bool is_owners_business(const Error&);

// The word of the phone's page for where a request stands: scanned, approved, declined, expired, failed.
std::string_view shown_to_phone(const store::Handoff&, Instant now);

}  // namespace tegata::activation
