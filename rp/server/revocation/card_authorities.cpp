#include "rp/server/revocation/card_authorities.h"

#include "rp/host/public_file.h"

namespace tegata::server::revocation {
namespace {

card::RevocationCheck check_named(const std::string& name) {
  if (name == "card_only") return card::RevocationCheck::card_only;
  return name == "not_judged" ? card::RevocationCheck::not_judged : card::RevocationCheck::every_certificate;
}

}  // namespace

Result<std::string> read_files(const std::vector<std::string>& paths) {
  std::string all;
  for (const auto& path : paths) {
    TEGATA_ASSIGN(const auto text, host::read_public_file(path));
    all += text + "\n";
  }
  return all;
}

std::set<std::string> revocation_addresses(const config::Config& config) {
  std::set<std::string> all;
  for (const auto& authority : config.authorities) all.insert(authority.crls.begin(), authority.crls.end());
  return all;
}

Result<std::vector<card::CardAuthority>> read_authorities(const config::Config& config) {
  std::vector<card::CardAuthoritySource> sources;
  for (const auto& authority : config.authorities) {
    card::CardAuthoritySource source;
    source.name = authority.name;
    TEGATA_ASSIGN(source.roots_pem, read_files(authority.roots));
    TEGATA_ASSIGN(source.intermediates_pem, read_files(authority.intermediates));
    TEGATA_ASSIGN(source.revocation_signers_pem, read_files(authority.crl_signers));
    source.accepted_policies = authority.policies;
    source.contact = authority.contact;
    source.revocation_addresses = authority.crls;
    source.revocation = check_named(authority.revocation);
    sources.push_back(std::move(source));
  }
  return card::parse_card_authorities(sources);
}

}  // namespace tegata::server::revocation
