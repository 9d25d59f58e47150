// The test PKI of the verification environment: what HPKI, JPKI and the facilities' authority look like, with keys of
// its own. Names say TEST; nothing here can be mistaken for, or verified by, the real ones.
//
// Everything is made afresh by each constructor call. A folder written by write_files can be used again as it is.
#pragma once

#include <string>
#include <vector>

#include "rp/base/instant.h"
#include "rp/base/result.h"
#include "rp/sandbox/test_pki/issue.h"

namespace tegata::sandbox::test_pki {

inline constexpr const char* sample_p12_password = "sandbox";

// A leaf with its key, as it goes to its owner. Files: <name>.pem, <name>.key (0600), <name>.p12 (0600).
struct Issued {
  std::string name;  // stem of its files
  Identity identity;
  std::vector<Certificate> chain;  // authorities above it, nearest first, without the root
};

struct CardRequest {
  std::string name;                // stem of its files, e.g. "card-doctor"
  std::string kind = "hpki-auth";  // "hpki-auth", "hpki-sign", "jpki-auth", "jpki-sign"
  // "good", "expired", "not-yet-valid", "no-role", "foreign-ca" (same names, other keys). "unknown-person" and
  // "revoked" are good certificates too: what is wrong with them stands in no certificate.
  std::string state = "good";
  std::string holder_number;  // jpki-*: the opaque id of 23 characters
  std::string romaji;
  std::string kanji;  // empty: no subjectAltName
  std::vector<std::string> roles;
  std::string facility;  // subject O; empty: none, as JMA does
};

// One authority: a root, and below it one CA for authentication certificates and one for signing certificates.
struct CardHierarchy {
  Identity root, authentication, signing;
};

class TestPki {
 public:
  // Makes the authorities; certificates start and end at midnights in Japan around `now`.
  explicit TestPki(Instant now, const std::string& host = "localhost");

  Issued make_card(const CardRequest& request);
  // P-256; `code` is the 保険医療機関コード. state: "good" or "expired".
  Issued make_facility(const std::string& name, const std::string& code, const std::string& organisation,
                       const std::string& state = "good");
  // For the sample signature service, from the facilities' authority.
  Issued make_service(const std::string& name, const std::string& common_name);

  const CardHierarchy& hpki() const { return hpki_; }
  const CardHierarchy& foreign() const { return foreign_; }
  const Identity& jpki() const { return jpki_; }
  const Identity& facility_ca() const { return facility_ca_; }
  const Identity& tls_ca() const { return tls_ca_; }
  // localhost, HOST, *.card.HOST, *.mynumber.HOST
  const Issued& server() const { return server_; }

  struct File {
    std::string name;
    std::string content;
    bool secret = false;
  };
  // The authorities' files and those of everything made so far:
  //   tls-ca.pem            for browsers and clients
  //   server.pem            leaf and key in one, as HAProxy's `crt` takes it (0600)
  //   hpki-roots.pem        trust anchors for tegata
  //   hpki-intermediates.pem  both CAs, so that a signing certificate is told apart from a foreign one
  //   hpki-advertise.pem    the authentication CA alone: what the card origin names in its CertificateRequest
  //   jpki-roots.pem, jpki-advertise.pem, facility-roots.pem, facility-advertise.pem
  //   hpki-root.key, hpki-authentication.key, jpki.key (0600)  with which write_lists signs
  //   revoked.pem           the cards made in state "revoked"
  std::vector<File> files() const;
  // Writes them into `directory` (made 0700 if absent). Error: internal.
  Status write_files(const std::string& directory) const;

  // Issues the authorities' lists anew out of a folder of write_files: hpki-root.crl, hpki-authentication.crl, jpki.crl
  // (DER), fresh for 96 hours from `now`, with everything that revoked.pem holds by then; whoever appends a certificate
  // to that file revokes it. The number is the time in seconds, so that it grows. Error: internal.
  static Status write_lists(const std::string& directory, Instant now);

 private:
  Issued keep(Issued issued);

  Instant now_;
  CardHierarchy hpki_, foreign_;
  Identity jpki_, facility_ca_, tls_ca_;
  Identity jpki_signature_;  // made when first asked for
  Issued server_;
  std::vector<Issued> issued_;
  std::string revoked_pem_;
};

// The whole PEM of an Issued's certificate and key, for tests that need no files.
inline std::string certificate_pem(const Issued& issued) { return pem(issued.identity.certificate); }
inline std::string key_pem(const Issued& issued) { return pem(issued.identity.key); }

}  // namespace tegata::sandbox::test_pki
