// The hcRole extension and whole certificates out of arbitrary bytes.
#include "enroll/card_certificate.h"

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    (void)card::parse_hc_roles(rest).has_value();
  } else {
    (void)card::verify_card_certificate(rest, {}, {"Medical Doctor"}, Instant()).has_value();
  }
  return 0;
}
