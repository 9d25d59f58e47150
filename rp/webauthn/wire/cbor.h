// CTAP2 canonical CBOR, read where it lies: nothing is copied and nothing allocated on the word of
// the sender. Scanning comes first; only what passed becomes a Cbor, and only a Cbor has accessors.
//
// Accepted:  definite lengths that fit into the bytes that are there, minimal integers, text in
//            UTF-8, false, true, null, containers nested at most 4 deep (the caller may say otherwise), maps
//            of at most 64 different keys that are integers or texts (in any order: real
//            authenticators differ), 1024 items in all (real objects have well under 100).
// Refused:   everything else: tags, floats, other simple values, indefinite lengths, leftovers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::webauthn::wire {

// One scanned item. A view: the bytes must outlive it.
class Cbor {
 public:
  // All of `bytes` is one item. Errors: webauthn_cbor_*.
  static Result<Cbor> scan(ByteView bytes, std::size_t max_depth = 4);
  // The item at the start of `bytes`; encoded().size() tells where the rest begins.
  static Result<Cbor> scan_first(ByteView bytes, std::size_t max_depth = 4);

  ByteView encoded() const { return encoded_; }

  // Empty where the item is of another kind, or the integer does not fit.
  std::optional<std::int64_t> integer() const;
  std::optional<ByteView> byte_string() const;
  std::optional<std::string_view> text() const;
  bool is_map() const;
  bool is_array() const;

  // Entries of an array or a map; 0 for anything else.
  std::size_t size() const;
  // REQUIRES: index < size(). Of a map: the keys and the values.
  Cbor at(std::size_t index) const;
  Cbor key_at(std::size_t index) const;
  Cbor value_at(std::size_t index) const;

  // The value under a key of a map; empty if it is not there, or this is no map.
  std::optional<Cbor> find(std::int64_t key) const;
  std::optional<Cbor> find(std::string_view key) const;

 private:
  explicit Cbor(ByteView encoded) : encoded_(encoded) {}
  Cbor item(std::size_t index) const;
  ByteView encoded_;
};

}  // namespace tegata::webauthn::wire
