// A metadata payload that a pinned signer would have signed, and the same bytes as a whole BLOB that nobody did.
#include "rp/webauthn/metadata/metadata.h"

#include <cstdlib>

using namespace tegata;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  (void)tegata::webauthn::metadata::parse_metadata_payload(bytes).has_value();
  if (tegata::webauthn::metadata::verify_metadata(as_text(bytes), {})) std::abort();
  return 0;
}
