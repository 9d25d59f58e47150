#include "enroll/card/revocation.h"

#include <catch2/catch.hpp>

#include "enroll/card/errors.h"
#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/profiles.h"
#include "tests/unit/card/judging.h"

using namespace tegata;
using namespace tegata::card;
using std::chrono::hours;
using std::chrono::milliseconds;
using tegata::sandbox::test_pki::CrlProfile;
using tegata::sandbox::test_pki::der;
using tegata::sandbox::test_pki::Identity;
using tegata::sandbox::test_pki::issue;
using test::outcome;
using test::still_moment;

namespace {

constexpr const char* reason_code = "2.5.29.21";
constexpr const char* certificate_issuer = "2.5.29.29";
constexpr const char* delta_indicator = "2.5.29.27";

tegata::sandbox::test_pki::Profile ca_profile(const char* usage = "critical,keyCertSign,cRLSign") {
  auto profile = tegata::sandbox::test_pki::authority_profile({{"C", "JP"}, {"CN", "Lists"}}, still_moment, {}, true);
  tegata::sandbox::test_pki::set_extension(profile, "keyUsage", usage);
  return profile;
}

// One CA, a second generation under the same name, and a key of its own for lists.
struct Authorities {
  Identity ca = tegata::sandbox::test_pki::issue_self_signed(ca_profile(), tegata::sandbox::test_pki::rsa_key());
  Identity second = tegata::sandbox::test_pki::issue_self_signed(ca_profile(), tegata::sandbox::test_pki::rsa_key());
  tegata::sandbox::test_pki::Certificate leaf =
      tegata::sandbox::test_pki::issue(leaf_profile(), tegata::sandbox::test_pki::rsa_key(), ca);
  tegata::sandbox::test_pki::Certificate other =
      tegata::sandbox::test_pki::issue(leaf_profile(), tegata::sandbox::test_pki::rsa_key(), ca);

  static tegata::sandbox::test_pki::Profile leaf_profile() {
    return tegata::sandbox::test_pki::leaf_profile(
        {{"CN", "Leaf"}}, tegata::sandbox::test_pki::card_validity("good", still_moment), "critical,digitalSignature");
  }
};
const Authorities& lists_pki() {
  static const Authorities shared;
  return shared;
}

RevocationIssuers issuers() { return {{tegata::sandbox::test_pki::der(lists_pki().ca.certificate)}}; }
CrlProfile fresh(std::vector<tegata::sandbox::test_pki::CrlEntry> revoked = {}) {
  return tegata::sandbox::test_pki::crl_profile(still_moment - hours(1), 7, std::move(revoked));
}
tegata::sandbox::test_pki::CrlEntry entry() { return {lists_pki().leaf, still_moment - hours(30)}; }
Result<RevocationList> judge_list(const CrlProfile& profile, const std::optional<RevocationMark>& known = {}) {
  return verify_revocation_list(tegata::sandbox::test_pki::issue_crl(profile, lists_pki().ca), issuers(), still_moment,
                                known);
}

// As verify_card_certificate would ask about a certificate of `issuer`.
RevocationQuestion question(const RevocationList& list, const tegata::sandbox::test_pki::Certificate& certificate) {
  unsigned char* out = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate.get()), &out);
  REQUIRE(size > 2);
  RevocationQuestion asked;
  asked.issuer = list.issuer();
  asked.serial.assign(out + 2, out + size);
  OPENSSL_free(out);
  return asked;
}

struct Case {
  const char* name;
  const char* expected;
  void (*spoil)(CrlProfile&);
};
tegata::sandbox::test_pki::RawExtension raw(const char* oid, bool critical, const char* hex_text) {
  return {oid, critical, *parse_hex(hex_text)};
}
void scope(CrlProfile& p, const char* hex_text, bool critical = true) {
  p.raw_extensions.push_back(raw(tegata::sandbox::test_pki::issuing_distribution_point, critical, hex_text));
}
void on_entry(CrlProfile& p, const tegata::sandbox::test_pki::RawExtension& extension) {
  p.revoked = {entry()};
  p.revoked[0].raw_extensions = {extension};
}

