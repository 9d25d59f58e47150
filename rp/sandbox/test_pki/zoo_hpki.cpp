#include <algorithm>

#include "rp/sandbox/test_pki/openssl.h"
#include "rp/sandbox/test_pki/profiles.h"
#include "rp/sandbox/test_pki/zoo.h"

namespace tegata::sandbox::test_pki {
namespace {

constexpr const char* not_loaded = "OpenSSL's client does not load it";
constexpr const char* key_usage = "keyUsage";
constexpr const char* policies = "certificatePolicies";
constexpr const char* key_identifier = "authorityKeyIdentifier";
constexpr const char* roles = subject_directory_attributes;

Bytes bytes(const char* hex_text) { return *parse_hex(hex_text); }

// --- hcRole values that configuration cannot say ------------------------------------------------------------------

constexpr const char* national = "2a830886910f01060101";

Bytes actor(const std::string& text, const char* scheme = national, const Bytes& behind = {}) {
  const Bytes coded =
      der_element(0xa0, der_element(0x06, bytes(scheme))) + der_element(0xa2, der_element(0x0c, as_bytes(text)));
  return der_element(0x30, der_element(0xa0, der_element(0x31, coded)) + behind);
}
// The extension around one attribute with those HCActorData values.
Bytes attribute(const Bytes& values) {
  return der_element(0x30, bytes("0606288185420001") + der_element(0x31, values));
}
Bytes attributes(const Bytes& all) { return der_element(0x30, all); }
Bytes one_value(const Bytes& actors) { return attributes(attribute(der_element(0x31, actors))); }

void with_role(Recipe& r, const std::string& text) { r.raw(roles).der = one_value(actor(text)); }

// --- bytes --------------------------------------------------------------------------------------------------------

void replace(Bytes& in, std::string_view from, std::string_view to) {
  const ByteView old = as_bytes(from);
  const auto found = std::search(in.begin(), in.end(), old.begin(), old.end());
  if (found != in.end()) std::ranges::copy(as_bytes(to), found);
}
void indefinite_length(Bytes& der) {
  Bytes out = {0x30, 0x80};
  out.insert(out.end(), der.begin() + 4, der.end());
  der = out + Bytes{0, 0};
}
void version_1(Bytes& der) {
  const Bytes version = bytes("a003020102");
  const auto found = std::search(der.begin(), der.end(), version.begin(), version.end());
  if (found != der.end()) found[4] = 0;
}

void set_key(Recipe& r, const Key& key) { r.key = key; }

void no_organisation(Recipe& r) {
  std::erase_if(r.profile.subject, [](const auto& part) { return part.first == "O"; });
}
void set_subject(Recipe& r, const char* part, const std::string& value) {
  for (auto& [type, text] : r.profile.subject) {
    if (type == part) text = value;
  }
}

// The medis CA again, under its name in other letters.
Certificate renamed_authority(const Field& field) {
  const Name name = {{"C", "JP"},
                     {"O", "TEST MEDICAL Information System Development Center"},
                     {"CN", "HPKI-01-TestMedisAuthCA2-forAuthentication-forIndividual"}};
  return issue(authority_profile(name, field.now, {}, false), field.medis.authentication.identity.key,
               field.root.identity);
}

void from_medis_signing(Recipe& r) { r.from(r.field.medis.signing, signing_policy, "critical,nonRepudiation"); }

// --- the table ----------------------------------------------------------------------------------------------------

const std::vector<ZooCase> accepted = {
    {"good", good, [](Recipe&) {}},
    {"unknown-person", good, [](Recipe& r) { set_subject(r, "serialNumber", zoo_unknown_number); }},
    {"good-jma-doctor", good,
     [](Recipe& r) {
       r.from(r.field.jma.authentication);
       no_organisation(r);
       r.drop_raw(subject_alt_name);
     }},
    {"good-jpa-pharmacist", good,
     [](Recipe& r) {
       r.from(r.field.jpa.authentication);
       r.drop_raw(subject_alt_name);
       with_role(r, "Pharmacist");
     }},
    {"good-dentist", good, [](Recipe& r) { with_role(r, "Dentist"); }},
    {"good-several-roles", good,
     [](Recipe& r) {
       r.raw(roles).der = hc_role_extension({{"Director of Hospital", "1"}, {"Medical Doctor", "2"}});
     }},
    {"good-several-values", good,
     [](Recipe& r) {
       const Bytes first = der_element(0x31, actor("Medical Technologist")),
                   second = der_element(0x31, actor("Dentist"));
       r.raw(roles).der = attributes(attribute(first + second));
     }},
    {"good-role-with-code", good,
     [](Recipe& r) {
       r.raw(roles).der = hc_role_extension({{"Pharmacist", "123"}});
     }},
    {"good-role-with-region", good,
     [](Recipe& r) { r.raw(roles).der = one_value(actor("Pharmacist", national, bytes("a1023000"))); }},
    {"good-attribute-beside-role", good,
     [](Recipe& r) {
       const Bytes country = der_element(0x30, bytes("06082b06010505070904") + der_element(0x31, bytes("13024a50")));
       r.raw(roles).der = attributes(country + attribute(der_element(0x31, actor("Medical Doctor"))));
     }},
    {"good-role-critical", good, [](Recipe& r) { r.raw(roles).critical = true; }},
    {"good-policies-critical", good,
     [](Recipe& r) { r.set(policies, std::string("critical,") + authentication_policy); }},
    {"good-alternative-name-critical", good, [](Recipe& r) { r.raw(subject_alt_name).critical = true; }},
    {"good-distribution-point-critical", good,
     [](Recipe& r) { r.set(crl_distribution_points, "critical,URI:" + r.issuer->address); }},
    {"good-policy-among-others", good,
     [](Recipe& r) { r.set(policies, std::string("1.2.3.4,") + authentication_policy); }},
    {"good-both-usages", good, [](Recipe& r) { r.set(key_usage, "critical,digitalSignature,nonRepudiation"); }},
    {"good-client-purpose", good, [](Recipe& r) { r.set("extendedKeyUsage", "critical,clientAuth"); }},
    {"good-rsa-3072", good, [](Recipe& r) { set_key(r, rsa_key(3072)); }},
    {"good-sha384", good, [](Recipe& r) { r.profile.digest = "SHA384"; }},
    {"good-sha512", good, [](Recipe& r) { r.profile.digest = "SHA512"; }},
    {"good-unknown-not-critical", good,
     [](Recipe& r) {
       r.raw("1.2.3.4.5").der = {0x05, 0x00};
     }},
    {"good-separators-in-name", good, [](Recipe& r) { set_subject(r, "CN", "Kensho, Taro/serialNumber=9+O=X"); }},
    {"good-list-in-parts", good, [](Recipe& r) { r.from(r.field.odd_ca("in-parts")); }},
    {"good-below-name-constraints", good, [](Recipe& r) { r.from(r.field.odd_ca("name-constraints")); }},
};

const std::vector<ZooCase> untrusted = {
    {"foreign-same-dn", "card_untrusted", [](Recipe& r) { r.signer = r.field.foreign_authentication; }},
    {"foreign-same-dn-and-key-identifier", "card_untrusted",
     [](Recipe& r) {
       r.signer = {r.field.foreign_authentication.key, r.field.medis.authentication.identity.certificate};
     }},
    {"foreign-root", "card_untrusted", [](Recipe& r) { r.signer = r.field.foreign_root; }},
    {"bad-signature", "card_untrusted", [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.back() ^= 1; }; }},
    {"altered-holder-number", "card_untrusted",
     [](Recipe& r) { r.change_bytes = [](Bytes& der) { replace(der, zoo_holder_number, "1000002"); }; }},
    {"altered-role", "card_untrusted",
     [](Recipe& r) {
       with_role(r, "Clerk");
       r.change_bytes = [](Bytes& der) { replace(der, "Clerk", "Clark"); };
     }},
    {"self-signed", "card_untrusted",
     [](Recipe& r) {
       r.drop(key_identifier);
       r.ready = issue_self_signed(r.profile, r.key).certificate;
     }},
    {"issued-by-the-root", "card_untrusted", [](Recipe& r) { r.from(r.field.root); }},
    {"issued-by-a-card", "card_untrusted",
     [](Recipe& r) {
       r.signer = {r.key, issue(r.profile, r.key, r.field.medis.authentication.identity)};
     }},
    {"ca-certificate", "card_untrusted",
     [](Recipe& r) {
       r.ready = r.field.medis.authentication.identity.certificate;
       r.ready_key = r.field.medis.authentication.identity.key;
     }},
    {"path-too-long", "card_untrusted", [](Recipe& r) { r.from(r.field.odd_ca("too-deep")); }},
    {"no-key-identifier", "card_untrusted", [](Recipe& r) { r.drop(key_identifier); }},
    {"other-key-identifier", "card_untrusted",
     [](Recipe& r) {
       r.drop(key_identifier);
       r.raw("2.5.29.35").der = bytes("301680140102030405060708090a0b0c0d0e0f1011121314");
     }},
    {"issuer-name-in-other-case", "card_untrusted",
     [](Recipe& r) {
       r.signer = {r.field.medis.authentication.identity.key, renamed_authority(r.field)};
     }},
    {"authority-without-key-usage", "card_untrusted", [](Recipe& r) { r.from(r.field.odd_ca("no-key-usage")); }},
    {"outside-name-constraints", "card_untrusted",
     [](Recipe& r) {
       r.from(r.field.odd_ca("name-constraints"));
       r.drop_raw(subject_alt_name);
       r.set("subjectAltName", "email:taro@elsewhere.invalid");
     }},
    {"mynumber-card", "card_untrusted",
     [](Recipe& r) { r.ready = issue(good_mynumber(r.field).profile, r.key, r.field.jpki[2].identity); }},
};

const std::vector<ZooCase> profile_broken = {
    {"weak-rsa-1024", "card_weak", [](Recipe& r) { set_key(r, rsa_key(1024)); }},
    {"weak-rsa-2040", "card_weak", [](Recipe& r) { set_key(r, rsa_key(2040)); }},
    {"weak-p256", "card_weak", [](Recipe& r) { set_key(r, p256_key()); }},
    {"weak-sha1", "card_weak", [](Recipe& r) { r.profile.digest = "SHA1"; }},
    {"weak-sha224", "card_weak", [](Recipe& r) { r.profile.digest = "SHA224"; }},
    {"weak-authority-key", "card_weak", [](Recipe& r) { r.from(r.field.odd_ca("weak-key")); }},
    {"weak-authority-digest", "card_weak", [](Recipe& r) { r.from(r.field.odd_ca("weak-digest")); }},
    {"critical-unknown", "card_critical_extension",
     [](Recipe& r) {
       r.raw("1.2.3.4.5") = {"1.2.3.4.5", true, {5, 0}};
     }},
    {"critical-qualified-statements", "card_critical_extension",
     [](Recipe& r) {
       r.raw("1.3.6.1.5.5.7.1.3") = {"1.3.6.1.5.5.7.1.3", true, bytes("3000")};
     }},
    {"critical-policy-constraints", "card_critical_extension",
     [](Recipe& r) { r.set("policyConstraints", "critical,requireExplicitPolicy:0"); }},
    {"critical-name-constraints", "card_critical_extension",
     [](Recipe& r) { r.set("nameConstraints", "critical,permitted;email:.example.invalid"); }},
    {"critical-own-key-identifier", "card_critical_extension",
     [](Recipe& r) { r.set("subjectKeyIdentifier", "critical,hash"); }},
    {"critical-unknown-in-authority", "card_critical_extension",
     [](Recipe& r) { r.from(r.field.odd_ca("unknown-critical")); }},
    {"critical-policy-constraints-in-authority", "card_critical_extension",
     [](Recipe& r) { r.from(r.field.odd_ca("policy-constraints")); }},
    {"signing-medis", "card_signing_certificate", from_medis_signing},
    {"signing-jma", "card_signing_certificate",
     [](Recipe& r) { r.from(r.field.jma.signing, signing_policy, "critical,nonRepudiation"); }},
    {"signing-jpa", "card_signing_certificate",
     [](Recipe& r) { r.from(r.field.jpa.signing, signing_policy, "critical,nonRepudiation"); }},
    {"signing-usage-from-authentication-ca", "card_signing_certificate",
     [](Recipe& r) { r.set(key_usage, "critical,nonRepudiation"); }},
    {"signing-policy-from-authentication-ca", "card_signing_certificate",
     [](Recipe& r) { r.set(policies, signing_policy); }},
    {"signing-expired", "card_signing_certificate",
     [](Recipe& r) {
       from_medis_signing(r);
       r.profile.not_after = r.field.now - std::chrono::hours(1);
     }},
    {"usage-key-encipherment", "card_key_usage", [](Recipe& r) { r.set(key_usage, "critical,keyEncipherment"); }},
    {"usage-absent", "card_key_usage", [](Recipe& r) { r.drop(key_usage); }},
    {"usage-server-purpose", "card_key_usage", [](Recipe& r) { r.set("extendedKeyUsage", "serverAuth"); }},
    {"usage-authority", "card_key_usage",
     [](Recipe& r) {
       r.set("basicConstraints", "critical,CA:TRUE");
       r.set(key_usage, "critical,digitalSignature,keyCertSign");
     }},
    {"policy-absent", "card_policy", [](Recipe& r) { r.drop(policies); }},
    {"policy-organisation", "card_policy", [](Recipe& r) { r.set(policies, "1.2.392.100495.1.5.1.3.0.1"); }},
    {"policy-any", "card_policy", [](Recipe& r) { r.set(policies, "2.5.29.32.0"); }},
    {"policy-of-authorities", "card_policy", [](Recipe& r) { r.set(policies, "1.2.392.100495.1.5.1.2.3.1"); }},
    {"policy-longer", "card_policy", [](Recipe& r) { r.set(policies, "1.2.392.100495.1.5.1.2.0.1.1"); }},
    {"policy-of-mynumber", "card_policy", [](Recipe& r) { r.set(policies, mynumber_policy); }},
};

const std::vector<ZooCase> state = {
    {"expired", "card_expired",
     [](Recipe& r) {
       const auto validity = card_validity("expired", r.field.now);
       r.profile.not_before = validity.not_before;
       r.profile.not_after = validity.not_after;
     }},
    {"expired-a-second-ago", "card_expired",
     [](Recipe& r) { r.profile.not_after = r.field.now - std::chrono::seconds(1); }},
    {"not-yet-valid", "card_not_yet_valid",
     [](Recipe& r) { r.profile.not_before = card_validity("not-yet-valid", r.field.now).not_before; }},
    {"authority-expired", "card_authority_expired", [](Recipe& r) { r.from(r.field.odd_ca("expired")); }},
    {"revoked", "card_revoked", [](Recipe& r) { r.revoked = true; }},
    {"revoked-key-compromise", "card_revoked", [](Recipe& r) { r.revoked = true, r.reason = 1; }},
    {"revoked-on-hold", "card_revoked", [](Recipe& r) { r.revoked = true, r.reason = 6; }},
    {"revoked-and-removed", "card_revoked", [](Recipe& r) { r.revoked = true, r.reason = 8; }},
    {"revoked-jma", "card_revoked",
     [](Recipe& r) {
       r.from(r.field.jma.authentication);
       r.revoked = true;
     }},
    {"revoked-in-parts", "card_revoked",
     [](Recipe& r) {
       r.from(r.field.odd_ca("in-parts"));
       r.revoked = true;
     }},
    {"revoked-without-role", "card_revoked",
     [](Recipe& r) {
       r.revoked = true;
       r.drop_raw(roles);
     }},
    {"authority-revoked", "card_authority_revoked", [](Recipe& r) { r.from(r.field.odd_ca("revoked")); }},
    {"list-stale", "card_revocation_unknown", [](Recipe& r) { r.from(r.field.odd_ca("stale")); }},
    {"list-missing", "card_revocation_unknown", [](Recipe& r) { r.from(r.field.odd_ca("unlisted")); }},
    {"list-of-other-scope", "card_revocation_unknown", [](Recipe& r) { r.from(r.field.odd_ca("other-scope")); }},
    {"list-of-other-distribution-point", "card_revocation_unknown",
     [](Recipe& r) {
       r.from(r.field.odd_ca("in-parts"));
       r.set(crl_distribution_points, "URI:http://crl.field.invalid/another-part.crl");
     }},
};

const std::vector<ZooCase> no_role = {
    {"role-less", "card_no_role", [](Recipe& r) { r.drop_raw(roles); }},
    {"role-attribute-empty", "card_no_role", [](Recipe& r) { r.raw(roles).der = one_value({}); }},
    {"role-other-attribute-only", "card_no_role",
     [](Recipe& r) {
       r.raw(roles).der =
           attributes(der_element(0x30, bytes("06082b06010505070904") + der_element(0x31, bytes("13024a50"))));
     }},
    {"role-technologist", "card_role_not_eligible", [](Recipe& r) { with_role(r, "Medical Technologist"); }},
    {"role-director-only", "card_role_not_eligible", [](Recipe& r) { with_role(r, "Director of Hospital"); }},
    {"role-lower-case", "card_role_not_eligible", [](Recipe& r) { with_role(r, "medical doctor"); }},
    {"role-with-blank", "card_role_not_eligible", [](Recipe& r) { with_role(r, "Medical Doctor "); }},
    {"role-in-japanese", "card_role_not_eligible", [](Recipe& r) { with_role(r, "医師"); }},
    {"role-of-other-scheme", "card_role_not_eligible",
     [](Recipe& r) { r.raw(roles).der = one_value(actor("Medical Doctor", "2a830886910f01060102")); }},
};

const std::vector<ZooCase> malformed = {
    {"role-trailing-byte", "card_malformed", [](Recipe& r) { r.raw(roles).der.push_back(0); }},
    {"role-with-nul", "card_malformed", [](Recipe& r) { with_role(r, std::string("Medical Doctor\0", 15)); }},
    {"role-attribute-twice", "card_malformed",
     [](Recipe& r) {
       const Bytes one = attribute(der_element(0x31, actor("Medical Doctor")));
       r.raw(roles).der = attributes(one + one);
     }},
    {"role-not-in-a-set", "card_malformed",
     [](Recipe& r) { r.raw(roles).der = attributes(attribute(actor("Medical Doctor"))); }},
    {"name-without-number", "card_malformed",
     [](Recipe& r) {
       std::erase_if(r.profile.subject, [](const auto& part) { return part.first == "serialNumber"; });
     }},
    {"name-without-name", "card_malformed",
     [](Recipe& r) { std::erase_if(r.profile.subject, [](const auto& part) { return part.first == "CN"; }); }},
    {"name-two-numbers", "card_malformed", [](Recipe& r) { r.profile.subject.emplace_back("serialNumber", "2"); }},
    {"name-line-break", "card_malformed", [](Recipe& r) { set_subject(r, "CN", "Kensho\nTaro"); }},
    {"alternative-name-broken", "card_malformed",
     [](Recipe& r) {
       r.raw(subject_alt_name).der = {0x30, 0x05, 0x01};
     },
     not_loaded},
    {"policies-broken", "card_malformed",
     [](Recipe& r) {
       r.drop(policies);
       r.raw("2.5.29.32").der = {0x30, 0x05, 0x01};
     }},
    {"distribution-point-broken", "card_malformed",
     [](Recipe& r) {
       r.drop(crl_distribution_points);
       r.raw("2.5.29.31").der = {0x30, 0x05, 0x01};
     },
     not_loaded},
    {"extension-twice", "card_malformed",
     [](Recipe& r) { r.profile.raw_extensions.push_back(RawExtension(r.raw(roles))); }},
    {"too-large", "card_malformed", [](Recipe& r) { r.raw("1.2.3.4.5").der = der_element(0x04, Bytes(17 * 1024)); }},
    {"version-1", "card_malformed", [](Recipe& r) { r.change_bytes = version_1; }},
    {"cut-off", "card_malformed", [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.resize(der.size() / 2); }; },
     broken_der},
    {"trailing-byte", "card_malformed", [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.push_back(0); }; },
     broken_der},
    {"indefinite-length", "card_malformed", [](Recipe& r) { r.change_bytes = indefinite_length; }, broken_der},
    {"no-certificate", "card_malformed", [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.assign(100, 0x30); }; },
     broken_der},
};

}  // namespace

const std::vector<ZooCase>& hpki_cases() {
  static const std::vector<ZooCase> all = [] {
    std::vector<ZooCase> out;
    for (const auto* part : {&accepted, &untrusted, &profile_broken, &state, &no_role, &malformed})
      out.insert(out.end(), part->begin(), part->end());
    return out;
  }();
  return all;
}

}  // namespace tegata::sandbox::test_pki
