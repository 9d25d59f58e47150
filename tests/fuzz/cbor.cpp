// The scanner: whatever passes can be walked to its last byte.
#include "rp/webauthn/wire/cbor.h"

#include <cstdlib>

using namespace tegata;
using tegata::webauthn::wire::Cbor;

namespace {

// Items below and with this one; touches every accessor.
std::size_t walk(const Cbor& item) {
  if (const auto bytes = item.byte_string(); bytes && bytes->size() > item.encoded().size()) std::abort();
  if (const auto text = item.text(); text && text->size() > item.encoded().size()) std::abort();
  (void)item.integer();
  std::size_t count = 1;
  for (std::size_t i = 0; i < item.size(); ++i) {
    if (item.is_array()) count += walk(item.at(i));
    if (item.is_map()) count += walk(item.key_at(i)) + walk(item.value_at(i));
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto first = Cbor::scan_first(bytes);
  const auto whole = Cbor::scan(bytes);
  if (whole && !first) std::abort();
  if (!first) return 0;
  if (first->encoded().size() > size || walk(*first) > size) std::abort();
  // What was cut off is a whole item, and scanning it again says the same.
  if (!Cbor::scan(first->encoded())) std::abort();
  if (whole.has_value() != (first->encoded().size() == size)) std::abort();
  return 0;
}
