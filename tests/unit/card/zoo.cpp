#include <catch2/catch.hpp>
#include <map>

#include "enroll/card/errors.h"
#include "zoo_world.h"

using namespace tegata;
using test::outcome;
using test::zoo_world;

namespace {

std::string judge_card(const tegata::sandbox::test_pki::ZooCard& card) {
  const auto& world = zoo_world();
  return card.mynumber ? outcome(world.verify_mynumber(card.der)) : outcome(world.verify_card(card.der));
}

}  // namespace

TEST_CASE("every certificate of the zoo gets its answer") {
  for (const auto& card : zoo_world().zoo.cards) {
    INFO(card.name);
    CHECK(judge_card(card) == card.expected);
  }
}

TEST_CASE("the zoo has room for every cause, and no name twice") {
  std::map<std::string, int> names, causes;
  for (const auto& card : zoo_world().zoo.cards) {
    ++names[card.name];
    ++causes[card.expected];
  }
  CHECK(names.size() == zoo_world().zoo.cards.size());
  CHECK(tegata::sandbox::test_pki::hpki_cases().size() >= 80);
  CHECK(tegata::sandbox::test_pki::mynumber_cases().size() >= 30);
  for (const auto code : {errors::card_malformed,
                          errors::card_untrusted,
                          errors::card_weak,
                          errors::card_critical_extension,
                          errors::card_signing_certificate,
                          errors::card_key_usage,
                          errors::card_policy,
                          errors::card_expired,
                          errors::card_not_yet_valid,
                          errors::card_authority_expired,
                          errors::card_revoked,
                          errors::card_authority_revoked,
                          errors::card_revocation_unknown,
                          errors::card_no_role,
                          errors::card_role_not_eligible,
                          errors::mynumber_malformed,
                          errors::mynumber_untrusted,
                          errors::mynumber_weak,
                          errors::mynumber_critical_extension,
                          errors::mynumber_signature_certificate,
                          errors::mynumber_key_usage,
                          errors::mynumber_policy,
                          errors::mynumber_expired,
                          errors::mynumber_not_yet_valid,
                          errors::mynumber_authority_expired,
                          errors::mynumber_revoked,
                          errors::mynumber_revocation_unknown}) {
    INFO(code.name());
    CHECK(causes[std::string(code.name())] > 0);
  }
}

TEST_CASE("holders of the authorities' styles") {
  const auto& world = zoo_world();
  const auto jma = world.verify_card(world.card("good-jma-doctor").der);
  REQUIRE(jma);
  CHECK(jma->authority() == "TEST-JMA");
  CHECK(jma->kanji().empty());
  const auto medis = world.verify_card(world.card("good").der);
  REQUIRE(medis);
  CHECK(medis->authority() == "TEST-MEDIS");
  CHECK(medis->kanji() == "検証 太郎");
  CHECK(medis->holder_number() == tegata::sandbox::test_pki::zoo_holder_number);
  const auto several = world.verify_card(world.card("good-several-roles").der);
  REQUIRE(several);
  REQUIRE(several->roles().size() == 2);
  CHECK(several->roles()[0].name == "Director of Hospital");
  CHECK(several->roles()[1].code == "2");
  CHECK(world.verify_card(world.card("good-jpa-pharmacist").der)->roles()[0].name == "Pharmacist");
}

TEST_CASE("how far revocation is asked for is the authority's setting") {
  const auto& world = zoo_world();
  auto authorities = world.authorities;
  const auto judged = [&](const char* name, const card::RevocationLists& lists) {
    return outcome(
        card::verify_card_certificate(world.card(name).der, authorities, test::eligible_roles, world.now, lists));
  };
  const auto set = [&](card::RevocationCheck check) {
    for (auto& authority : authorities) authority.revocation = check;
  };
  CHECK(judged("good", {}) == "card_revocation_unknown");
  // Without the root's list: enough for the card alone, not for its authority.
  card::RevocationLists without_root;
  const auto& root_list = world.zoo.lists[0];
  const auto root = card::verify_revocation_list(root_list.der, card::revocation_issuers(authorities[0]), world.now);
  REQUIRE(root);
  for (const auto& list : world.lists.all()) {
    if (list->issuer() != root->issuer()) without_root.put(list);
  }
  CHECK(judged("good", without_root) == "card_revocation_unknown");
  set(card::RevocationCheck::card_only);
  CHECK(judged("good", without_root) == "");
  CHECK(judged("revoked", without_root) == "card_revoked");
  CHECK(judged("authority-revoked", world.lists) == "");
  set(card::RevocationCheck::not_judged);
  CHECK(judged("revoked", world.lists) == "");
  set(card::RevocationCheck::every_certificate);
  for (auto& authority : authorities) authority.revocation_addresses.clear();
  CHECK(judged("revoked", world.lists) == "");  // nothing configured yet: not judged
}

TEST_CASE("lists go stale, and newer ones mend it") {
  const auto& world = zoo_world();
  const auto good = world.card("good").der;
  const auto at = [&](Instant now, const card::RevocationLists& lists) {
    return outcome(card::verify_card_certificate(good, world.authorities, test::eligible_roles, now, lists));
  };
  const auto life = tegata::sandbox::test_pki::crl_life - std::chrono::hours(1);
  CHECK(at(world.now + life - std::chrono::milliseconds(1), world.lists) == "");
  const Instant later = world.now + life;
  CHECK(at(later, world.lists) == "card_revocation_unknown");
  auto mended = world.lists;
  const auto& field = world.zoo.field;
  const auto renew = [&](const tegata::sandbox::test_pki::FieldCa& ca, const card::RevocationIssuers& issuers) {
    auto profile = tegata::sandbox::test_pki::crl_profile(later, 43);
    profile.raw_extensions = ca.list_extensions;
    const auto list =
        card::verify_revocation_list(tegata::sandbox::test_pki::issue_crl(profile, ca.identity), issuers, later);
    REQUIRE(list);
    mended.put(std::make_shared<card::RevocationList>(*list));
  };
  renew(field.root, card::revocation_issuers(world.authorities[2]));
  CHECK(at(later, mended) == "card_revocation_unknown");
  renew(field.medis.authentication, card::revocation_issuers(world.authorities[2]));
  CHECK(at(later, mended) == "");
  CHECK(mended.all().size() == world.lists.all().size());  // in the place of the old ones
}
