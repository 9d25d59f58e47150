// A phone meets a request: by the QR, or by the code that was typed. The first browser owns it from then on; a second
// one ends it.
#pragma once

#include "rp/activation/pass_rules.h"
#include "rp/activation/phone.h"

namespace tegata::activation {

inline constexpr std::chrono::seconds claim_cookie_life{900};

// A request that was opened. `claimed` where this phone owns it from now on.
struct Scanned {
  store::Handoff handoff;
  Requester requester;
  bool claimed = false;
  std::optional<Bytes> challenge;  // none once the phone has approved
};

// What this browser will have, should it own the request.
struct Offer {
  std::string cookie;
  Digest owner{};  // of the cookie
  Bytes challenge;
};
Offer make_offer(const Services&);

// `claims`: what the browser owns already. Errors: activation_expired, activation_request_unknown,
// activation_other_phone (which ends the request), activation_too_many, activation_requester_not_in_good_standing.
Result<Scanned> open_on_phone(store::Transaction&, const Services&, const http::Request&, const Claims& claims,
                              const store::Handoff&, const Offer&);

// What the page shows of it, with the cookie that makes the browser its owner.
http::Response show_opened(const Services&, const http::Request&, const Deed&, const Result<Scanned>&, const Offer&);

// POST {public}/api/activation/scan
http::Response scan(const Services&, const http::Request&);

}  // namespace tegata::activation
