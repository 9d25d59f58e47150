#include "enroll/card/certificate.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "enroll/card/errors.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "tests/support/roca_key.h"
#include "tests/unit/card/judging.h"

using namespace tegata;
using namespace tegata::card;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using tegata::sandbox::test_pki::der;
using tegata::sandbox::test_pki::issue;
using tegata::sandbox::test_pki::pem;
using tegata::sandbox::test_pki::Profile;
using test::eligible_roles;
using test::still_moment;

namespace {

// Keys take time: one PKI and one leaf key serve all tests of this file.
tegata::sandbox::test_pki::TestPki& pki() {
  static tegata::sandbox::test_pki::TestPki shared(still_moment);
  return shared;
}
const tegata::sandbox::test_pki::Key& leaf_key() {
  static const tegata::sandbox::test_pki::Key key = tegata::sandbox::test_pki::rsa_key();
  return key;
}

CardAuthority authority_of(const tegata::sandbox::test_pki::CardHierarchy& hierarchy, const std::string& name) {
  const auto authority = parse_card_authority({name,
                                               tegata::sandbox::test_pki::pem(hierarchy.root.certificate),
                                               tegata::sandbox::test_pki::pem(hierarchy.authentication.certificate) +
                                                   tegata::sandbox::test_pki::pem(hierarchy.signing.certificate),
                                               {},
                                               "contact"});
  REQUIRE(authority);
  return *authority;
}

const std::vector<CardAuthority>& authorities() {
  static const std::vector<CardAuthority> known = {authority_of(pki().hpki(), "TEST")};
  return known;
}

tegata::sandbox::test_pki::CardRequest sample(const std::string& state = "good",
                                              const std::string& kind = "hpki-auth") {
  return {"card", kind, state, "TEST000123", "Kensho Taro", "検証 太郎", {"Medical Doctor"}, "検証病院"};
}

Result<CardHolder> verify(const tegata::sandbox::test_pki::Certificate& certificate, Instant at = still_moment) {
  return verify_card_certificate(tegata::sandbox::test_pki::der(certificate), authorities(), eligible_roles, at);
}

void refused_card(const Result<CardHolder>& holder, ErrorCode code) {
  REQUIRE_FALSE(holder);
  INFO(holder.error().detail());
  CHECK(holder.error().code().name() == code.name());
}

// A good authentication certificate, to be spoilt in one respect.
Profile good_profile() {
  Profile profile;
  profile.subject = {{"C", "JP"}, {"CN", "Kensho Taro"}, {"serialNumber", "TEST000123"}};
  profile.not_before = still_moment - hours(24);
  profile.not_after = still_moment + hours(24);
  profile.extensions = {{"keyUsage", "critical,digitalSignature"},
                        {"subjectKeyIdentifier", "hash"},
                        {"authorityKeyIdentifier", "keyid:always"},
                        {"certificatePolicies", "1.2.392.100495.1.5.1.2.0.1"}};
  profile.raw_extensions = {{tegata::sandbox::test_pki::subject_directory_attributes, false,
                             tegata::sandbox::test_pki::hc_role_extension({{"Medical Doctor", ""}})}};
  return profile;
}

tegata::sandbox::test_pki::Certificate issued(const Profile& profile) {
  return tegata::sandbox::test_pki::issue(profile, leaf_key(), pki().hpki().authentication);
}

Profile with_roles(const std::vector<tegata::sandbox::test_pki::CodedRole>& roles) {
  Profile profile = good_profile();
  profile.raw_extensions[0].der = tegata::sandbox::test_pki::hc_role_extension(roles);
  return profile;
}

}  // namespace

TEST_CASE("a good card gives its holder") {
  const auto card = pki().make_card(sample());
  const auto holder = verify(card.identity.certificate);
  REQUIRE(holder);
  CHECK(holder->authority() == "TEST");
  CHECK(holder->holder_number() == "TEST000123");
  CHECK(holder->romaji() == "Kensho Taro");
  CHECK(holder->kanji() == "検証 太郎");
  CHECK(holder->roles() == std::vector<HcRole>{{national_qualifications, "", "Medical Doctor"}});
  CHECK(holder->fingerprint() == sha256(tegata::sandbox::test_pki::der(card.identity.certificate)));
  CHECK(japan_time(holder->not_before()).substr(10) == " 00:00:00");
  CHECK(japan_time(holder->not_after()).substr(10) == " 23:59:59");
  CHECK(*parse_card_not_after(tegata::sandbox::test_pki::der(card.identity.certificate)) == holder->not_after());
}

TEST_CASE("the hand-made good profile is good") { REQUIRE(verify(issued(good_profile()))); }

