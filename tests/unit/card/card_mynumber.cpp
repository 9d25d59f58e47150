#include "enroll/card/mynumber.h"

#include <catch2/catch.hpp>

#include "enroll/card/errors.h"
#include "rp/sandbox/test_pki/profiles.h"
#include "zoo_world.h"

using namespace tegata;
using namespace tegata::card;
using tegata::sandbox::test_pki::pem;
using test::zoo_world;

namespace {

void refused_authorities(const Result<MyNumberAuthorities>& authorities) {
  REQUIRE_FALSE(authorities);
  CHECK(authorities.error().code() == errors::mynumber_authority_malformed);
}

std::string self_signed(const tegata::sandbox::test_pki::Name& name) {
  static const tegata::sandbox::test_pki::Key key = tegata::sandbox::test_pki::rsa_key();
  return tegata::sandbox::test_pki::pem(
      tegata::sandbox::test_pki::issue_self_signed(
          tegata::sandbox::test_pki::authority_profile(name, zoo_world().now, {}, true), key)
          .certificate);
}

const tegata::sandbox::test_pki::Name real_name = {{"C", "JP"},
                                                   {"O", "JPKI"},
                                                   {"OU", "JPKI for user authentication"},
                                                   {"OU", "Japan Agency for Local Authority Information Systems"}};

}  // namespace

TEST_CASE("each generation by its key, none by its name") {
  const auto& world = zoo_world();
  const char* const names[] = {"mynumber-first-generation", "mynumber-second-generation", "mynumber-good"};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto certificate = world.verify_mynumber(world.card(names[i]).der);
    REQUIRE(certificate);
    CHECK(certificate->generation() == i);
    CHECK(certificate->fingerprint() == sha256(world.card(names[i]).der));
    CHECK(japan_time(certificate->not_after()).substr(10) == " 23:59:59");
    CHECK_FALSE(certificate->serial().empty());
  }
}

TEST_CASE("after a renewal it is another certificate") {
  const auto& world = zoo_world();
  const auto before = world.verify_mynumber(world.card("mynumber-good").der);
  const auto after = world.verify_mynumber(world.card("mynumber-renewed").der);
  REQUIRE(before);
  REQUIRE(after);
  CHECK(before->fingerprint() != after->fingerprint());
  CHECK(before->serial() != after->serial());
  CHECK(before->issuer() == after->issuer());
}

TEST_CASE("the source of revocation is whatever is plugged in") {
  const auto& world = zoo_world();
  const auto judged = [&](const char* name, const MyNumberRevocation& source) {
    const auto certificate = verify_mynumber_certificate(world.card(name).der, world.jpki, source, world.now);
    return certificate ? std::string() : std::string(certificate.error().code().name());
  };
  CHECK(judged("mynumber-revoked", no_mynumber_revocation()) == "");
  const auto always = [](RevocationAnswer answer) {
    return [answer](const RevocationQuestion& asked, Instant) {
      CHECK_FALSE(asked.is_authority);
      CHECK_FALSE(asked.serial.empty());
      return answer;
    };
  };
  CHECK(judged("mynumber-good", always(RevocationAnswer::good)) == "");
  CHECK(judged("mynumber-good", always(RevocationAnswer::revoked)) == "mynumber_revoked");
  CHECK(judged("mynumber-good", always(RevocationAnswer::unknown)) == "mynumber_revocation_unknown");
}

TEST_CASE("the test's authorities are for the sandbox, the real ones for everybody else") {
  const std::string test = tegata::sandbox::test_pki::zoo_generations_pem(zoo_world().zoo.field);
  const std::string real = self_signed(real_name);
  CHECK(parse_mynumber_authorities({test, {}, true}));
  refused_authorities(parse_mynumber_authorities({test, {}, false}));
  refused_authorities(parse_mynumber_authorities({real + test, {}, false}));
  refused_authorities(parse_mynumber_authorities({real, {}, true}));
  const auto authorities = parse_mynumber_authorities({real});
  REQUIRE(authorities);
  CHECK(authorities->accepted_policies() == std::vector<std::string>{"1.2.392.200149.8.5.1.3.30"});
}

TEST_CASE("authorities of another name") {
  const auto with = [](std::size_t at, const char* value) {
    auto name = real_name;
    name[at].second = value;
    return parse_mynumber_authorities({self_signed(name)});
  };
  refused_authorities(with(1, "JPKI "));
  refused_authorities(with(1, "jpki"));
  refused_authorities(with(1, "JPKI-TEST"));
  refused_authorities(with(2, "JPKI for digital signature"));
  refused_authorities(with(3, "Another Agency"));
  auto longer = real_name;
  longer.emplace_back("CN", "more");
  refused_authorities(parse_mynumber_authorities({self_signed(longer)}));
  auto swapped = real_name;
  std::swap(swapped[2], swapped[3]);
  refused_authorities(parse_mynumber_authorities({self_signed(swapped)}));
  refused_authorities(parse_mynumber_authorities({""}));
  refused_authorities(parse_mynumber_authorities({"no PEM"}));
  refused_authorities(parse_mynumber_authorities(
      {tegata::sandbox::test_pki::pem(zoo_world().zoo.field.medis.authentication.identity.certificate)}));
}

TEST_CASE("another policy can be configured") {
  const auto& world = zoo_world();
  const auto other =
      parse_mynumber_authorities({tegata::sandbox::test_pki::zoo_generations_pem(world.zoo.field), {"1.2.3"}, true});
  const auto refusal = verify_mynumber_certificate(world.card("mynumber-good").der, *other, {}, world.now);
  REQUIRE_FALSE(refusal);
  CHECK(refusal.error().code() == errors::mynumber_policy);
}

TEST_CASE("no flipped bit of a My Number certificate is taken") {
  const auto& world = zoo_world();
  const Bytes good = world.card("mynumber-good").der;
  for (std::size_t i = 0; i < good.size(); i += 5) {
    Bytes changed = good;
    changed[i] ^= 0x10;
    REQUIRE_FALSE(world.verify_mynumber(changed));
  }
}
