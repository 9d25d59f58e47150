#include "rp/webauthn/attestation/tpm_certificate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "rp/webauthn/attestation/certificate.h"
#include "rp/webauthn/wire/check.h"
#include "rp/webauthn/wire/clauses.h"
#include "rp/webauthn/wire/errors.h"

namespace tegata::webauthn::attestation {
namespace {

constexpr const char *manufacturer_oid = "2.23.133.2.1", *model_oid = "2.23.133.2.2", *version_oid = "2.23.133.2.3";
constexpr const char* aik_certificate_oid = "2.23.133.8.3";  // tcg-kp-AIKCertificate

// TCG TPM Vendor ID Registry, Family 1.2 and 2.0, version 1.07: four letters each, padded as there. Its entry for the
// FIDO Alliance's test tool is no maker of TPMs and is left out.
constexpr std::array<std::string_view, 29> manufacturers{
    {{"AMD\0", 4}, {"ANT\0", 4}, {"ATML", 4},  {"BRCM", 4},  {"CSCO", 4},  {"FLYS", 4}, {"ROCC", 4},  {"GOOG", 4},
     {"HPI\0", 4}, {"HPE\0", 4}, {"HISI", 4},  {"IBM\0", 4}, {"IFX\0", 4}, {"INTC", 4}, {"LEN\0", 4}, {"MSFT", 4},
     {"NSM ", 4},  {"NTZ\0", 4}, {"NSG\0", 4}, {"NTC\0", 4}, {"QCOM", 4},  {"SMSN", 4}, {"SECE", 4},  {"SNS\0", 4},
     {"SMSC", 4},  {"STM ", 4},  {"TXN\0", 4}, {"WEC\0", 4}, {"SEAL", 4}}};

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;
using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, Release<EXTENDED_KEY_USAGE_free>>;

Error aik_profile(std::string detail, std::string_view clause) {
  return Error(errors::webauthn_attestation_certificate_profile, std::move(detail), clause);
}

bool is(const ASN1_OBJECT* object, std::string_view oid) {
  std::array<char, 64> text{};
  const int size = OBJ_obj2txt(text.data(), text.size(), object, 1);
  return size > 0 && oid == text.data();
}

std::string text_of(const ASN1_STRING* string) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, string);
  if (size < 0) return {};
  const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> owner(text);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

// The directory names of a subjectAltName, as one list: some issuers give each attribute a name of its own.
std::vector<const X509_NAME*> directory_names(const GENERAL_NAMES* names) {
  std::vector<const X509_NAME*> out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DIRNAME) out.push_back(name->d.directoryName);
  }
  return out;
}

// The one value of an attribute; empty if it is missing, repeated or no text.
std::string attribute(const std::vector<const X509_NAME*>& names, std::string_view oid) {
  std::vector<std::string> found;
  for (const X509_NAME* name : names) {
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
      const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
      if (is(X509_NAME_ENTRY_get_object(entry), oid)) found.push_back(text_of(X509_NAME_ENTRY_get_data(entry)));
    }
  }
  return found.size() == 1 ? found.front() : std::string();
}

Status verify_alternative_name(const X509& certificate, const wire::Policy& policy) {
  int critical = 0;
  auto* found = X509_get_ext_d2i(&certificate, NID_subject_alt_name, &critical, nullptr);
  const NamesPtr parsed(static_cast<GENERAL_NAMES*>(found));
  // Because the subject is empty. Below 0: missing, repeated or malformed.
  TEGATA_REQUIRE(critical == 1,
                 aik_profile("missing or not critical", wire::clauses::tpm_certificate_alternative_name));
  const auto names = directory_names(parsed.get());
  const std::string manufacturer = attribute(names, manufacturer_oid);
  TEGATA_REQUIRE(!manufacturer.empty(), aik_profile("manufacturer", wire::clauses::tpm_certificate_alternative_name));
  TEGATA_REQUIRE(!attribute(names, model_oid).empty(),
                 aik_profile("model", wire::clauses::tpm_certificate_alternative_name));
  TEGATA_REQUIRE(!attribute(names, version_oid).empty(),
                 aik_profile("version", wire::clauses::tpm_certificate_alternative_name));
  TEGATA_REQUIRE(policy.tpm_manufacturer_unknown_allowed || is_tpm_manufacturer(manufacturer),
                 Error(errors::webauthn_tpm_manufacturer_unknown, manufacturer.substr(0, 32),
                       wire::clauses::tpm_certificate_manufacturer));
  return {};
}

bool has_aik_usage(const X509& certificate) {
  auto* found = X509_get_ext_d2i(&certificate, NID_ext_key_usage, nullptr, nullptr);
  const UsagesPtr usages(static_cast<EXTENDED_KEY_USAGE*>(found));
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    if (is(sk_ASN1_OBJECT_value(usages.get(), i), aik_certificate_oid)) return true;
  }
  return false;
}

}  // namespace

bool is_tpm_manufacturer(std::string_view text) {
  if (text.size() != 11 || !text.starts_with("id:")) return false;
  std::string letters;
  for (std::size_t i = 3; i < text.size(); i += 2) {
    unsigned value = 0;
    const char* const end = text.data() + i + 2;
    if (std::from_chars(text.data() + i, end, value, 16).ptr != end) return false;
    letters.push_back(static_cast<char>(value));
  }
  return std::ranges::find(manufacturers, letters) != manufacturers.end();
}

Status verify_tpm_certificate(const X509& certificate, const wire::Policy& policy) {
  const ErrorScope errors_stay_here;
  TEGATA_REQUIRE(X509_get_version(&certificate) == X509_VERSION_3,
                 aik_profile("", wire::clauses::tpm_certificate_version));
  TEGATA_REQUIRE(X509_NAME_entry_count(X509_get_subject_name(&certificate)) == 0,
                 aik_profile("", wire::clauses::tpm_certificate_subject));
  TEGATA_TRY(verify_alternative_name(certificate, policy));
  TEGATA_REQUIRE(has_aik_usage(certificate), aik_profile("", wire::clauses::tpm_certificate_usage));
  TEGATA_REQUIRE(is_end_entity(certificate), aik_profile("", wire::clauses::tpm_certificate_no_ca));
  return {};
}

}  // namespace tegata::webauthn::attestation
