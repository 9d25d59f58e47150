#include <cstdlib>

#include "rp/webauthn/authentication.h"
#include "tests/bench/bench.h"
#include "tests/bench/ceremony.h"

namespace tegata::bench {

// One core: both sides run on this thread. Ours is everything from the parsed response to the verdict.
void verification() {
  constexpr int count = 4000;
  const auto ceremony = make_ceremony();
  const Raw raw(ceremony);
  print("assertion verification, ES256, one core",
        compare(
            15, count,
            [&] {
              for (int i = 0; i < count; ++i) {
                if (!webauthn::verify_authentication(ceremony.expected, ceremony.response, ceremony.record,
                                                     ceremony.user_handle, ceremony.key))
                  std::abort();
              }
            },
            [&] {
              for (int i = 0; i < count; ++i) raw.verify();
            }),
        0.75);
}

}  // namespace tegata::bench
