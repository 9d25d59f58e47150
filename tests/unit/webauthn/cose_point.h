// A coordinate pair that is certainly on its curve.
#pragma once

#include "rp/sandbox/authenticator/keys.h"
#include "rp/webauthn/wire/cbor.h"

namespace tegata::webauthn::test {

// Out of a fresh key.
struct CosePoint {
  explicit CosePoint(std::int64_t algorithm) {
    const Bytes cose = sandbox::authenticator::cose_key(sandbox::authenticator::make_key(algorithm), algorithm);
    const auto map = wire::Cbor::scan(cose).value();
    x = to_bytes(*map.find(-2)->byte_string());
    if (map.find(-3)) y = to_bytes(*map.find(-3)->byte_string());
  }
  Bytes x, y;
};

}  // namespace tegata::webauthn::test
