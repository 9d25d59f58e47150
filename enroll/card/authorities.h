// The authorities whose cards are accepted, read from PEM text.
#pragma once

#include <string>
#include <vector>

#include "enroll/card/revocation.h"
#include "rp/base/bytes.h"
#include "rp/base/result.h"

namespace tegata::card {

// Whose certificates must be on no list, and surely so.
enum class RevocationCheck {
  every_certificate,  // the card by its authority's list, the authority by the root's
  card_only,          // where the root's list cannot be had
  not_judged          // verification environments
};

// One certification authority that issues cards.
struct CardAuthority {
  std::string name;                  // e.g. "MEDIS"; with the holder number it leads to the person
  std::vector<Bytes> roots;          // DER; trusted
  std::vector<Bytes> intermediates;  // DER; only steps on the way to a root
  // A card's certificate must carry one of them. The number of the authentication policy is inferred from the
  // published signing one, so it is a setting.
  std::vector<std::string> accepted_policies = {"1.2.392.100495.1.5.1.2.0.1"};
  std::string contact;  // shown to the holder of an expired or revoked card
  // Where its lists are published: "http://...", "file:/...". While none is configured, revocation is not judged.
  std::vector<std::string> revocation_addresses = {};
  std::vector<Bytes> revocation_signers = {};  // DER; see RevocationIssuers
  RevocationCheck revocation = RevocationCheck::every_certificate;
};

// What an operator configures: the texts of PEM files, each with one certificate or more.
struct CardAuthoritySource {
  std::string name;
  std::string roots_pem;
  std::string intermediates_pem;               // may be empty
  std::vector<std::string> accepted_policies;  // empty: the default of CardAuthority
  std::string contact;
  std::vector<std::string> revocation_addresses = {};
  std::string revocation_signers_pem = {};  // mostly empty: authorities sign their lists themselves
  RevocationCheck revocation = RevocationCheck::every_certificate;
};

// Refuses what could never verify a card: no name, no root, a root that is not self-signed, a certificate that is no
// CA, anything in the text besides certificates, an address of lists that is neither http nor file (a list is signed:
// TLS would only add certificates that can end). Error: card_authority_malformed.
Result<CardAuthority> parse_card_authority(const CardAuthoritySource& source);
// Names must differ. Error: card_authority_malformed.
Result<std::vector<CardAuthority>> parse_card_authorities(const std::vector<CardAuthoritySource>& sources);

// Whose lists are believed about this authority's cards.
RevocationIssuers revocation_issuers(const CardAuthority& authority);

// All certificates of a PEM text, as DER; another kind of block, or one that does not decode, is an error: `code`, with
// `name` in its detail. An empty text holds none.
Result<std::vector<Bytes>> parse_certificates_pem(const std::string& name, const std::string& pem, ErrorCode code);

}  // namespace tegata::card
