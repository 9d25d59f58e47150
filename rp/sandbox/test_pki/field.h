// The field in small: one root, three authorities below it in their styles of naming, JPKI with its generations, and
// the authorities that something is wrong with. Names say TEST.
#pragma once

#include <string>
#include <vector>

#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/issue.h"

namespace tegata::sandbox::test_pki {

// A CA, and how it publishes its lists.
struct FieldCa {
  Identity identity;
  std::string address;             // of its list; empty: it publishes none
  std::chrono::hours list_age{1};  // how long ago its list was issued; over crl_life: stale
  std::vector<RawExtension> list_extensions = {};
};

struct FieldAuthority {
  std::string name;
  FieldCa authentication, signing;
  std::vector<FieldCa> more = {};  // further CAs configured under that name
};

struct Field {
  Instant now{};
  FieldCa root;
  FieldAuthority jma, jpa, medis;
  // Right in every respect but one: see odd_ca.
  FieldAuthority odd;
  // The same names as medis, other keys; configured nowhere.
  Identity foreign_root, foreign_authentication;
  // The authority for user authentication under one name: first to third generation, one that has ended, one whose
  // list nobody has. And what is configured nowhere: the authority for digital signature, a stranger under the same
  // name, one under the name of the real JPKI.
  std::vector<FieldCa> jpki;
  Identity jpki_signature, jpki_foreign, jpki_real_name;
  Key card_key;  // of every card that is not about keys

  const FieldCa& odd_ca(const std::string& common_name) const;
};
inline constexpr std::size_t jpki_ended = 3, jpki_unlisted = 4;

// Makes some two dozen keys: seconds.
Field make_field(Instant now);

inline constexpr const char* authentication_policy = "1.2.392.100495.1.5.1.2.0.1";
inline constexpr const char* signing_policy = "1.2.392.100495.1.5.1.1.0.1";
inline constexpr const char* mynumber_policy = "1.2.392.200149.8.5.1.3.30";
inline constexpr const char* mynumber_signature_policy = "1.2.392.200149.8.5.1.1.10";
inline constexpr const char* crl_distribution_points = "crlDistributionPoints";

}  // namespace tegata::sandbox::test_pki
