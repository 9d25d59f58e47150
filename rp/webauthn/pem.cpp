#include "rp/webauthn/pem.h"

#include "rp/base/pem.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn {

Result<std::vector<Bytes>> parse_pem_or_der(std::string_view file, std::string_view label) {
  if (file.starts_with('\x30')) return std::vector<Bytes>{to_bytes(as_bytes(file))};
  const auto blocks = parse_pem(file);
  TEGATA_REQUIRE(blocks && !blocks->empty(), Error(errors::webauthn_pem_malformed, "no " + std::string(label)));
  std::vector<Bytes> all;
  for (const PemBlock& block : *blocks) {
    TEGATA_REQUIRE(label == block.label, Error(errors::webauthn_pem_malformed, block.label));
    all.push_back(block.der);
  }
  return all;
}

}  // namespace tegata::webauthn
