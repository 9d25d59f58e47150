#include "rp/base/pem.h"

#include <openssl/pem.h>

#include "rp/base/openssl.h"

namespace tegata {
namespace {

using BioPtr = std::unique_ptr<BIO, Release<BIO_free_all>>;

// OpenSSL's three allocations, with an owner.
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
};

}  // namespace

std::optional<std::vector<PemBlock>> parse_pem(std::string_view text) {
  const ErrorScope errors_stay_here;
  const BioPtr in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<PemBlock> blocks;
  for (;;) {
    Block block;
    if (PEM_read_bio(in.get(), &block.name, &block.header, &block.data, &block.size) != 1) break;
    blocks.push_back({block.name, Bytes(block.data, block.data + block.size)});
  }
  // What ends the reading of a whole text is that no further block begins.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return std::nullopt;
  return blocks;
}

KeyOwner parse_private_key_pem(std::string_view pem) {
  const ErrorScope errors_stay_here;
  const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return KeyOwner(PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr));
}

std::string private_key_pem(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace tegata
