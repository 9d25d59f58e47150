#include "rp/sandbox/test_pki/profiles.h"
#include "rp/sandbox/test_pki/zoo.h"

namespace tegata::sandbox::test_pki {
namespace {

const std::vector<ZooCase> cases = {
    {"mynumber-good", good, [](Recipe&) {}},
    {"mynumber-first-generation", good, [](Recipe& r) { r.from(r.field.jpki[0]); }},
    {"mynumber-second-generation", good, [](Recipe& r) { r.from(r.field.jpki[1]); }},
    // The same person and name, a new key and serial number: another certificate to link.
    {"mynumber-renewed", good,
     [](Recipe& r) {
       r.key = rsa_key();
       r.profile.not_before = japan_midnight(r.field.now, -1);
     }},
    {"mynumber-sha512", good, [](Recipe& r) { r.profile.digest = "SHA512"; }},
    {"mynumber-signature", "mynumber_signature_certificate",
     [](Recipe& r) {
       r.signer = r.field.jpki_signature;
       r.set("certificatePolicies", std::string("critical,") + mynumber_signature_policy);
       r.set("keyUsage", "critical,digitalSignature,nonRepudiation");
       r.drop("extendedKeyUsage");
     }},
    {"mynumber-signature-usage", "mynumber_signature_certificate",
     [](Recipe& r) { r.set("keyUsage", "critical,nonRepudiation"); }},
    {"mynumber-signature-policy", "mynumber_signature_certificate",
     [](Recipe& r) { r.set("certificatePolicies", mynumber_signature_policy); }},
    {"mynumber-foreign-same-dn", "mynumber_untrusted", [](Recipe& r) { r.signer = r.field.jpki_foreign; }},
    {"mynumber-real-name", "mynumber_untrusted", [](Recipe& r) { r.signer = r.field.jpki_real_name; }},
    {"mynumber-key-of-another-generation", "mynumber_untrusted",
     [](Recipe& r) {
       r.signer = {r.field.jpki[0].identity.key, r.field.jpki[2].identity.certificate};
     }},
    {"mynumber-no-key-identifier", "mynumber_untrusted", [](Recipe& r) { r.drop("authorityKeyIdentifier"); }},
    {"mynumber-bad-signature", "mynumber_untrusted",
     [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.back() ^= 1; }; }},
    {"mynumber-issued-by-a-card", "mynumber_untrusted",
     [](Recipe& r) {
       r.signer = {r.key, issue(r.profile, r.key, r.field.jpki[2].identity)};
     }},
    {"mynumber-hpki-card", "mynumber_untrusted",
     [](Recipe& r) { r.ready = issue(good_hpki(r.field).profile, r.key, r.field.medis.authentication.identity); }},
    {"mynumber-weak-key", "mynumber_weak", [](Recipe& r) { r.key = rsa_key(1024); }},
    {"mynumber-weak-digest", "mynumber_weak", [](Recipe& r) { r.profile.digest = "SHA1"; }},
    {"mynumber-critical-unknown", "mynumber_critical_extension",
     [](Recipe& r) {
       r.raw("1.2.3.4.5") = {"1.2.3.4.5", true, {5, 0}};
     }},
    {"mynumber-usage-absent", "mynumber_key_usage", [](Recipe& r) { r.drop("keyUsage"); }},
    {"mynumber-usage-authority", "mynumber_key_usage",
     [](Recipe& r) {
       r.set("basicConstraints", "critical,CA:TRUE");
       r.set("keyUsage", "critical,digitalSignature,keyCertSign");
     }},
    {"mynumber-usage-server", "mynumber_key_usage", [](Recipe& r) { r.set("extendedKeyUsage", "serverAuth"); }},
    {"mynumber-authority-itself", "mynumber_untrusted",
     [](Recipe& r) {
       r.ready = r.field.jpki[2].identity.certificate;
       r.ready_key = r.field.jpki[2].identity.key;
     }},
    {"mynumber-policy-absent", "mynumber_policy", [](Recipe& r) { r.drop("certificatePolicies"); }},
    {"mynumber-policy-other", "mynumber_policy",
     [](Recipe& r) { r.set("certificatePolicies", "1.2.392.200149.8.5.1.3.40"); }},
    {"mynumber-expired", "mynumber_expired",
     [](Recipe& r) { r.profile.not_after = r.field.now - std::chrono::hours(24); }},
    {"mynumber-not-yet-valid", "mynumber_not_yet_valid",
     [](Recipe& r) { r.profile.not_before = r.field.now + std::chrono::hours(24); }},
    {"mynumber-authority-expired", "mynumber_authority_expired", [](Recipe& r) { r.from(r.field.jpki[jpki_ended]); }},
    {"mynumber-revoked", "mynumber_revoked", [](Recipe& r) { r.revoked = true; }},
    {"mynumber-revocation-unknown", "mynumber_revocation_unknown",
     [](Recipe& r) { r.from(r.field.jpki[jpki_unlisted]); }},
    {"mynumber-extension-twice", "mynumber_malformed",
     [](Recipe& r) {
       r.raw("1.2.3.4.5").der = {5, 0};
       r.profile.raw_extensions.push_back(RawExtension(r.raw("1.2.3.4.5")));
     }},
    {"mynumber-cut-off", "mynumber_malformed",
     [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.resize(der.size() / 2); }; }, broken_der},
    {"mynumber-trailing-byte", "mynumber_malformed",
     [](Recipe& r) { r.change_bytes = [](Bytes& der) { der.push_back(0); }; }, broken_der},
};

}  // namespace

const std::vector<ZooCase>& mynumber_cases() { return cases; }

}  // namespace tegata::sandbox::test_pki
