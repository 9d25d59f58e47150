// The authorities whose cards are accepted, read from PEM text.
#pragma once

#include <string>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::card {

// One certification authority that issues cards.
struct CardAuthority {
  std::string name;                  // e.g. "MEDIS"; with the holder number it leads to the person
  std::vector<Bytes> roots;          // DER; trusted
  std::vector<Bytes> intermediates;  // DER; only steps on the way to a root
  // A card's certificate must carry one of them. The number of the authentication policy is inferred from the
  // published signing one, so it is a setting.
  std::vector<std::string> accepted_policies = {"1.2.392.100495.1.5.1.2.0.1"};
  std::string contact;  // shown to the holder of an expired or revoked card
  // Revocation lists will stand here, beside the authority that signs them. Until then revocation is not judged.
};

// What an operator configures: the texts of PEM files, each with one certificate or more.
struct CardAuthoritySource {
  std::string name;
  std::string roots_pem;
  std::string intermediates_pem;               // may be empty
  std::vector<std::string> accepted_policies;  // empty: the default of CardAuthority
  std::string contact;
};

// Refuses what could never verify a card: no name, no root, a root that is not self-signed, a certificate that is no
// CA, anything in the text besides certificates. Error: card_authority_malformed.
Result<CardAuthority> parse_card_authority(const CardAuthoritySource& source);
// Names must differ. Error: card_authority_malformed.
Result<std::vector<CardAuthority>> parse_card_authorities(const std::vector<CardAuthoritySource>& sources);

}  // namespace tegata::card
