// Keys and certificates for tests: whatever a profile says gets issued, wrong ones included.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"

namespace tegata::sandbox::test_pki {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

struct Identity {
  Key key;
  Certificate certificate;
};

// A distinguished name in order: {"C", "JP"}, {"CN", "..."}.
using Name = std::vector<std::pair<std::string, std::string>>;

struct RawExtension {
  std::string oid;
  bool critical = false;
  Bytes der;
};

struct Profile {
  Name subject;
  Instant not_before{};
  Instant not_after{};
  // As in an OpenSSL configuration file: {"keyUsage", "critical,digitalSignature"}.
  std::vector<std::pair<std::string, std::string>> extensions = {};
  std::vector<RawExtension> raw_extensions = {};
  std::string digest = "SHA256";
};

// These end the program where OpenSSL cannot do it: a sandbox without its PKI has nothing to go on with.
Key rsa_key(unsigned bits = 2048);
Key p256_key();
Key ec_key(const char* curve);  // "P-384"
Certificate issue(const Profile& profile, const Key& subject, const Identity& issuer);
Identity issue_self_signed(const Profile& profile, const Key& key);

// The DER of extension values that configuration text cannot say.
// hcRole in subjectDirectoryAttributes: one HCActor per role; `code` may be empty.
struct CodedRole {
  std::string name;
  std::string code;
};
inline constexpr const char* subject_directory_attributes = "2.5.29.9";
Bytes hc_role_extension(const std::vector<CodedRole>& roles);
// A subjectAltName with one directoryName.
inline constexpr const char* subject_alt_name = "2.5.29.17";
Bytes directory_name_extension(const Name& name);

Bytes der(const Certificate& certificate);
std::string pem(const Certificate& certificate);
std::string pem(const Key& key);
Bytes pkcs12(const Identity& identity, const std::vector<Certificate>& chain, const std::string& name,
             const std::string& password);

}  // namespace tegata::sandbox::test_pki
