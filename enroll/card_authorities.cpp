#include "enroll/card_authorities.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <set>

#include "enroll/card_errors.h"

namespace tegata::card {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

Error malformed(const std::string& name, const char* what) {
  return Error(errors::card_authority_malformed, name + ": " + what);
}

Bytes der_of(X509* certificate) {
  unsigned char* out = nullptr;
  const int size = i2d_X509(certificate, &out);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(out, [](unsigned char* p) { OPENSSL_free(p); });
  return size > 0 ? Bytes(out, out + size) : Bytes();
}

bool is_self_signed(X509* certificate) { return X509_self_signed(certificate, 1) == 1; }
bool is_ca(X509* certificate) { return X509_check_ca(certificate) == 1; }

// All certificates of a PEM text; another kind of block, or one that does not decode, is an error.
Result<std::vector<Certificate>> read_pem(const std::string& name, const std::string& pem) {
  std::vector<Certificate> out;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all);
  char* block = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (PEM_read_bio(bio.get(), &block, &header, &data, &size) == 1) {
    const bool is_certificate = std::string_view(block) == PEM_STRING_X509;
    const unsigned char* cursor = data;
    Certificate certificate(is_certificate ? d2i_X509(nullptr, &cursor, size) : nullptr, X509_free);
    const bool whole = certificate && cursor == data + size;
    OPENSSL_free(block);
    OPENSSL_free(header);
    OPENSSL_free(data);
    if (!whole) return malformed(name, "a block is not a certificate");
    out.push_back(std::move(certificate));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended) return malformed(name, "broken PEM");
  return out;
}

}  // namespace

Result<CardAuthority> parse_card_authority(const CardAuthoritySource& source) {
  if (source.name.empty()) return malformed("(unnamed)", "no name");
  TEGATA_ASSIGN(const auto roots, read_pem(source.name, source.roots_pem));
  TEGATA_ASSIGN(const auto intermediates, read_pem(source.name, source.intermediates_pem));
  if (roots.empty()) return malformed(source.name, "no root");
  CardAuthority authority;
  authority.name = source.name;
  authority.contact = source.contact;
  if (!source.accepted_policies.empty()) authority.accepted_policies = source.accepted_policies;
  for (const auto& root : roots) {
    if (!is_ca(root.get()) || !is_self_signed(root.get())) return malformed(source.name, "a root is no self-signed CA");
    authority.roots.push_back(der_of(root.get()));
  }
  for (const auto& intermediate : intermediates) {
    if (!is_ca(intermediate.get())) return malformed(source.name, "an intermediate is no CA");
    authority.intermediates.push_back(der_of(intermediate.get()));
  }
  return authority;
}

Result<std::vector<CardAuthority>> parse_card_authorities(const std::vector<CardAuthoritySource>& sources) {
  std::vector<CardAuthority> out;
  std::set<std::string> names;
  for (const auto& source : sources) {
    if (!names.insert(source.name).second) return malformed(source.name, "name twice");
    TEGATA_ASSIGN(auto authority, parse_card_authority(source));
    out.push_back(std::move(authority));
  }
  return out;
}

}  // namespace tegata::card
