// From a leaf to a trusted root, and what is asked of every certificate on the way and of a leaf that authenticates a
// person, whatever its kind. Inside the card room only.
#pragma once

#include <string>
#include <vector>

#include "enroll/card/revocation.h"
#include "enroll/card/x509.h"

namespace tegata::card {

struct Path {
  CertificateStack chain;  // leaf first, root last
  bool authority_out_of_date = false;
  X509* at(int depth) const { return sk_X509_value(chain.stack, depth); }
  int size() const { return sk_X509_num(chain.stack); }
};

// Whether the leaf has a path to one of the roots, another certificate than itself, by name, key identifier and
// signature, over authorities that are authorities, no longer than they allow. Dates of authorities are noted in the
// path, those of the leaf and critical extensions are left to the functions below. `reason` is set where there is no
// path. Error: `refusals.authority_malformed`, where a configured certificate is none.
Result<bool> find_path(X509* leaf, const std::vector<Bytes>& roots, const std::vector<Bytes>& intermediates,
                       Instant now, const Refusals& refusals, Path& path, std::string& reason);

// Every certificate of the path: RSA-2048 and SHA-256 at least; no critical extension but those judged here.
Status verify_path_profile(const Path& path, const Refusals& refusals);

// digitalSignature, and not an authority's.
Status verify_key_usage(X509* leaf, const Refusals& refusals);

// The leaf's own policy, not the policy tree of the path: HPKI's authorities carry other numbers (...3.1) than the
// people below them (...0.1), so a tree would come out empty. `signing` begins the numbers of the kind's signing
// certificates.
Status verify_policy(X509* leaf, const std::vector<std::string>& accepted, std::string_view signing,
                     const Refusals& refusals);

Status verify_dates(Instant not_before, Instant not_after, const Path& path, Instant now, const Refusals& refusals);

// Asks for the leaf, and with `authorities_too` for every authority below the root.
Status verify_not_revoked(const Path& path, bool authorities_too, const RevocationSource& source, Instant now,
                          const Refusals& refusals);

}  // namespace tegata::card
