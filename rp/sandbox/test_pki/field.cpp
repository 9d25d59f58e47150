#include "rp/sandbox/test_pki/field.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

#include "rp/sandbox/test_pki/profiles.h"

namespace tegata::sandbox::test_pki {
namespace {

constexpr const char* authentication_ca_policy = "1.2.392.100495.1.5.1.2.3.1";
constexpr const char* signing_ca_policy = "1.2.392.100495.1.5.1.1.3.1";
const std::string list_host = "http://crl.field.invalid/";

// MHLW's list of CAs carries its distribution point, critical.
FieldCa make_root(Instant now) {
  const Name name = {{"C", "JP"},
                     {"O", "TEST Ministry of Health, Labour and Welfare"},
                     {"OU", "TEST Director-General for Policy Planning and Evaluation"},
                     {"OU", "TEST HPKI Root CA V2"}};
  FieldCa root{issue_self_signed(authority_profile(name, now, {}, true), rsa_key()), list_host + "root.crl"};
  root.list_extensions = {
      {issuing_distribution_point, true, issuing_distribution_point_extension({root.address}, authorities_only)}};
  return root;
}

Profile ca_profile(const Field& field, const Name& name, const char* policy) {
  Profile profile = authority_profile(name, field.now, std::string("critical,") + policy, false);
  set_extension(profile, crl_distribution_points, "URI:" + field.root.address);
  return profile;
}

FieldCa make_ca(const Field& field, const Name& name, const char* policy, const std::string& list) {
  const Key key = rsa_key();
  return {{key, issue(ca_profile(field, name, policy), key, field.root.identity)}, list_host + list};
}

FieldAuthority make_authority(const Field& field, const std::string& name, Name prefix, const std::string& stem,
                              const std::string& list) {
  Name authentication = prefix, signing = prefix;
  authentication.emplace_back("CN", "HPKI-01-" + stem + "AuthCA2-forAuthentication-forIndividual");
  signing.emplace_back("CN", "HPKI-01-" + stem + "SignCA2-forNonRepudiation");
  return {name, make_ca(field, authentication, authentication_ca_policy, list + "-auth.crl"),
          make_ca(field, signing, signing_ca_policy, list + "-sign.crl")};
}

// --- CAs with one thing wrong -------------------------------------------------------------------------------------

Name odd_name(const std::string& common_name) { return {{"C", "JP"}, {"O", "TEST Odd"}, {"CN", common_name}}; }

template <typename Spoil>
FieldCa make_odd(const Field& field, const std::string& common_name, const Key& key, Spoil spoil) {
  Profile profile = ca_profile(field, odd_name(common_name), authentication_ca_policy);
  spoil(profile);
  return {{key, issue(profile, key, field.root.identity)}, list_host + common_name + ".crl"};
}

FieldCa make_too_deep(const Field& field, const FieldCa& parent, const Key& key) {
  const Profile profile = ca_profile(field, odd_name("too-deep"), authentication_ca_policy);
  return {{key, issue(profile, key, parent.identity)}, list_host + "too-deep.crl"};
}

std::vector<FieldCa> make_odd_cas(const Field& field) {
  const Key key = rsa_key();  // one for all: they differ by name
  const auto nothing = [](Profile&) {};
  std::vector<FieldCa> out;
  out.push_back(make_odd(field, "expired", key, [&](Profile& p) { p.not_after = field.now - std::chrono::hours(24); }));
  out.push_back(make_odd(field, "weak-key", rsa_key(1024), nothing));
  out.back().address.clear();  // nobody would believe its list
  out.push_back(make_odd(field, "weak-digest", key, [](Profile& p) { p.digest = "SHA1"; }));
  out.push_back(make_odd(field, "no-key-usage", key, [](Profile& p) { drop_extension(p, "keyUsage"); }));
  out.back().address.clear();  // nor this one's
  out.push_back(make_odd(field, "unknown-critical", key, [](Profile& p) {
    p.raw_extensions.push_back({"1.2.3.4.5", true, {0x05, 0x00}});
  }));
  out.push_back(make_odd(field, "policy-constraints", key, [](Profile& p) {
    set_extension(p, "policyConstraints", "critical,requireExplicitPolicy:0");
  }));
  out.push_back(make_odd(field, "name-constraints", key, [](Profile& p) {
    set_extension(p, "nameConstraints", "critical,permitted;email:.example.invalid");
  }));
  out.push_back(make_odd(field, "revoked", key, nothing));
  out.push_back(make_odd(field, "stale", key, nothing));
  out.back().list_age = crl_life + std::chrono::hours(1);
  out.push_back(make_odd(field, "unlisted", key, nothing));
  out.back().address.clear();
  out.push_back(make_odd(field, "other-scope", key, nothing));
  out.back().list_extensions = {
      {issuing_distribution_point, true, issuing_distribution_point_extension({}, authorities_only)}};
  out.push_back(make_odd(field, "in-parts", key, nothing));
  out.back().list_extensions = {
      {issuing_distribution_point, true, issuing_distribution_point_extension({out.back().address}, users_only)}};
  out.push_back(make_too_deep(field, out.back(), key));
  return out;
}

// --- JPKI ---------------------------------------------------------------------------------------------------------

Name jpki_name(const char* organisation, const char* unit) {
  return {
      {"C", "JP"}, {"O", organisation}, {"OU", unit}, {"OU", "Japan Agency for Local Authority Information Systems"}};
}

Identity make_jpki(Instant now, const char* organisation, const char* unit) {
  return issue_self_signed(authority_profile(jpki_name(organisation, unit), now, {}, true), rsa_key());
}

std::vector<FieldCa> make_generations(Instant now) {
  const char* const unit = "JPKI for user authentication";
  std::vector<FieldCa> out;
  for (const char* list : {"jpki-1.crl", "jpki-2.crl", "jpki-3.crl"})
    out.push_back({make_jpki(now, "JPKI-TEST", unit), list_host + list});
  Profile ended = authority_profile(jpki_name("JPKI-TEST", unit), now, {}, true);
  ended.not_after = now - std::chrono::hours(24);
  out.push_back({issue_self_signed(ended, rsa_key()), list_host + "jpki-ended.crl"});
  out.push_back({make_jpki(now, "JPKI-TEST", unit), ""});
  return out;
}

}  // namespace

const FieldCa& Field::odd_ca(const std::string& common_name) const {
  for (const auto& ca : odd.more) {
    char text[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(ca.identity.certificate.get()), NID_commonName, text, sizeof text);
    if (common_name == text) return ca;
  }
  std::fprintf(stderr, "test PKI: no such CA: %s\n", common_name.c_str());
  std::abort();
}

Field make_field(Instant now) {
  Field field;
  field.now = now;
  field.root = make_root(now);
  field.jma = make_authority(field, "TEST-JMA",
                             {{"C", "JP"}, {"O", "TEST Japan Medical Association"}, {"OU", "TEST Certificate Center"}},
                             "TestJma", "jma");
  field.jpa = make_authority(field, "TEST-JPA", {{"C", "JP"}, {"O", "TEST Japan Pharmaceutical Association"}},
                             "TestJpa", "jpa");
  const Name medis = {{"C", "JP"}, {"O", "TEST Medical Information System Development Center"}};
  field.medis = make_authority(field, "TEST-MEDIS", medis, "TestMedis", "medis");
  field.odd = make_authority(field, "TEST-ODD", {{"C", "JP"}, {"O", "TEST Odd"}}, "TestOdd", "odd");
  field.odd.more = make_odd_cas(field);

  Field foreign;
  foreign.now = now;
  foreign.root = make_root(now);
  foreign.medis = make_authority(foreign, "TEST-MEDIS", medis, "TestMedis", "medis");
  field.foreign_root = foreign.root.identity;
  field.foreign_authentication = foreign.medis.authentication.identity;

  field.jpki = make_generations(now);
  field.jpki_signature = make_jpki(now, "JPKI-TEST", "JPKI for digital signature");
  field.jpki_foreign = make_jpki(now, "JPKI-TEST", "JPKI for user authentication");
  field.jpki_real_name = make_jpki(now, "JPKI", "JPKI for user authentication");
  field.card_key = rsa_key();
  return field;
}

}  // namespace tegata::sandbox::test_pki
