// FIDO metadata BLOBs signed by a chain made for tests, and revocation lists of that chain.
#pragma once

#include "rp/base/json.h"
#include "rp/sandbox/test_pki/issue.h"

namespace tegata::test {

// Root, intermediate and a signer for mds.fidoalliance.org, valid around the still clock. Every part may be changed
// before make().
class MetadataMaker {
 public:
  explicit MetadataMaker(const std::string& host = "mds.fidoalliance.org");

  sandbox::test_pki::Identity root, intermediate, signer;
  std::vector<Bytes> path;          // what x5c shows: signer, intermediate
  Json header = Json::object();     // members besides alg and x5c
  Json payload;                     // {"no": 42, "nextUpdate": "2026-12-15", "entries": []}
  std::string algorithm = "ES256";  // written into the header; the signer's key decides how it is signed

  std::string make() const;
  // Signs these very parts, whatever they are.
  std::string make(const std::string& header_text, const std::string& payload_text) const;

  Bytes root_der() const { return sandbox::test_pki::der(root.certificate); }
  // A good entry for that model: packed, basic_full, ES256, keys in a TEE, certified L1.
  static Json entry(const Bytes& aaguid, const std::vector<Bytes>& anchors);
  static Json report(const std::string& status, const std::string& effective_date = {});
  Json& add(Json entry) { return payload["entries"].emplace_back(std::move(entry)); }

  // DER of a list by `issuer`, in force from 30 days before the still clock to 30 days after it.
  static Bytes crl(const sandbox::test_pki::Identity& issuer,
                   const std::vector<sandbox::test_pki::Certificate>& revoked = {}, int days_shifted = 0);

  static sandbox::test_pki::Profile profile(const std::string& name, bool authority);
  // With a new P-256 key.
  static sandbox::test_pki::Identity issued(const sandbox::test_pki::Profile& profile,
                                            const sandbox::test_pki::Identity& issuer);
};

std::string aaguid_text(const Bytes& aaguid);

}  // namespace tegata::test
