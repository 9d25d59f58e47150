// The zoo of certificates, and the judges configured for it. Its keys take seconds: one for all tests.
#pragma once

#include <catch2/catch.hpp>

#include "enroll/card/authorities.h"
#include "enroll/card/certificate.h"
#include "enroll/card/mynumber.h"
#include "enroll/card/revocation.h"
#include "rp/sandbox/test_pki/zoo.h"
#include "tests/unit/card/judging.h"

namespace tegata::test {

struct ZooWorld {
  const Instant now = still_moment;
  sandbox::test_pki::Zoo zoo = sandbox::test_pki::make_zoo(now);
  std::vector<card::CardAuthority> authorities = parse_authorities();
  card::MyNumberAuthorities jpki =
      *card::parse_mynumber_authorities({sandbox::test_pki::zoo_generations_pem(zoo.field), {}, true});
  card::RevocationLists lists = load_lists();

  Result<card::CardHolder> verify_card(ByteView der) const {
    return card::verify_card_certificate(der, authorities, eligible_roles, now, lists);
  }
  Result<card::MyNumberCertificate> verify_mynumber(ByteView der) const {
    return card::verify_mynumber_certificate(der, jpki, card::mynumber_revocation_by(lists), now);
  }
  const sandbox::test_pki::ZooCard& card(std::string_view name) const {
    for (const auto& one : zoo.cards) {
      if (one.name == name) return one;
    }
    FAIL("no such card: " << name);
    std::abort();
  }

 private:
  std::vector<card::CardAuthority> parse_authorities() const {
    std::vector<card::CardAuthoritySource> sources;
    for (const auto& one : sandbox::test_pki::zoo_authorities(zoo.field)) {
      sources.push_back({one.name, one.roots_pem, one.intermediates_pem, {}, "contact", one.addresses});
    }
    return *card::parse_card_authorities(sources);
  }
  // Each as it was taken in an hour after its making.
  card::RevocationLists load_lists() const {
    card::RevocationLists out;
    for (const auto& list : zoo.lists) {
      auto judged =
          card::verify_revocation_list(list.der, issuers_of(list.authority), list.issued_at + std::chrono::hours(1));
      if (!judged) FAIL(list.address << ": " << judged.error().code().name() << " " << judged.error().detail());
      out.put(std::make_shared<card::RevocationList>(std::move(*judged)));
    }
    return out;
  }
  card::RevocationIssuers issuers_of(const std::string& authority) const {
    if (authority == "JPKI") return card::revocation_issuers(jpki);
    for (const auto& one : authorities) {
      if (one.name == authority) return card::revocation_issuers(one);
    }
    return card::revocation_issuers(authorities[0]);  // the root's
  }
};

inline const ZooWorld& zoo_world() {
  static const ZooWorld world;
  return world;
}

}  // namespace tegata::test
