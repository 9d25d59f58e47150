// The healthcare role of an HPKI certificate (ISO 17090-2 as profiled by HPKI), read off the extension
// subjectDirectoryAttributes (2.5.29.9). Pure.
//
//   SubjectDirectoryAttributes ::= SEQUENCE OF Attribute
//   Attribute   ::= SEQUENCE { type OID, values SET OF ANY }      hcRole: type 1.0.17090.0.1, values HCActorData
//   HCActorData ::= SET OF HCActor
//   HCActor     ::= SEQUENCE { codedData [0] EXPLICIT CodedData, regionalHCActorData [1] OPTIONAL }
//   CodedData   ::= SET { codingSchemeReference [0] EXPLICIT OID,
//                         codeDataValue         [1] EXPLICIT NumericString OPTIONAL,
//                         codeDataFreeText      [2] EXPLICIT UTF8String }
#pragma once

#include <string>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::card {

// The coding scheme of Japan's national healthcare qualifications.
inline constexpr const char* national_qualifications = "1.2.392.100495.1.6.1.1";

struct HcRole {
  std::string scheme;  // dotted OID; a name means something only within its scheme
  std::string code;    // codeDataValue, empty where absent
  std::string name;    // codeDataFreeText, e.g. "Medical Doctor"
  friend bool operator==(const HcRole&, const HcRole&) = default;
};

// Every role of every value of the hcRole attribute, in the order of the bytes; empty where there is no
// such attribute. Other attributes and regional data are walked for well-formedness and skipped.
// Strict DER, but for the order inside a SET, which changes no meaning under the authority's signature.
// Error: card_malformed.
Result<std::vector<HcRole>> parse_hc_roles(ByteView extension_value);

}  // namespace tegata::card