const std::vector<Case> cases = {
    {"empty", "", [](CrlProfile&) {}},
    {"one entry", "", [](CrlProfile& p) { p.revoked = {entry()}; }},
    {"sha384", "", [](CrlProfile& p) { p.digest = "SHA384"; }},
    {"sha512", "", [](CrlProfile& p) { p.digest = "SHA512"; }},
    {"sha1", "card_revocation_untrusted", [](CrlProfile& p) { p.digest = "SHA1"; }},
    {"sha224", "card_revocation_untrusted", [](CrlProfile& p) { p.digest = "SHA224"; }},
    {"version 1", "card_revocation_malformed", [](CrlProfile& p) { p.version_2 = false; }},
    {"no extensions", "card_revocation_malformed", [](CrlProfile& p) { p.key_identifier = false, p.number = {}; }},
    {"no number", "card_revocation_malformed", [](CrlProfile& p) { p.number = {}; }},
    {"no key identifier", "card_revocation_malformed", [](CrlProfile& p) { p.key_identifier = false; }},
    {"no next update", "card_revocation_malformed", [](CrlProfile& p) { p.next_update = {}; }},
    {"next update before this", "card_revocation_malformed",
     [](CrlProfile& p) { p.next_update = p.this_update - hours(1); }},
    {"number zero", "", [](CrlProfile& p) { p.number = 0; }},
    {"stale", "card_revocation_stale", [](CrlProfile& p) { p.next_update = still_moment; }},
    {"fresh for a second yet", "", [](CrlProfile& p) { p.next_update = still_moment + std::chrono::seconds(1); }},
    {"from this second", "", [](CrlProfile& p) { p.this_update = still_moment; }},
    {"from the next second", "card_revocation_not_yet_valid",
     [](CrlProfile& p) { p.this_update = still_moment + std::chrono::seconds(1); }},
    {"unknown extension", "", [](CrlProfile& p) { p.raw_extensions = {raw("1.2.3.4", false, "0500")}; }},
    {"unknown critical extension", "card_revocation_extension",
     [](CrlProfile& p) { p.raw_extensions = {raw("1.2.3.4", true, "0500")}; }},
    {"extension twice", "card_revocation_malformed",
     [](CrlProfile& p) { p.raw_extensions = {raw("2.5.29.20", false, "020107")}; }},
    {"delta", "card_revocation_scope",
     [](CrlProfile& p) { p.raw_extensions = {raw(delta_indicator, true, "020101")}; }},
    {"delta, not critical", "card_revocation_scope",
     [](CrlProfile& p) { p.raw_extensions = {raw(delta_indicator, false, "020101")}; }},
    {"users only", "", [](CrlProfile& p) { scope(p, "30038101ff"); }},
    {"authorities only", "", [](CrlProfile& p) { scope(p, "30038201ff"); }},
    {"users only, not critical", "", [](CrlProfile& p) { scope(p, "30038101ff", false); }},
    {"a point", "", [](CrlProfile& p) { scope(p, "3007a005a003860178"); }},
    {"a relative name", "card_revocation_scope", [](CrlProfile& p) { scope(p, "3004a002a100"); }},
    {"a point without names", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "3004a002a000"); }},
    {"some reasons", "card_revocation_scope", [](CrlProfile& p) { scope(p, "300483020640"); }},
    {"indirect", "card_revocation_scope", [](CrlProfile& p) { scope(p, "30038401ff"); }},
    {"attribute certificates", "card_revocation_scope", [](CrlProfile& p) { scope(p, "30038501ff"); }},
    {"users and authorities only", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "30068101ff8201ff"); }},
    {"scope out of order", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "30068201ff8101ff"); }},
    {"scope that says nothing", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "3000"); }},
    {"scope with FALSE", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "3003810100"); }},
    {"scope with a BER truth", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "3003810101"); }},
    {"scope with an unknown field", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "30038601ff"); }},
    {"scope with trailing bytes", "card_revocation_malformed", [](CrlProfile& p) { scope(p, "30038101ff00"); }},
    {"negative number", "card_revocation_malformed",
     [](CrlProfile& p) { p.number = {}, p.raw_extensions = {raw("2.5.29.20", false, "0201ff")}; }},
    {"number not minimal", "card_revocation_malformed",
     [](CrlProfile& p) { p.number = {}, p.raw_extensions = {raw("2.5.29.20", false, "02020007")}; }},
    {"number of 22 octets", "card_revocation_malformed",
     [](CrlProfile& p) {
       p.number = {}, p.raw_extensions = {raw("2.5.29.20", false, "021601020304050607080910111213141516171819202122")};
     }},
    {"reason", "", [](CrlProfile& p) { on_entry(p, raw(reason_code, false, "0a0101")); }},
    {"reason, critical", "", [](CrlProfile& p) { on_entry(p, raw(reason_code, true, "0a0101")); }},
    {"reason unused", "card_revocation_malformed",
     [](CrlProfile& p) { on_entry(p, raw(reason_code, false, "0a0107")); }},
    {"reason beyond", "card_revocation_malformed",
     [](CrlProfile& p) { on_entry(p, raw(reason_code, false, "0a010b")); }},
    {"invalidity date", "",
     [](CrlProfile& p) { on_entry(p, raw("2.5.29.24", false, "180f32303236303130313030303030305a")); }},
    {"entry of another authority", "card_revocation_scope",
     [](CrlProfile& p) { on_entry(p, raw(certificate_issuer, true, "3003860178")); }},
    {"entry of another authority, not critical", "card_revocation_scope",
     [](CrlProfile& p) { on_entry(p, raw(certificate_issuer, false, "3003860178")); }},
    {"unknown entry extension", "", [](CrlProfile& p) { on_entry(p, raw("1.2.3.4", false, "0500")); }},
    {"unknown critical entry extension", "card_revocation_extension",
     [](CrlProfile& p) { on_entry(p, raw("1.2.3.4", true, "0500")); }},
    {"entry twice", "",
     [](CrlProfile& p) {
       p.revoked = {entry(), entry()};
     }},
};

}  // namespace

