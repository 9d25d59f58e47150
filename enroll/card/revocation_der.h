// A revocation list off its bytes, nothing of it believed yet. Inside the card room only.
#pragma once

#include <vector>

#include "enroll/card/revocation.h"

namespace tegata::card {

// Views point into the bytes that were parsed.
struct ParsedRevocationList {
  ByteView signed_part;  // tbsCertList, whole
  ByteView algorithm;    // AlgorithmIdentifier, whole
  ByteView signature;
  ByteView issuer;          // Name, whole
  ByteView key_identifier;  // of authorityKeyIdentifier
  ByteView scope;           // the value of issuingDistributionPoint; empty where absent
  Instant this_update{}, next_update{};
  Bytes number;
  bool users_only = false, authorities_only = false;
  std::vector<Bytes> points;
  std::vector<RevokedSerial> revoked;  // sorted, each once
};

// The fixed form of a serial number; nothing for those that no list may hold (RFC 5280: 20 octets).
std::optional<RevokedSerial> to_revoked_serial(ByteView integer_content);

// Errors: card_revocation_malformed, card_revocation_scope, card_revocation_extension.
Result<ParsedRevocationList> parse_revocation_list(ByteView der);

}  // namespace tegata::card
