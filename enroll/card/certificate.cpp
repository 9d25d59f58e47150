#include "enroll/card/certificate.h"

#include <algorithm>

#include "enroll/card/errors.h"
#include "enroll/card/path.h"
#include "rp/base/shown_text.h"

namespace tegata::card {
namespace {

constexpr auto certificate_code = errors::card_malformed;

using Names = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;

Error certificate_malformed(const char* what) {
  return Error(certificate_code, what, "rfc5280#section-4.1: certificate");
}

// The authorities may share a root: where one has CAs of its own, a leaf of the root itself is nobody's card.
bool is_below_own_ca(const Path& path, const CardAuthority& authority) {
  return path.size() > 2 || authority.intermediates.empty();
}

// The first authority that the leaf has a path to.
Result<const CardAuthority*> verify_path(X509* leaf, const std::vector<CardAuthority>& authorities, Instant now,
                                         Path& path) {
  std::string reasons;
  for (const auto& authority : authorities) {
    std::string reason = "issued by the root itself";
    TEGATA_ASSIGN(const bool found,
                  find_path(leaf, authority.roots, authority.intermediates, now, hpki_refusals, path, reason));
    if (found && is_below_own_ca(path, authority)) return &authority;
    reasons += authority.name + ": " + reason + "; ";
  }
  return Error(errors::card_untrusted, reasons, "rfc5280#section-6: path to a configured authority");
}

Status verify_revocation(const Path& path, const CardAuthority& authority, const RevocationLists& lists, Instant now) {
  if (authority.revocation_addresses.empty() || authority.revocation == RevocationCheck::not_judged) return {};
  const auto source = [&](const RevocationQuestion& question, Instant at) { return lists.answer(question, at); };
  return verify_not_revoked(path, authority.revocation == RevocationCheck::every_certificate, source, now,
                            hpki_refusals);
}

Result<std::string> directory_common_name(X509* leaf) {
  int critical = 0;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, nullptr)));
  if (!names && critical != -1) return certificate_malformed("subjectAltName");
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DIRNAME) continue;
    TEGATA_ASSIGN(auto text, name_text(name->d.directoryName, NID_commonName, certificate_code));
    if (!text.empty()) return text;
  }
  return std::string();
}

Result<std::vector<HcRole>> roles_of(const X509* leaf) {
  if (X509_get_ext_by_NID(leaf, NID_subject_directory_attributes, -1) < 0) return std::vector<HcRole>();
  return parse_hc_roles(extension_value(leaf, NID_subject_directory_attributes));
}

Status verify_roles(const std::vector<HcRole>& roles, const std::set<std::string>& allowed) {
  if (roles.empty()) return Error(errors::card_no_role, {}, "iso-17090-2#hcRole: a qualification");
  const auto eligible = [&](const HcRole& role) {
    return role.scheme == national_qualifications && allowed.contains(role.name);
  };
  if (std::ranges::none_of(roles, eligible)) {
    return Error(errors::card_role_not_eligible, roles.front().name, "iso-17090-2#hcRole: a qualification");
  }
  return {};
}

}  // namespace

class CardVerifier {
 public:
  // REQUIRES: the leaf's path, strength and profile were judged.
  static Result<CardHolder> holder(const Path& path, ByteView der, const CardAuthority& authority) {
    X509* const leaf = path.at(0);
    CardHolder holder;
    const X509_NAME* const subject = X509_get_subject_name(leaf);
    holder.authority_ = authority.name;
    TEGATA_ASSIGN(holder.holder_number_, name_text(subject, NID_serialNumber, certificate_code));
    TEGATA_ASSIGN(holder.romaji_, name_text(subject, NID_commonName, certificate_code));
    TEGATA_ASSIGN(holder.kanji_, directory_common_name(leaf));
    // Nobody here can correct a signed name: of what is not seen in it nothing is left.
    for (auto* name : {&holder.romaji_, &holder.kanji_}) *name = shown_part(*name);
    if (holder.holder_number_.empty() || holder.romaji_.empty())
      return certificate_malformed("subject without number or name");
    TEGATA_ASSIGN(holder.roles_, roles_of(leaf));
    TEGATA_ASSIGN(holder.not_before_, to_instant(X509_get0_notBefore(leaf), certificate_code));
    TEGATA_ASSIGN(holder.not_after_, to_instant(X509_get0_notAfter(leaf), certificate_code));
    holder.fingerprint_ = sha256(der);
    holder.issuer_ = issuer_identity(path.at(1));
    holder.serial_ = serial_of(leaf);
    return holder;
  }
};

Result<CardHolder> verify_card_certificate(ByteView der, const std::vector<CardAuthority>& authorities,
                                           const std::set<std::string>& roles_allowed, Instant now,
                                           const RevocationLists& lists) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const auto certificate, parse_certificate(der, certificate_code));
  X509* const leaf = certificate.get();
  Path path;
  TEGATA_ASSIGN(const CardAuthority* const authority, verify_path(leaf, authorities, now, path));
  TEGATA_TRY(verify_path_profile(path, hpki_refusals));
  TEGATA_TRY(verify_key_usage(leaf, hpki_refusals));
  TEGATA_TRY(verify_policy(leaf, authority->accepted_policies, signing_policies, hpki_refusals));
  TEGATA_ASSIGN(auto holder, CardVerifier::holder(path, der, *authority));
  TEGATA_TRY(verify_dates(holder.not_before(), holder.not_after(), path, now, hpki_refusals));
  TEGATA_TRY(verify_revocation(path, *authority, lists, now));
  TEGATA_TRY(verify_roles(holder.roles(), roles_allowed));
  return holder;
}

Result<Instant> parse_card_not_after(ByteView der) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const auto certificate, parse_certificate(der, certificate_code));
  return to_instant(X509_get0_notAfter(certificate.get()), certificate_code);
}

}  // namespace tegata::card
