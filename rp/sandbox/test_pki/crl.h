// Revocation lists for tests: whatever a profile says gets issued, wrong ones included.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rp/sandbox/test_pki/issue.h"

namespace tegata::sandbox::test_pki {

// The rhythm of HPKI's authorities.
inline constexpr std::chrono::hours crl_life{96};

struct CrlEntry {
  Certificate certificate;
  Instant revoked_at{};
  std::optional<int> reason = {};  // CRLReason
  std::vector<RawExtension> raw_extensions = {};
};

struct CrlProfile {
  Instant this_update{};
  std::optional<Instant> next_update = {};  // nothing: the field is left out
  std::optional<std::uint64_t> number = 1;
  std::vector<CrlEntry> revoked = {};
  std::vector<RawExtension> raw_extensions = {};
  bool key_identifier = true;
  bool version_2 = true;
  std::string digest = "SHA256";
  Bytes issuer_name = {};  // DER of a Name; empty: the issuer's subject
};

// A list as authorities publish it: fresh for crl_life from `this_update`.
CrlProfile crl_profile(Instant this_update, std::uint64_t number, std::vector<CrlEntry> revoked = {});
Bytes issue_crl(const CrlProfile& profile, const Identity& issuer);
// The same around ready entries: the DER of all of them, one after the other. For lists too long to be made one by one,
// and for entries that nobody would make.
Bytes issue_crl_with_entries(const CrlProfile& profile, const Bytes& entries, const Identity& issuer);

// Out of PEM texts: all certificates; one private key, null where there is none.
std::vector<Certificate> read_certificates(const std::string& text);
Key read_key(const std::string& text);

// One DER element.
Bytes der_element(std::uint8_t tag, ByteView content);

inline constexpr const char* issuing_distribution_point = "2.5.29.28";
// The value of that extension; `scope` is its part behind the names: e.g. {0x81, 1, 0xff} for onlyContainsUserCerts.
Bytes issuing_distribution_point_extension(const std::vector<std::string>& addresses, const Bytes& scope);
inline const Bytes users_only = {0x81, 0x01, 0xff};
inline const Bytes authorities_only = {0x82, 0x01, 0xff};

}  // namespace tegata::sandbox::test_pki
