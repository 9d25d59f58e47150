// Every certificate that a card reader may be made to send, with the answer that it must get: right ones, and ones
// with one thing wrong. For tests of the judges and for handshakes with a running server alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rp/sandbox/test_pki/field.h"

namespace tegata::sandbox::test_pki {

// Of a case: accepted, and why no client can present it.
inline constexpr const char* good = "";
inline constexpr const char* broken_der = "no client takes it for a certificate";

// What a case may spoil. Begins as a good card: MEDIS's style for HPKI, the third generation for JPKI.
struct Recipe {
  const Field& field;
  const FieldCa* issuer;
  Identity signer = {};  // in place of the issuer's, where set
  Profile profile;
  Key key;
  bool revoked = false;
  std::optional<int> reason = {};
  void (*change_bytes)(Bytes&) = nullptr;  // after signing
  Certificate ready = {};                  // in place of one issued by the recipe
  Key ready_key = {};

  // Another CA of the field, with its distribution point.
  void from(const FieldCa& ca);
  void from(const FieldCa& ca, const char* policy, const char* key_usage);
  void set(const std::string& extension, const std::string& value);
  void drop(const std::string& extension);
  // The raw extension of that type, added where it is not there yet.
  RawExtension& raw(const std::string& oid);
  void drop_raw(const std::string& oid);
};

struct ZooCase {
  const char* name;
  const char* expected;  // the code of the refusal; empty: accepted
  void (*spoil)(Recipe&);
  // Why no TLS client can present it; empty: it can be tried through a handshake.
  const char* not_sendable = "";
};

struct ZooCard {
  std::string name, expected, not_sendable;
  bool mynumber = false;
  bool known_person = true;  // false: the certificate is good, but no directory has its number
  Bytes der;
  Key key;
};

struct Zoo {
  Field field;
  std::vector<ZooCard> cards;
  struct List {
    std::string authority;  // "TEST-MEDIS", "JPKI"; "" for the root's, which every authority needs
    std::string address;
    Instant issued_at{};  // over crl_life ago: stale
    Bytes der;
  };
  std::vector<List> lists;
};

inline constexpr const char* zoo_holder_number = "1000001";
inline constexpr const char* zoo_unknown_number = "1999999";

const std::vector<ZooCase>& hpki_cases();
const std::vector<ZooCase>& mynumber_cases();
Recipe good_hpki(const Field& field);
Recipe good_mynumber(const Field& field);
Zoo make_zoo(Instant now);

// What a server that is tried with the zoo must be configured with.
struct ZooAuthority {
  std::string name, roots_pem, intermediates_pem, advertised_pem;
  std::vector<std::string> addresses;  // of the lists, see Zoo::List
};
std::vector<ZooAuthority> zoo_authorities(const Field& field);
std::string zoo_generations_pem(const Field& field);

}  // namespace tegata::sandbox::test_pki
