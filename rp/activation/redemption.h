// Redeeming an approved activation: exactly one pass.
//
// Within a minute the same client with the same certificate or key gets that pass of a device code or CIBA request
// again; anyone else who comes with a redeemed code ends it, and that is an alarm, as it is for the request itself when
// another comes with the code of one that is approved. An authorization code is good once:
// whoever brings it a second time ends what it gave (RFC 6749 section 4.1.2).
#pragma once

#include "rp/activation/dpop.h"

namespace tegata::activation {

// A token request, authenticated, with the activation as it stood when it was read.
struct Poll {
  AuthenticatedClient client;
  Binding binding;
  Digest code{};
  store::Handoff handoff;
};

// The client is the one that began it, with the certificate that it began with where it had one.
bool began_it(const Poll&, const store::Handoff&);

// An answer that is none yet, or never will be; nothing for what redemption has to decide.
std::optional<ErrorCode> waiting_or_over(const Services&, const Poll&, Instant now);

struct Redeemed {
  Json claims;      // the payload of the pass
  std::string kid;  // by which key it is signed, now and at every repetition
};
// Errors: what waiting_or_over gives, activation_code_*, activation_redeemed*, and those of a
// standing that was lost.
Result<Redeemed> redeem(const Services&, const http::Request&, const Poll&);

}  // namespace tegata::activation
