#include "rp/base/tls_pem.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "rp/base/asn1_time.h"
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

namespace {

std::vector<Certificate> readable_certificates(std::string_view text) {
  auto all = certificates(text);
  if (all && !all->empty()) return std::move(*all);
  std::vector<Certificate> one;
  if (auto der = decode({"CERTIFICATE", to_bytes(as_bytes(text))})) one.push_back(std::move(der));
  return one;
}

std::string subject_of(const X509* certificate) {
  const auto* name = X509_get_subject_name(certificate);
  char text[256] = "";
  if (X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text) <= 0)
    X509_NAME_oneline(name, text, sizeof text);
  return text;
}

bool names_host(X509* certificate, std::string host) {
  if (host.starts_with("*")) host.replace(0, 1, "a");
  return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

}  // namespace

std::vector<CertificateInFile> certificates_of(std::string_view text) {
  const ErrorScope errors_stay_here;
  std::vector<CertificateInFile> out;
  for (const auto& each : readable_certificates(text)) {
    const auto from = instant_of(X509_get0_notBefore(each.get())), to = instant_of(X509_get0_notAfter(each.get()));
    if (from && to) out.push_back({subject_of(each.get()), *from, *to});
  }
  return out;
}

std::vector<std::string> hosts_not_named(std::string_view text, const std::vector<std::string>& hosts) {
  const ErrorScope errors_stay_here;
  const auto all = readable_certificates(text);
  std::vector<std::string> out;
  for (const auto& host : hosts) {
    if (!all.empty() && !names_host(all.front().get(), host)) out.push_back(host);
  }
  return out;
}

}  // namespace tegata