TEST_CASE("lists, each with its answer") {
  for (const auto& one : cases) {
    INFO(one.name);
    CrlProfile profile = fresh();
    one.spoil(profile);
    CHECK(outcome(judge_list(profile)) == one.expected);
  }
}

TEST_CASE("what a list says") {
  const auto list = judge_list(fresh({entry()}));
  REQUIRE(list);
  CHECK(list->size() == 1);
  CHECK(list->mark().number == Bytes{7});
  CHECK(list->this_update() == still_moment - hours(1));
  CHECK(list->next_update() == still_moment + hours(95));
  CHECK(list->names(question(*list, lists_pki().leaf).serial));
  CHECK_FALSE(list->names(question(*list, lists_pki().other).serial));
  CHECK_FALSE(list->names({}));
  CHECK(list->is_fresh(still_moment + hours(95) - milliseconds(1)));
  CHECK_FALSE(list->is_fresh(still_moment + hours(95)));
}

TEST_CASE("every reason is a revocation") {
  for (const int reason : {0, 1, 2, 3, 4, 5, 6, 8, 9, 10}) {
    auto named = entry();
    named.reason = reason;
    const auto list = judge_list(fresh({named}));
    REQUIRE(list);
    CHECK(list->names(question(*list, lists_pki().leaf).serial));
  }
}

TEST_CASE("a list never goes back") {
  const auto judged = [](std::uint64_t number, Instant this_update, const RevocationMark& known) {
    CrlProfile profile = fresh();
    profile.number = number;
    profile.this_update = this_update;
    return outcome(judge_list(profile, known));
  };
  const RevocationMark known = {{0x01, 0x00}, still_moment - hours(2)};
  CHECK(judged(0x100, still_moment - hours(2), known) == "");  // the same again
  CHECK(judged(0x101, still_moment - hours(1), known) == "");
  CHECK(judged(0xff, still_moment - hours(1), known) == "card_revocation_older");
  CHECK(judged(0x101, still_moment - hours(3), known) == "card_revocation_older");
}

