#include "rp/webauthn/pem.h"

#include <openssl/pem.h>

#include <memory>

#include "rp/webauthn/check.h"
#include "rp/webauthn/errors.h"
#include "rp/webauthn/openssl.h"

namespace tegata::webauthn {
namespace {

using BioPtr = std::unique_ptr<BIO, Release<BIO_free_all>>;

struct Block {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
};

}  // namespace

Result<std::vector<Bytes>> parse_pem_or_der(std::string_view file, std::string_view label) {
  const ErrorScope errors_stay_here;
  if (file.starts_with('\x30')) return std::vector<Bytes>{to_bytes(as_bytes(file))};
  const BioPtr in(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  std::vector<Bytes> all;
  for (;;) {
    Block block;
    if (PEM_read_bio(in.get(), &block.name, &block.header, &block.data, &block.size) != 1) break;
    TEGATA_REQUIRE(label == block.name, Error(errors::webauthn_pem_malformed, block.name));
    all.emplace_back(block.data, block.data + block.size);
  }
  // What ends the reading of a whole file is that no further block begins.
  TEGATA_REQUIRE(!all.empty() && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE,
                 Error(errors::webauthn_pem_malformed, "no " + std::string(label)));
  return all;
}

}  // namespace tegata::webauthn
