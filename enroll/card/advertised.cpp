#include "enroll/card/advertised.h"

#include <algorithm>

#include "enroll/card/errors.h"
#include "enroll/card/x509.h"

namespace tegata::card {
namespace {

using Policies = std::unique_ptr<CERTIFICATEPOLICIES, Release<CERTIFICATEPOLICIES_free>>;

bool is_for_signing(const X509* authority) {
  const Policies policies(
      static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(authority, NID_certificate_policies, nullptr, nullptr)));
  for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
    if (dotted(sk_POLICYINFO_value(policies.get(), i)->policyid).starts_with(signing_policies)) return true;
  }
  return false;
}

bool is_configured(const Bytes& der, const std::vector<CardAuthority>& authorities) {
  return std::ranges::any_of(authorities, [&](const CardAuthority& authority) {
    return std::ranges::find(authority.intermediates, der) != authority.intermediates.end();
  });
}

}  // namespace

Status verify_advertised(const std::string& name, const std::string& pem,
                         const std::vector<CardAuthority>& authorities) {
  const ErrorScope errors_stay_here;
  const auto refuse = [&](const char* what) { return Error(errors::card_authority_malformed, name + ": " + what); };
  TEGATA_ASSIGN(const auto all, parse_certificates_pem(name, pem, errors::card_authority_malformed));
  if (all.empty()) return refuse("names no authority");
  for (const auto& der : all) {
    if (!is_configured(der, authorities)) return refuse("names one that is no intermediate of a configured authority");
    if (is_for_signing(decode_certificate(der).get())) return refuse("names an authority for signing");
  }
  return {};
}

}  // namespace tegata::card