TEST_CASE("whose signature a list bears") {
  const auto by = [](const Identity& signer, const RevocationIssuers& known) {
    return outcome(verify_revocation_list(tegata::sandbox::test_pki::issue_crl(fresh(), signer), known, still_moment));
  };
  const Bytes ca = tegata::sandbox::test_pki::der(lists_pki().ca.certificate),
              second = tegata::sandbox::test_pki::der(lists_pki().second.certificate);
  CHECK(by(lists_pki().ca, {{ca}}) == "");
  CHECK(by(lists_pki().second, {{ca}}) == "card_revocation_untrusted");
  CHECK(by(lists_pki().ca, {}) == "card_revocation_untrusted");
  // The key of another, under the name and key identifier of the CA.
  CHECK(by({lists_pki().second.key, lists_pki().ca.certificate}, {{ca, second}}) == "card_revocation_untrusted");
  Bytes altered = tegata::sandbox::test_pki::issue_crl(fresh({entry()}), lists_pki().ca);
  altered.back() ^= 1;
  CHECK(outcome(verify_revocation_list(altered, issuers(), still_moment)) == "card_revocation_untrusted");
  const auto not_for_lists =
      tegata::sandbox::test_pki::issue_self_signed(ca_profile("critical,keyCertSign"), lists_pki().ca.key);
  CHECK(by(not_for_lists, {{tegata::sandbox::test_pki::der(not_for_lists.certificate)}}) ==
        "card_revocation_untrusted");
  const auto small =
      tegata::sandbox::test_pki::issue_self_signed(ca_profile(), tegata::sandbox::test_pki::rsa_key(1024));
  CHECK(by(small, {{tegata::sandbox::test_pki::der(small.certificate)}}) == "card_revocation_untrusted");
}

TEST_CASE("generations under one name: a list speaks for the one that signed it") {
  const RevocationIssuers both = {{tegata::sandbox::test_pki::der(lists_pki().ca.certificate),
                                   tegata::sandbox::test_pki::der(lists_pki().second.certificate)}};
  const auto first =
      verify_revocation_list(tegata::sandbox::test_pki::issue_crl(fresh(), lists_pki().ca), both, still_moment);
  const auto second = verify_revocation_list(tegata::sandbox::test_pki::issue_crl(fresh({entry()}), lists_pki().second),
                                             both, still_moment);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->issuer() != second->issuer());
  RevocationLists lists;
  lists.put(std::make_shared<RevocationList>(*first));
  CHECK(lists.answer(question(*second, lists_pki().leaf), still_moment) == RevocationAnswer::unknown);
  lists.put(std::make_shared<RevocationList>(*second));
  CHECK(lists.answer(question(*first, lists_pki().leaf), still_moment) == RevocationAnswer::good);
  CHECK(lists.answer(question(*second, lists_pki().leaf), still_moment) == RevocationAnswer::revoked);
  CHECK(lists.all().size() == 2);
}

TEST_CASE("a key for lists alone") {
  auto profile = Authorities::leaf_profile();
  profile.subject = ca_profile().subject;
  tegata::sandbox::test_pki::set_extension(profile, "keyUsage", "critical,cRLSign");
  const auto key = tegata::sandbox::test_pki::rsa_key();
  const auto judged = [&](const tegata::sandbox::test_pki::Profile& p, const Identity& issuer) {
    const Identity signer = {key, tegata::sandbox::test_pki::issue(p, key, issuer)};
    const RevocationIssuers known = {{tegata::sandbox::test_pki::der(lists_pki().ca.certificate)},
                                     {tegata::sandbox::test_pki::der(signer.certificate)}};
    return verify_revocation_list(tegata::sandbox::test_pki::issue_crl(fresh(), signer), known, still_moment);
  };
  const auto list = judged(profile, lists_pki().ca);
  REQUIRE(list);
  CHECK(list->issuer() == judge_list(fresh())->issuer());
  CHECK(outcome(judged(profile, lists_pki().second)) == "card_revocation_untrusted");  // not issued by that authority
  auto spoilt = profile;
  tegata::sandbox::test_pki::set_extension(spoilt, "keyUsage", "critical,digitalSignature");
  CHECK(outcome(judged(spoilt, lists_pki().ca)) == "card_revocation_untrusted");
  spoilt = profile;
  spoilt.not_after = still_moment - hours(1);
  CHECK(outcome(judged(spoilt, lists_pki().ca)) == "card_revocation_untrusted");
  spoilt = profile;
  spoilt.subject = {{"CN", "Another"}};
  CHECK(outcome(judged(spoilt, lists_pki().ca)) == "card_revocation_untrusted");
  spoilt = profile;
  spoilt.digest = "SHA1";
  CHECK(outcome(judged(spoilt, lists_pki().ca)) == "card_revocation_untrusted");
}

