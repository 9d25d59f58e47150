// What OpenSSL 3.0 does not check of a public key on an Edwards curve: it takes any bytes for a point.
#pragma once

#include "rp/base/bytes.h"

namespace tegata::webauthn::wire {

enum class EdwardsPoint {
  sound,
  not_canonical,  // y is not below the prime of the field
  not_on_curve,
  small_order,  // a key that fits more signatures than its owner made
};

// REQUIRES: `encoded` has the length that the curve prescribes (RFC 8032 sections 5.1.2 and 5.2.2).
EdwardsPoint judge_ed25519_point(ByteView encoded);
EdwardsPoint judge_ed448_point(ByteView encoded);

}  // namespace tegata::webauthn::wire
