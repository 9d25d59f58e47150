#include "enroll/card/authorities.h"

#include <catch2/catch.hpp>

#include "enroll/card/errors.h"
#include "rp/sandbox/test_pki/issue.h"
#include "tests/unit/card/judging.h"

using namespace tegata;
using namespace tegata::card;
using tegata::sandbox::test_pki::der;
using tegata::sandbox::test_pki::pem;
using test::still_moment;

namespace {

tegata::sandbox::test_pki::Profile plain_profile(const char* name) {
  tegata::sandbox::test_pki::Profile profile;
  profile.subject = {{"C", "JP"}, {"CN", name}};
  profile.not_before = still_moment - std::chrono::hours(24);
  profile.not_after = still_moment + std::chrono::hours(24);
  profile.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
  return profile;
}

struct Sample {
  tegata::sandbox::test_pki::Key key = tegata::sandbox::test_pki::p256_key();
  tegata::sandbox::test_pki::Identity root = tegata::sandbox::test_pki::issue_self_signed(plain_profile("Root"), key);
  tegata::sandbox::test_pki::Certificate intermediate =
      tegata::sandbox::test_pki::issue(plain_profile("Middle"), tegata::sandbox::test_pki::p256_key(), root);
  std::string root_pem = tegata::sandbox::test_pki::pem(root.certificate);
  std::string intermediate_pem = tegata::sandbox::test_pki::pem(intermediate);
};

void refused_authority(const CardAuthoritySource& source) {
  const auto authority = parse_card_authority(source);
  REQUIRE_FALSE(authority);
  CHECK(authority.error().code() == errors::card_authority_malformed);
}

}  // namespace

TEST_CASE("an authority from PEM") {
  const Sample sample;
  const auto authority =
      parse_card_authority({"TEST", "a comment\n" + sample.root_pem, sample.intermediate_pem, {}, "03-0000-0000"});
  REQUIRE(authority);
  CHECK(authority->name == "TEST");
  CHECK(authority->roots == std::vector<Bytes>{tegata::sandbox::test_pki::der(sample.root.certificate)});
  CHECK(authority->intermediates == std::vector<Bytes>{tegata::sandbox::test_pki::der(sample.intermediate)});
  CHECK(authority->accepted_policies == std::vector<std::string>{"1.2.392.100495.1.5.1.2.0.1"});
  CHECK(authority->contact == "03-0000-0000");
  CHECK(parse_card_authority({"TEST", sample.root_pem, "", {"1.2.3"}, ""})->accepted_policies ==
        std::vector<std::string>{"1.2.3"});
}

TEST_CASE("authorities that could never verify a card") {
  const Sample sample;
  auto leaf = plain_profile("Leaf");
  leaf.extensions = {{"basicConstraints", "critical,CA:FALSE"}};
  const auto leaf_pem =
      tegata::sandbox::test_pki::pem(tegata::sandbox::test_pki::issue_self_signed(leaf, sample.key).certificate);
  refused_authority({"", sample.root_pem, "", {}, ""});
  refused_authority({"TEST", "", "", {}, ""});
  refused_authority({"TEST", "no certificate at all", "", {}, ""});
  refused_authority({"TEST", sample.intermediate_pem, "", {}, ""});  // not self-signed
  refused_authority({"TEST", leaf_pem, "", {}, ""});                 // no CA
  refused_authority({"TEST", sample.root_pem, leaf_pem, {}, ""});    // no CA
  refused_authority(
      {"TEST", sample.root_pem + tegata::sandbox::test_pki::pem(sample.key), "", {}, ""});  // a private key in the file
  refused_authority({"TEST", sample.root_pem + sample.intermediate_pem.substr(0, 200), "", {}, ""});
  std::string spoilt = sample.root_pem;
  spoilt[40] = '*';
  refused_authority({"TEST", spoilt, "", {}, ""});
}

TEST_CASE("where lists come from, and who signs them") {
  const Sample sample;
  CardAuthoritySource source = {"TEST", sample.root_pem, sample.intermediate_pem, {}, ""};
  CHECK(parse_card_authority(source)->revocation == RevocationCheck::every_certificate);
  CHECK(parse_card_authority(source)->revocation_addresses.empty());
  source.revocation_addresses = {"http://crl.example.jp/a.crl", "http://crl.example.jp:8080/b.crl",
                                 "file:/var/lib/a.crl"};
  source.revocation_signers_pem = sample.intermediate_pem;
  source.revocation = RevocationCheck::card_only;
  const auto authority = parse_card_authority(source);
  REQUIRE(authority);
  CHECK(authority->revocation_addresses == source.revocation_addresses);
  CHECK(authority->revocation == RevocationCheck::card_only);
  const auto issuers = revocation_issuers(*authority);
  CHECK(issuers.authorities == std::vector<Bytes>{tegata::sandbox::test_pki::der(sample.root.certificate),
                                                  tegata::sandbox::test_pki::der(sample.intermediate)});
  CHECK(issuers.signers == std::vector<Bytes>{tegata::sandbox::test_pki::der(sample.intermediate)});
  for (const char* address :
       {"", "a.crl", "ftp://crl.example.jp/a.crl", "ldap://crl.example.jp/", "https://crl.example.jp/"}) {
    auto wrong = source;
    wrong.revocation_addresses.push_back(address);
    refused_authority(wrong);
  }
  source.revocation_signers_pem = tegata::sandbox::test_pki::pem(sample.key);
  refused_authority(source);
}

TEST_CASE("names of authorities differ") {
  const Sample sample;
  const CardAuthoritySource one = {"TEST", sample.root_pem, "", {}, ""};
  CardAuthoritySource two = one;
  const auto same = parse_card_authorities({one, two});
  REQUIRE_FALSE(same);
  CHECK(same.error().code() == errors::card_authority_malformed);
  two.name = "OTHER";
  CHECK(parse_card_authorities({one, two})->size() == 2);
}