TEST_CASE("a list answers within its scope") {
  const auto with_scope = [](const std::vector<std::string>& points, const Bytes& kind) {
    CrlProfile profile = fresh({entry()});
    profile.raw_extensions = {{tegata::sandbox::test_pki::issuing_distribution_point, true,
                               tegata::sandbox::test_pki::issuing_distribution_point_extension(points, kind)}};
    const auto list = judge_list(profile);
    REQUIRE(list);
    return *list;
  };
  const auto users = with_scope({}, tegata::sandbox::test_pki::users_only),
             authorities = with_scope({}, tegata::sandbox::test_pki::authorities_only);
  auto asked = question(users, lists_pki().leaf);
  CHECK(users.covers(asked));
  CHECK_FALSE(authorities.covers(asked));
  asked.is_authority = true;
  CHECK_FALSE(users.covers(asked));
  CHECK(authorities.covers(asked));
  const auto part = with_scope({"http://a.invalid/1", "http://b.invalid/1"}, {});
  CHECK_FALSE(part.covers(asked));
  const std::string address = "http://b.invalid/1";
  asked.distribution_points = {tegata::sandbox::test_pki::der_element(0x86, as_bytes(address))};
  CHECK(part.covers(asked));
  RevocationLists lists;
  for (const auto& one : {users, authorities, part}) lists.put(std::make_shared<RevocationList>(one));
  CHECK(lists.all().size() == 3);
}

TEST_CASE("defect: a list whose time was over gave back the cards that it names") {
  const auto list = judge_list(fresh({entry()}));
  REQUIRE(list);
  RevocationLists lists;
  lists.put(std::make_shared<RevocationList>(*list));
  const auto later = list->next_update();
  CHECK(lists.answer(question(*list, lists_pki().leaf), later) == RevocationAnswer::revoked);
  CHECK(lists.answer(question(*list, lists_pki().other), later) == RevocationAnswer::unknown);

  // Nor does age keep one out that is asked for with any; everything else does.
  const auto any_age = [](const Bytes& der, Instant now) {
    return outcome(verify_revocation_list_of_any_age(der, issuers(), now));
  };
  const Bytes der = tegata::sandbox::test_pki::issue_crl(fresh({entry()}), lists_pki().ca);
  CHECK(outcome(verify_revocation_list(der, issuers(), later)) == "card_revocation_stale");
  CHECK(any_age(der, later) == "");
  CHECK(any_age(der, still_moment - hours(2)) == "card_revocation_not_yet_valid");
  CHECK(any_age(tegata::sandbox::test_pki::issue_crl(fresh(), lists_pki().second), later) ==
        "card_revocation_untrusted");
}

TEST_CASE("a serial number that no list can hold is unknown") {
  RevocationLists lists;
  lists.put(std::make_shared<RevocationList>(*judge_list(fresh())));
  auto asked = question(*lists.all()[0], lists_pki().leaf);
  CHECK(lists.answer(asked, still_moment) == RevocationAnswer::good);
  asked.serial = Bytes(22, 0x11);
  CHECK(lists.answer(asked, still_moment) == RevocationAnswer::unknown);
  asked.serial = {};
  CHECK(lists.answer(asked, still_moment) == RevocationAnswer::unknown);
}

