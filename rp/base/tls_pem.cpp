#include "rp/base/tls_pem.h"

#include <openssl/x509.h>

#include "rp/base/openssl.h"
#include "rp/base/pem.h"

namespace tegata {
namespace {

using Certificate = std::unique_ptr<X509, Release<X509_free>>;

Certificate decode(const PemBlock& block) {
  const auto* at = block.der.data();
  return Certificate(d2i_X509(nullptr, &at, static_cast<long>(block.der.size())));
}

// Nothing where a block is broken. Null in it: a certificate that is none.
std::optional<std::vector<Certificate>> certificates(std::string_view text) {
  const auto blocks = parse_pem(text);
  if (!blocks) return std::nullopt;
  std::vector<Certificate> all;
  for (const auto& block : *blocks) {
    if (block.label == "CERTIFICATE") all.push_back(decode(block));
    if (block.label == "CERTIFICATE" && !all.back()) return std::nullopt;
  }
  return all;
}

}  // namespace

std::string fault_of_authorities_pem(std::string_view text) {
  const ErrorScope errors_stay_here;
  const auto all = certificates(text);
  if (!all) return "has something that is no PEM certificate";
  return all->empty() ? "has no certificate in PEM" : "";
}

std::string fault_of_tls_pem(std::string_view text) {
  const ErrorScope errors_stay_here;
  const auto all = certificates(text);
  if (!all) return "has something that is no PEM certificate";
  if (all->empty()) return "has no certificate in PEM";
  const auto key = parse_private_key_pem(text);
  if (!key) return "has no private key in PEM that can be read without a password";
  return X509_check_private_key(all->front().get(), key.get()) == 1 ? "" : "has a key that is not its certificate's";
}

}  // namespace tegata
