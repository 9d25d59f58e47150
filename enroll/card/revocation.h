// Revocation lists of the authorities (RFC 5280 sections 5 and 6.3), from their bytes to the answer for one
// certificate. Pure: fetching and keeping them is done elsewhere.
//
//   CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
//   TBSCertList     ::= SEQUENCE { version INTEGER (1), signature, issuer Name, thisUpdate Time, nextUpdate Time,
//                                  revokedCertificates SEQUENCE OF Entry OPTIONAL, [0] EXPLICIT Extensions }
//   Entry           ::= SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL }
#pragma once

#include <compare>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rp/base/bytes.h"
#include "rp/base/instant.h"
#include "rp/base/result.h"

namespace tegata::card {

inline constexpr std::size_t largest_revocation_list = 10 * 1024 * 1024;

enum class RevocationAnswer { good, revoked, unknown };

// One certificate of a path, as a source of revocation needs to know it.
struct RevocationQuestion {
  Digest issuer{};                              // which authority: its name and key together
  Bytes serial;                                 // content of the INTEGER
  bool is_authority = false;                    // a CA certificate
  std::vector<Bytes> distribution_points = {};  // its own, each the DER of a GeneralName
};
// Anything that can answer: lists, or for JPKI whatever an accredited verifier offers.
using RevocationSource = std::function<RevocationAnswer(const RevocationQuestion&, Instant now)>;

// How far a publisher of lists had come: what must not go back.
struct RevocationMark {
  Bytes number;  // CRLNumber, big-endian without leading zeros
  Instant this_update{};
};

// Whose lists are believed.
struct RevocationIssuers {
  std::vector<Bytes> authorities;  // DER; each signs for itself
  // DER; keys for lists alone. Each must be issued by the authority that it signs for, under that authority's own
  // name, with cRLSign.
  std::vector<Bytes> signers = {};
};

// A serial number in fixed room, so that a list costs memory in proportion to its size.
struct RevokedSerial {
  std::array<std::uint8_t, 22> bytes{};  // its length, then the content of the INTEGER
  friend auto operator<=>(const RevokedSerial&, const RevokedSerial&) = default;
};

// Made by verify_revocation_list alone.
class RevocationList {
 public:
  const Digest& issuer() const { return issuer_; }  // as in RevocationQuestion
  const RevocationMark& mark() const { return mark_; }
  Instant this_update() const { return mark_.this_update; }
  Instant next_update() const { return next_update_; }  // fresh while now < next_update
  std::size_t size() const { return revoked_.size(); }
  const Digest& fingerprint() const { return fingerprint_; }  // SHA-256 of the DER
  // Differs between the parts of an authority's lists, where it publishes them in parts.
  const Digest& scope() const { return scope_; }

  bool is_fresh(Instant now) const { return now < next_update_; }
  // Whether the list speaks about that certificate at all: its authority, its kind, its distribution point.
  bool covers(const RevocationQuestion& question) const;
  bool names(ByteView serial) const;

 private:
  friend class RevocationVerifier;
  RevocationList() = default;
  Digest issuer_{}, fingerprint_{}, scope_{};
  RevocationMark mark_;
  Instant next_update_{};
  bool users_only_ = false, authorities_only_ = false;
  std::vector<Bytes> points_;           // empty: every certificate of the authority
  std::vector<RevokedSerial> revoked_;  // sorted
};

// Judges a list: RSA and SHA-256 at least; every reason for an entry counts as revoked, certificateHold and
// removeFromCRL too. `known`: the mark of the list that this one follows.
// Errors: card_revocation_too_large, _malformed, _scope, _extension, _untrusted, _older, _not_yet_valid, _stale.
Result<RevocationList> verify_revocation_list(ByteView der, const RevocationIssuers& issuers, Instant now,
                                              const std::optional<RevocationMark>& known = {});
// The same for one whose time may be over: what it names stays revoked. Never card_revocation_stale.
Result<RevocationList> verify_revocation_list_of_any_age(ByteView der, const RevocationIssuers& issuers, Instant now);

// Whether `next` may take the place of `known`: neither its number nor its date goes back.
// Error: card_revocation_older.
Status verify_successor(const RevocationMark& next, const RevocationMark& known);

// The lists of all authorities, as a value: copies share the lists.
class RevocationLists {
 public:
  // In place of the list of the same authority and scope.
  void put(std::shared_ptr<const RevocationList> list);
  const std::vector<std::shared_ptr<const RevocationList>>& all() const { return lists_; }
  // The one of the same authority and scope; null where there is none.
  std::shared_ptr<const RevocationList> find_same(const RevocationList& list) const;
  // revoked where any list of that authority names the certificate, however old: time gives no card back. Else unknown
  // where no fresh list covers it.
  RevocationAnswer answer(const RevocationQuestion& question, Instant now) const;
  // The date of the newest list that covers the certificate; nothing where none does.
  std::optional<Instant> spoken_at(const RevocationQuestion& question) const;

 private:
  std::vector<std::shared_ptr<const RevocationList>> lists_;
};

// The names in cRLDistributionPoints at which a complete list of the issuer itself is found; none for an empty value.
Result<std::vector<Bytes>> parse_distribution_points(ByteView extension_value, ErrorCode malformed);

}  // namespace tegata::card