TEST_CASE("lists that are none") {
  const Bytes good = tegata::sandbox::test_pki::issue_crl(fresh({entry()}), lists_pki().ca);
  const auto judged = [](const Bytes& bytes) {
    return outcome(verify_revocation_list(bytes, issuers(), still_moment));
  };
  REQUIRE(judged(good) == "");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(judged(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))) == "card_revocation_malformed");
  }
  Bytes trailing = good;
  trailing.push_back(0);
  CHECK(judged(trailing) == "card_revocation_malformed");
  CHECK(judged(Bytes(largest_revocation_list + 1)) == "card_revocation_too_large");
  CHECK(judged(Bytes(largest_revocation_list)) == "card_revocation_malformed");
}

TEST_CASE("no flipped bit of a list is taken") {
  const Bytes good = tegata::sandbox::test_pki::issue_crl(fresh({entry()}), lists_pki().ca);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = good;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1u << bit);
      REQUIRE_FALSE(verify_revocation_list(changed, issuers(), still_moment));
    }
  }
}

TEST_CASE("entries that are none") {
  const auto judged = [](const char* hex_text) {
    return outcome(verify_revocation_list(
        tegata::sandbox::test_pki::issue_crl_with_entries(fresh(), *parse_hex(hex_text), lists_pki().ca), issuers(),
        still_moment));
  };
  const std::string date = "170d3236303130313030303030305a";
  const auto with = [&](const std::string& serial, const std::string& when, const std::string& rest = "") {
    const Bytes content = *parse_hex(serial + when + rest);
    return judged(hex(tegata::sandbox::test_pki::der_element(0x30, content)).c_str());
  };
  CHECK(with("020101", date) == "");
  CHECK(with("020101", "180f32303236303130313030303030305a") == "");
  CHECK(with("0215" + std::string(42, '1'), date) == "");  // 21 octets
  const std::string refused = "card_revocation_malformed";
  CHECK(judged("") == refused);
  CHECK(with("0216" + std::string(44, '1'), date) == refused);
  CHECK(with("0200", date) == refused);
  CHECK(with("02020001", date) == refused);                            // not minimal
  CHECK(with("0202ff81", date) == refused);                            // nor this
  CHECK(with("040101", date) == refused);                              // no INTEGER
  CHECK(with("020101", "") == refused);                                // no date
  CHECK(with("020101", "170b323630313031303030305a") == refused);      // no seconds
  CHECK(with("020101", "170d3236303133323030303030305a") == refused);  // 32 January
  CHECK(with("020101", "170d3236303130313234303030305a") == refused);  // 24 o'clock
  CHECK(with("020101", "170d3236303130313030303030302b") == refused);  // not in Z
  CHECK(with("020101", "170d32362d3130313030303030305a") == refused);  // a sign
  CHECK(with("020101", date, "3000") == refused);                      // extensions, but none
  CHECK(with("020101", date, "0500") == refused);                      // no extensions
  CHECK(with("020101", date,
             "300c300a0603551d1504030a0101"
             "0500") == refused);  // trailing
}

TEST_CASE("a hundred thousand entries in one list") {
  Bytes entries;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const Bytes serial = {0x40, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                          static_cast<std::uint8_t>(i)};
    Bytes one = tegata::sandbox::test_pki::der_element(0x02, serial);
    const Bytes date = tegata::sandbox::test_pki::der_element(0x17, as_bytes(std::string_view("260101000000Z")));
    one.insert(one.end(), date.begin(), date.end());
    const Bytes whole = tegata::sandbox::test_pki::der_element(0x30, one);
    entries.insert(entries.end(), whole.begin(), whole.end());
  }
  const Bytes list = tegata::sandbox::test_pki::issue_crl_with_entries(fresh(), entries, lists_pki().ca);
  const auto judged = verify_revocation_list(list, issuers(), still_moment);
  REQUIRE(judged);
  CHECK(judged->size() == 100'000);
  CHECK(judged->names(Bytes{0x40, 0x01, 0x86, 0x9f}));
  CHECK_FALSE(judged->names(Bytes{0x40, 0x01, 0x86, 0xa0}));
}
