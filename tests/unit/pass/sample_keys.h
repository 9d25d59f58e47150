// Keys made for tests; they protect nothing.
#pragma once

#include "rp/pass/signing_key.h"

namespace tegata::test {

inline constexpr const char* first_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZIPJbFLlQRUpFrhZ
aV9DRfjvBCrFUphNX0DXDTtbrs2hRANCAASp/FetmIhj3MRp1dTY6CNhRapXvgrt
c/CWoBJe5so7sFArwqEzZty9EAhgKF27NDBGc5QD9S+MXciBuE2iGiRZ
-----END PRIVATE KEY-----)";

inline constexpr const char* second_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9/qzLxreJnzPCG2z
SNO8YGS2BhzYxS3ZOAE0uiqcXPihRANCAAQ6MX8QUjNCI0zN6Kat7ga30m0fGBWl
kR0A56ln2mHGxOotS4NTfEdk6FnVyS3QM7FQ8Y46YHojhDThW2tP4IYC
-----END PRIVATE KEY-----)";

inline constexpr const char* p384_key = R"(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAtuV0djiEj6Wq2HdyI
rOAA097NES/t4ugIIyFfDLxq3TAXcD/6AalokLRfKgt8/yChZANiAAQ9ZcajEhmp
Qo6ieuu9rBA5kGWTNR3kedjogSV6SJUszCAUR/WyA+QWrdHW3FQOiwqr+uFziyOW
6oaPDeKiNzUVYsUCtZCdiGxMVgAOBzlHkqyKyEeKteAYRktqABTiS64=
-----END PRIVATE KEY-----)";

inline pass::SigningKey sample_key(const char* pem = first_key) { return *pass::SigningKey::parse_pem(pem); }

}  // namespace tegata::test
