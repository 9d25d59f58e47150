#include "enroll/card/authorities.h"

#include <set>

#include "enroll/card/errors.h"
#include "enroll/card/x509.h"
#include "rp/base/pem.h"

namespace tegata::card {
namespace {

Error malformed(const std::string& name, const char* what) {
  return Error(errors::card_authority_malformed, name + ": " + what);
}

bool is_self_signed(X509* certificate) { return X509_self_signed(certificate, 1) == 1; }
bool is_ca(X509* certificate) { return X509_check_ca(certificate) == 1; }

bool is_address(const std::string& address) { return address.starts_with("http://") || address.starts_with("file:/"); }

Status verify_roots(const CardAuthority& authority) {
  if (authority.roots.empty()) return malformed(authority.name, "no root");
  for (const auto& der : authority.roots) {
    const auto root = decode_certificate(der);
    if (!is_ca(root.get()) || !is_self_signed(root.get()))
      return malformed(authority.name, "a root is no self-signed CA");
  }
  for (const auto& der : authority.intermediates) {
    if (!is_ca(decode_certificate(der).get())) return malformed(authority.name, "an intermediate is no CA");
  }
  return {};
}

}  // namespace

Result<std::vector<Bytes>> parse_certificates_pem(const std::string& name, const std::string& pem, ErrorCode code) {
  const ErrorScope errors_stay_here;
  const auto blocks = parse_pem(pem);
  if (!blocks) return Error(code, name + ": broken PEM");
  std::vector<Bytes> out;
  for (const PemBlock& block : *blocks) {
    if (block.label != "CERTIFICATE" || !decode_certificate(block.der))
      return Error(code, name + ": a block is not a certificate");
    out.push_back(block.der);
  }
  return out;
}

Result<CardAuthority> parse_card_authority(const CardAuthoritySource& source) {
  const ErrorScope errors_stay_here;
  const auto code = errors::card_authority_malformed;
  if (source.name.empty()) return malformed("(unnamed)", "no name");
  CardAuthority authority;
  authority.name = source.name;
  TEGATA_ASSIGN(authority.roots, parse_certificates_pem(source.name, source.roots_pem, code));
  TEGATA_ASSIGN(authority.intermediates, parse_certificates_pem(source.name, source.intermediates_pem, code));
  TEGATA_ASSIGN(authority.revocation_signers, parse_certificates_pem(source.name, source.revocation_signers_pem, code));
  authority.contact = source.contact;
  if (!source.accepted_policies.empty()) authority.accepted_policies = source.accepted_policies;
  authority.revocation_addresses = source.revocation_addresses;
  authority.revocation = source.revocation;
  for (const auto& address : source.revocation_addresses) {
    if (!is_address(address)) return malformed(source.name, "an address of lists is neither http nor file");
  }
  TEGATA_TRY(verify_roots(authority));
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

RevocationIssuers revocation_issuers(const CardAuthority& authority) {
  RevocationIssuers issuers{authority.roots, authority.revocation_signers};
  issuers.authorities.insert(issuers.authorities.end(), authority.intermediates.begin(), authority.intermediates.end());
  return issuers;
}

}  // namespace tegata::card
