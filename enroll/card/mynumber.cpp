#include "enroll/card/mynumber.h"

#include <algorithm>
#include <array>

#include "enroll/card/authorities.h"
#include "enroll/card/errors.h"
#include "enroll/card/path.h"

namespace tegata::card {
namespace {

constexpr const char* default_policy = "1.2.392.200149.8.5.1.3.30";
constexpr std::string_view signature_policies = "1.2.392.200149.8.5.1.1.";
constexpr std::string_view signature_unit = "JPKI for digital signature";
constexpr auto mynumber_code = errors::mynumber_malformed;

struct Attribute {
  int type;
  std::string_view value;
};
// The name that every generation bears, attribute by attribute.
constexpr std::array<Attribute, 4> authority_name(bool sandbox) {
  return {{{NID_countryName, "JP"},
           {NID_organizationName, sandbox ? "JPKI-TEST" : "JPKI"},
           {NID_organizationalUnitName, "JPKI for user authentication"},
           {NID_organizationalUnitName, "Japan Agency for Local Authority Information Systems"}}};
}

bool is_value(const X509_NAME_ENTRY* entry, std::string_view value) {
  const ASN1_STRING* const data = X509_NAME_ENTRY_get_data(entry);
  const int type = ASN1_STRING_type(data);
  return (type == V_ASN1_PRINTABLESTRING || type == V_ASN1_UTF8STRING) &&
         as_text({ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data))}) == value;
}

bool is_authority_name(const X509_NAME* name, bool sandbox) {
  const auto expected = authority_name(sandbox);
  if (X509_NAME_entry_count(name) != static_cast<int>(expected.size())) return false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, static_cast<int>(i));
    if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != expected[i].type) return false;
    if (X509_NAME_ENTRY_set(entry) != static_cast<int>(i) || !is_value(entry, expected[i].value)) return false;
  }
  return true;
}

bool is_of_signature_authority(const X509_NAME* issuer) {
  for (int i = 0; i < X509_NAME_entry_count(issuer); ++i) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(issuer, i);
    const bool unit = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == NID_organizationalUnitName;
    if (unit && is_value(entry, signature_unit)) return true;
  }
  return false;
}

Error bad_authority(const char* what) { return Error(errors::mynumber_authority_malformed, what); }

Status verify_generation(const Bytes& der, bool sandbox) {
  const auto authority = decode_certificate(der);
  if (X509_check_ca(authority.get()) != 1 || X509_self_signed(authority.get(), 1) != 1)
    return bad_authority("no self-signed CA");
  if (!is_authority_name(X509_get_subject_name(authority.get()), sandbox))
    return bad_authority("not the name of JPKI's authority for user authentication");
  return {};
}

Status verify_path(X509* leaf, const MyNumberAuthorities& authorities, Instant now, Path& path) {
  if (is_of_signature_authority(X509_get_issuer_name(leaf)))
    return Error(errors::mynumber_signature_certificate, "issuer", "jpki: user authentication");
  std::string reason;
  TEGATA_ASSIGN(const bool found, find_path(leaf, authorities.generations(), {}, now, mynumber_refusals, path, reason));
  if (!found) return Error(errors::mynumber_untrusted, reason, "rfc5280#section-6: path to a configured authority");
  return {};
}

}  // namespace

class MyNumberVerifier {
 public:
  static Result<MyNumberAuthorities> authorities(const MyNumberAuthoritiesSource& source) {
    MyNumberAuthorities out;
    TEGATA_ASSIGN(out.generations_,
                  parse_certificates_pem("JPKI", source.generations_pem, errors::mynumber_authority_malformed));
    if (out.generations_.empty()) return bad_authority("no generation");
    for (const auto& der : out.generations_) TEGATA_TRY(verify_generation(der, source.sandbox));
    out.accepted_policies_ = source.accepted_policies;
    if (out.accepted_policies_.empty()) out.accepted_policies_ = {default_policy};
    return out;
  }

  // REQUIRES: the leaf's path and profile were judged.
  static Result<MyNumberCertificate> certificate(X509* leaf, X509* issuer, ByteView der,
                                                 const std::vector<Bytes>& generations) {
    MyNumberCertificate out;
    out.fingerprint_ = sha256(der);
    out.serial_ = serial_of(leaf);
    out.issuer_ = issuer_identity(issuer);
    const auto is_issuer = [&](const Bytes& one) {
      return issuer_identity(decode_certificate(one).get()) == out.issuer_;
    };
    out.generation_ = static_cast<std::size_t>(std::ranges::find_if(generations, is_issuer) - generations.begin());
    TEGATA_ASSIGN(out.not_before_, to_instant(X509_get0_notBefore(leaf), mynumber_code));
    TEGATA_ASSIGN(out.not_after_, to_instant(X509_get0_notAfter(leaf), mynumber_code));
    return out;
  }
};

Result<MyNumberAuthorities> parse_mynumber_authorities(const MyNumberAuthoritiesSource& source) {
  const ErrorScope errors_stay_here;
  return MyNumberVerifier::authorities(source);
}

MyNumberRevocation mynumber_revocation_by(const RevocationLists& lists) {
  return [&lists](const RevocationQuestion& question, Instant now) { return lists.answer(question, now); };
}

RevocationIssuers revocation_issuers(const MyNumberAuthorities& authorities) { return {authorities.generations()}; }

Result<MyNumberCertificate> verify_mynumber_certificate(ByteView der, const MyNumberAuthorities& authorities,
                                                        const MyNumberRevocation& revocation, Instant now) {
  const ErrorScope errors_stay_here;
  TEGATA_ASSIGN(const auto parsed, parse_certificate(der, mynumber_code));
  X509* const leaf = parsed.get();
  Path path;
  TEGATA_TRY(verify_path(leaf, authorities, now, path));
  TEGATA_TRY(verify_path_profile(path, mynumber_refusals));
  TEGATA_TRY(verify_key_usage(leaf, mynumber_refusals));
  TEGATA_TRY(verify_policy(leaf, authorities.accepted_policies(), signature_policies, mynumber_refusals));
  TEGATA_ASSIGN(auto certificate,
                MyNumberVerifier::certificate(leaf, path.at(path.size() - 1), der, authorities.generations()));
  TEGATA_TRY(verify_dates(certificate.not_before(), certificate.not_after(), path, now, mynumber_refusals));
  if (revocation) TEGATA_TRY(verify_not_revoked(path, false, revocation, now, mynumber_refusals));
  return certificate;
}

}  // namespace tegata::card
