#include "enroll/card/advertised.h"

#include "enroll/card/errors.h"
#include "zoo_world.h"

using namespace tegata;
using test::zoo_world;

namespace {

std::string advertised_outcome(const std::string& pem) {
  const auto verdict = card::verify_advertised("advertise.pem", pem, zoo_world().authorities);
  if (verdict) return "";
  CHECK(verdict.error().code() == errors::card_authority_malformed);
  return verdict.error().detail();
}

}  // namespace

TEST_CASE("a card log-in names authentication authorities alone") {
  const auto& field = zoo_world().zoo.field;
  const auto authentication = tegata::sandbox::test_pki::pem(field.medis.authentication.identity.certificate);
  CHECK(advertised_outcome(authentication) == "");
  CHECK(advertised_outcome(authentication +
                           tegata::sandbox::test_pki::pem(field.jma.authentication.identity.certificate)) == "");
  CHECK(advertised_outcome("") == "advertise.pem: names no authority");
  CHECK(advertised_outcome(authentication + tegata::sandbox::test_pki::pem(field.medis.signing.identity.certificate)) ==
        "advertise.pem: names an authority for signing");
  const auto foreign = "advertise.pem: names one that is no intermediate of a configured authority";
  CHECK(advertised_outcome(authentication + tegata::sandbox::test_pki::pem(field.root.identity.certificate)) ==
        foreign);
  CHECK(advertised_outcome(authentication + tegata::sandbox::test_pki::pem(field.jpki[0].identity.certificate)) ==
        foreign);
  CHECK(advertised_outcome(authentication + tegata::sandbox::test_pki::pem(field.card_key)) ==
        "advertise.pem: a block is not a certificate");
}