TEST_CASE("cards of the wrong kind or state") {
  const auto card = [](const std::string& state, const std::string& kind = "hpki-auth") {
    return pki().make_card(sample(state, kind)).identity.certificate;
  };
  refused_card(verify(card("good", "hpki-sign")), errors::card_signing_certificate);
  refused_card(verify(card("expired")), errors::card_expired);
  refused_card(verify(card("not-yet-valid")), errors::card_not_yet_valid);
  refused_card(verify(card("no-role")), errors::card_no_role);
  refused_card(verify(card("foreign-ca")), errors::card_untrusted);
  refused_card(verify(card("good", "jpki-auth")), errors::card_untrusted);
}

TEST_CASE("of two causes, the one that a person can act on") {
  const auto card = [](const std::string& state, const std::string& kind) {
    return pki().make_card(sample(state, kind)).identity.certificate;
  };
  refused_card(verify(card("expired", "hpki-sign")), errors::card_signing_certificate);
  refused_card(verify(card("foreign-ca", "hpki-sign")), errors::card_untrusted);
  Profile expired_clerk = good_profile();
  expired_clerk.not_after = still_moment - hours(1);
  expired_clerk.raw_extensions.clear();
  refused_card(verify(issued(expired_clerk)), errors::card_expired);
}

TEST_CASE("validity includes its first and its last second") {
  Profile profile = good_profile();
  profile.not_before = still_moment;
  profile.not_after = still_moment + seconds(10);
  const auto certificate = issued(profile);
  refused_card(verify(certificate, still_moment - milliseconds(1)), errors::card_not_yet_valid);
  CHECK(verify(certificate, still_moment));
  CHECK(verify(certificate, still_moment + milliseconds(10'999)));
  refused_card(verify(certificate, still_moment + seconds(11)), errors::card_expired);
}

TEST_CASE("an authority that is out of date itself") {
  Profile profile = good_profile();
  profile.not_before = still_moment - hours(24 * 365 * 20);
  profile.not_after = still_moment + hours(24 * 365 * 40);
  const auto certificate = issued(profile);
  REQUIRE(verify(certificate));
  refused_card(verify(certificate, still_moment + hours(24 * 365 * 30)), errors::card_authority_expired);
  refused_card(verify(certificate, still_moment - hours(24 * 365 * 10)), errors::card_authority_expired);
}

TEST_CASE("untrusted: no authority, no intermediate, a changed bit, self-signed, an intermediate as root") {
  const auto certificate = issued(good_profile());
  refused_card(verify_card_certificate(tegata::sandbox::test_pki::der(certificate), {}, eligible_roles, still_moment),
               errors::card_untrusted);
  auto without = authorities();
  without[0].intermediates.clear();
  refused_card(
      verify_card_certificate(tegata::sandbox::test_pki::der(certificate), without, eligible_roles, still_moment),
      errors::card_untrusted);
  Bytes changed = tegata::sandbox::test_pki::der(certificate);
  changed.back() ^= 1;
  refused_card(verify_card_certificate(changed, authorities(), eligible_roles, still_moment), errors::card_untrusted);
  refused_card(verify(tegata::sandbox::test_pki::issue_self_signed(good_profile(), leaf_key()).certificate),
               errors::card_untrusted);
  // An intermediate given as anchor is no anchor: paths end at a root.
  auto partial = authorities();
  partial[0].roots = {tegata::sandbox::test_pki::der(pki().hpki().authentication.certificate)};
  refused_card(
      verify_card_certificate(tegata::sandbox::test_pki::der(certificate), partial, eligible_roles, still_moment),
      errors::card_untrusted);
}

TEST_CASE("untrusted: issued by another card") {
  const auto card = pki().make_card(sample());
  auto with_card = authorities();
  with_card[0].intermediates.push_back(tegata::sandbox::test_pki::der(card.identity.certificate));
  refused_card(verify_card_certificate(tegata::sandbox::test_pki::der(
                                           tegata::sandbox::test_pki::issue(good_profile(), leaf_key(), card.identity)),
                                       with_card, eligible_roles, still_moment),
               errors::card_untrusted);
}

TEST_CASE("the authority is the one whose root the path ends at, whatever the names say") {
  const std::vector<CardAuthority> both = {authority_of(pki().foreign(), "OTHER"), authorities()[0]};
  const auto mine = verify_card_certificate(tegata::sandbox::test_pki::der(issued(good_profile())), both,
                                            eligible_roles, still_moment);
  REQUIRE(mine);
  CHECK(mine->authority() == "TEST");
  const auto other_card = tegata::sandbox::test_pki::issue(good_profile(), leaf_key(), pki().foreign().authentication);
  const auto other =
      verify_card_certificate(tegata::sandbox::test_pki::der(other_card), both, eligible_roles, still_moment);
  REQUIRE(other);
  CHECK(other->authority() == "OTHER");
}

TEST_CASE("defect: a card or an authority whose modulus tells how to factor it (ROCA) was believed") {
  const auto factored = tegata::test::rsa_public_key(tegata::test::roca_modulus());
  refused_card(verify(tegata::sandbox::test_pki::issue(good_profile(), factored, pki().hpki().authentication)),
               errors::card_weak);
}

TEST_CASE("weak keys and digests") {
  const auto small = tegata::sandbox::test_pki::rsa_key(1024);
  refused_card(verify(tegata::sandbox::test_pki::issue(good_profile(), small, pki().hpki().authentication)),
               errors::card_weak);
  refused_card(verify(tegata::sandbox::test_pki::issue(good_profile(), tegata::sandbox::test_pki::p256_key(),
                                                       pki().hpki().authentication)),
               errors::card_weak);
  for (const char* digest : {"SHA1", "SHA224"}) {
    Profile profile = good_profile();
    profile.digest = digest;
    refused_card(verify(issued(profile)), errors::card_weak);
  }
  Profile stronger = good_profile();
  stronger.digest = "SHA512";
  CHECK(verify(issued(stronger)));
}

TEST_CASE("key usage") {
  const auto with_usage = [](const char* usage) {
    Profile profile = good_profile();
    profile.extensions[0].second = usage;
    return verify(issued(profile));
  };
  refused_card(with_usage("critical,nonRepudiation"), errors::card_signing_certificate);
  refused_card(with_usage("critical,keyEncipherment"), errors::card_key_usage);
  CHECK(with_usage("critical,digitalSignature,nonRepudiation"));
  Profile none = good_profile();
  none.extensions.erase(none.extensions.begin());
  refused_card(verify(issued(none)), errors::card_key_usage);
  Profile server = good_profile();
  server.extensions.emplace_back("extendedKeyUsage", "serverAuth");
  refused_card(verify(issued(server)), errors::card_key_usage);
  server.extensions.back().second = "serverAuth,clientAuth";
  CHECK(verify(issued(server)));
  refused_card(verify(pki().hpki().authentication.certificate), errors::card_untrusted);  // issued by the root itself
}

TEST_CASE("policy") {
  const auto with_policy = [](const std::string& policy) {
    Profile profile = good_profile();
    if (policy.empty()) {
      profile.extensions.pop_back();
    } else {
      profile.extensions.back().second = policy;
    }
    return verify(issued(profile));
  };
  refused_card(with_policy(""), errors::card_policy);
  refused_card(with_policy("1.2.392.100495.1.5.1.3.0.1"), errors::card_policy);  // an organisation
  refused_card(with_policy("2.5.29.32.0"), errors::card_policy);                 // anyPolicy is not this policy
  refused_card(with_policy("1.2.392.100495.1.5.1.1.0.1"), errors::card_signing_certificate);
  CHECK(with_policy("1.2.3.4,1.2.392.100495.1.5.1.2.0.1"));
  auto other = authorities();
  other[0].accepted_policies = {"1.2.3.4"};
  refused_card(verify_card_certificate(tegata::sandbox::test_pki::der(issued(good_profile())), other, eligible_roles,
                                       still_moment),
               errors::card_policy);
}

TEST_CASE("critical extensions: unknown ones are refused, the roles are known") {
  Profile profile = good_profile();
  profile.raw_extensions.push_back({"1.2.3.4.5", false, {0x05, 0x00}});
  CHECK(verify(issued(profile)));
  profile.raw_extensions.back().critical = true;
  refused_card(verify(issued(profile)), errors::card_critical_extension);
  Profile critical_roles = good_profile();
  critical_roles.raw_extensions[0].critical = true;
  CHECK(verify(issued(critical_roles)));
  // Nothing is believed of a foreign certificate, its extensions included.
  refused_card(verify(tegata::sandbox::test_pki::issue(profile, leaf_key(), pki().foreign().authentication)),
               errors::card_untrusted);
}

TEST_CASE("roles") {
  refused_card(verify(issued(with_roles({}))), errors::card_no_role);
  refused_card(verify(issued(with_roles({{"Medical Technologist", ""}}))), errors::card_role_not_eligible);
  refused_card(verify(issued(with_roles({{"medical doctor", ""}}))), errors::card_role_not_eligible);
  const auto several = verify(issued(with_roles({{"Director of Hospital", "1"}, {"Dentist", "2"}})));
  REQUIRE(several);
  CHECK(several->roles().size() == 2);
  CHECK(several->roles()[1].code == "2");
  refused_card(verify_card_certificate(tegata::sandbox::test_pki::der(issued(good_profile())), authorities(),
                                       {"Dentist"}, still_moment),
               errors::card_role_not_eligible);
  Profile broken = good_profile();
  broken.raw_extensions[0].der.push_back(0);
  refused_card(verify(issued(broken)), errors::card_malformed);
}

TEST_CASE("an eligible name in another coding scheme makes nobody eligible") {
  Profile profile = good_profile();
  Bytes& value = profile.raw_extensions[0].der;
  const Bytes scheme = *parse_hex("2a830886910f01060101");
  const auto at = std::search(value.begin(), value.end(), scheme.begin(), scheme.end());
  REQUIRE(at != value.end());
  at[9] = 0x02;
  refused_card(verify(issued(profile)), errors::card_role_not_eligible);
}

TEST_CASE("names") {
  const auto with_subject = [](const tegata::sandbox::test_pki::Name& subject) {
    Profile profile = good_profile();
    profile.subject = subject;
    return verify(issued(profile));
  };
  refused_card(with_subject({{"C", "JP"}, {"CN", "Kensho Taro"}}), errors::card_malformed);
  refused_card(with_subject({{"C", "JP"}, {"serialNumber", "1"}}), errors::card_malformed);
  refused_card(with_subject({{"CN", "A"}, {"serialNumber", "1"}, {"serialNumber", "2"}}), errors::card_malformed);
  refused_card(with_subject({{"CN", "A\nB"}, {"serialNumber", "1"}}), errors::card_malformed);
  const auto plain = with_subject({{"CN", "A/serialNumber=9, B"}, {"serialNumber", "1"}});
  REQUIRE(plain);
  CHECK(plain->holder_number() == "1");
  CHECK(plain->romaji() == "A/serialNumber=9, B");
  CHECK(plain->kanji().empty());
}

TEST_CASE("subjectAltName without a directoryName, and a broken one") {
  Profile profile = good_profile();
  profile.extensions.emplace_back("subjectAltName", "email:taro@example.jp");
  CHECK(verify(issued(profile))->kanji().empty());
  profile.extensions.pop_back();
  profile.raw_extensions.push_back({tegata::sandbox::test_pki::subject_alt_name, false, {0x30, 0x05, 0x01}});
  refused_card(verify(issued(profile)), errors::card_malformed);
}

TEST_CASE("malformed certificates") {
  const Bytes good = tegata::sandbox::test_pki::der(issued(good_profile()));
  const auto judge = [](const Bytes& bytes) {
    return verify_card_certificate(bytes, authorities(), eligible_roles, still_moment);
  };
  REQUIRE(judge(good));
  for (std::size_t size = 0; size < good.size(); size += 7) {
    refused_card(judge(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), errors::card_malformed);
  }
  Bytes trailing = good;
  trailing.push_back(0);
  refused_card(judge(trailing), errors::card_malformed);
  refused_card(judge(Bytes(20'000, 0x30)), errors::card_malformed);
  // The same certificate with an indefinite outer length.
  Bytes indefinite = {0x30, 0x80};
  indefinite.insert(indefinite.end(), good.begin() + 4, good.end());
  indefinite.insert(indefinite.end(), {0, 0});
  refused_card(judge(indefinite), errors::card_malformed);
}

TEST_CASE("an extension twice") {
  Profile profile = good_profile();
  profile.raw_extensions.push_back(profile.raw_extensions[0]);
  refused_card(verify(issued(profile)), errors::card_malformed);
}

TEST_CASE("no flipped byte of a certificate gives another holder") {
  const Bytes good = tegata::sandbox::test_pki::der(issued(good_profile()));
  for (std::size_t i = 0; i < good.size(); i += 3) {
    Bytes changed = good;
    changed[i] ^= 0x01;
    REQUIRE_FALSE(verify_card_certificate(changed, authorities(), eligible_roles, still_moment));
  }
}

TEST_CASE("defect: a card that is its own configured root was looked at beyond the end of its path") {
  const auto own = tegata::sandbox::test_pki::issue_self_signed(good_profile(), leaf_key());
  CardAuthority authority = authorities().front();
  authority.roots = {tegata::sandbox::test_pki::der(own.certificate)};
  authority.intermediates.clear();
  refused_card(verify_card_certificate(tegata::sandbox::test_pki::der(own.certificate), {authority}, eligible_roles,
                                       still_moment),
               errors::card_untrusted);
}
