#include "rp/sandbox/test_pki/test_pki.h"

#include <cstdio>
#include <cstdlib>

#include "rp/sandbox/test_pki/profiles.h"

namespace tegata::sandbox::test_pki {
namespace {

Identity sub_authority(const Identity& root, const char* common_name, const char* policy, Instant now) {
  const Name subject = {{"C", "JP"}, {"O", "HPKI-TEST"}, {"CN", common_name}};
  const Key key = rsa_key();
  return {key, issue(authority_profile(subject, now, policy, false), key, root)};
}

CardHierarchy make_hierarchy(Instant now) {
  const Name root_name = {{"C", "JP"}, {"O", "HPKI-TEST"}, {"OU", "TEST HPKI Root CA V2"}};
  CardHierarchy hierarchy;
  hierarchy.root = issue_self_signed(authority_profile(root_name, now, {}, true), rsa_key());
  hierarchy.authentication = sub_authority(hierarchy.root, "HPKI-01-TestAuthCA2-forAuthentication-forIndividual",
                                           "1.2.392.100495.1.5.1.2.3.1", now);
  hierarchy.signing =
      sub_authority(hierarchy.root, "HPKI-01-TestSignCA2-forNonRepudiation", "1.2.392.100495.1.5.1.1.3.1", now);
  return hierarchy;
}

// JPKI issues straight from the authority that cards name.
Identity make_jpki(const char* unit, Instant now) {
  const Name subject = {
      {"C", "JP"}, {"O", "JPKI-TEST"}, {"OU", unit}, {"OU", "Japan Agency for Local Authority Information Systems"}};
  return issue_self_signed(authority_profile(subject, now, {}, true), rsa_key());
}

Identity make_authority(const char* common_name, Instant now) {
  const Name subject = {{"C", "JP"}, {"O", "TEGATA-TEST"}, {"CN", common_name}};
  return issue_self_signed(authority_profile(subject, now, {}, true), p256_key());
}

Profile hpki_profile(const CardRequest& request, Instant now) {
  const bool signing = request.kind == "hpki-sign";
  Name subject = {{"C", "JP"}};
  if (!request.facility.empty()) subject.emplace_back("O", request.facility);
  subject.emplace_back("CN", request.romaji);
  subject.emplace_back("serialNumber", request.holder_number);
  Profile profile = leaf_profile(subject, card_validity(request.state, now),
                                 signing ? "critical,nonRepudiation" : "critical,digitalSignature");
  profile.extensions.emplace_back("certificatePolicies",
                                  signing ? "1.2.392.100495.1.5.1.1.0.1" : "1.2.392.100495.1.5.1.2.0.1");
  if (!request.kanji.empty()) {
    profile.raw_extensions.push_back({subject_alt_name, false, directory_name_extension({{"CN", request.kanji}})});
  }
  if (request.state != "no-role" && !request.roles.empty()) {
    std::vector<CodedRole> roles;
    for (const auto& role : request.roles) roles.push_back({role, {}});
    profile.raw_extensions.push_back({subject_directory_attributes, false, hc_role_extension(roles)});
  }
  return profile;
}

Profile jpki_profile(const CardRequest& request, Instant now) {
  const bool signing = request.kind == "jpki-sign";
  const Name subject = {{"C", "JP"}, {"CN", request.holder_number}};
  Profile profile = leaf_profile(subject, card_validity(request.state, now),
                                 signing ? "critical,digitalSignature,nonRepudiation" : "critical,digitalSignature");
  if (!signing) profile.extensions.emplace_back("extendedKeyUsage", "clientAuth");
  profile.extensions.emplace_back(
      "certificatePolicies", signing ? "critical,1.2.392.200149.8.5.1.1.10" : "critical,1.2.392.200149.8.5.1.3.30");
  return profile;
}

// The signature service beside it is on localhost, whatever the origins' host.
std::string server_names(const std::string& host) {
  std::string out = host == "localhost" ? "" : "DNS:localhost,";
  for (const char* labels : {"", "*.card.", "*.mynumber."}) {
    out += (*labels ? ",DNS:" : "DNS:") + std::string(labels) + host;
  }
  return out;
}

Issued make_server(const Identity& authority, const std::string& host, Instant now) {
  const Validity validity = whole_years(japan_midnight(now, -1), 2);
  Profile profile = leaf_profile({{"CN", "localhost"}}, validity, "critical,digitalSignature");
  profile.extensions.emplace_back("basicConstraints", "critical,CA:FALSE");
  profile.extensions.emplace_back("extendedKeyUsage", "serverAuth");
  profile.extensions.emplace_back("subjectAltName", server_names(host));
  const Key key = p256_key();
  return {"server", {key, issue(profile, key, authority)}, {}};
}

Issued make_client(const Identity& authority, const std::string& name, const Name& subject, const Validity& validity) {
  Profile profile = leaf_profile(subject, validity, "critical,digitalSignature");
  profile.extensions.emplace_back("basicConstraints", "critical,CA:FALSE");
  profile.extensions.emplace_back("extendedKeyUsage", "clientAuth");
  const Key key = p256_key();
  return {name, {key, issue(profile, key, authority)}, {}};
}

// A request that nobody can answer is a mistake in the caller's source.
void require_known(const CardRequest& request) {
  const auto one_of = [](const std::string& value, std::initializer_list<const char*> known) {
    for (const char* name : known) {
      if (value == name) return true;
    }
    return false;
  };
  if (one_of(request.kind, {"hpki-auth", "hpki-sign", "jpki-auth", "jpki-sign"}) &&
      one_of(request.state,
             {"good", "expired", "not-yet-valid", "no-role", "foreign-ca", "unknown-person", "revoked"})) {
    return;
  }
  std::fprintf(stderr, "test PKI: no such card: %s %s\n", request.kind.c_str(), request.state.c_str());
  std::abort();
}

}  // namespace

TestPki::TestPki(Instant now, const std::string& host)
    : now_(now),
      hpki_(make_hierarchy(now)),
      foreign_(make_hierarchy(now)),
      jpki_(make_jpki("JPKI for user authentication", now)),
      facility_ca_(make_authority("TEST Facility CA", now)),
      tls_ca_(make_authority("TEST TLS CA", now)),
      server_(make_server(tls_ca_, host, now)) {}

Issued TestPki::keep(Issued issued) {
  issued_.push_back(issued);
  return issued;
}

Issued TestPki::make_card(const CardRequest& request) {
  require_known(request);
  const Key key = rsa_key();
  Issued card{request.name, {key, nullptr}, {}};
  if (request.kind == "jpki-auth") {
    card.identity.certificate = issue(jpki_profile(request, now_), key, jpki_);
  } else if (request.kind == "jpki-sign") {
    if (!jpki_signature_.key) jpki_signature_ = make_jpki("JPKI for digital signature", now_);
    card.identity.certificate = issue(jpki_profile(request, now_), key, jpki_signature_);
  } else {
    const CardHierarchy& hierarchy = request.state == "foreign-ca" ? foreign_ : hpki_;
    const Identity& issuer = request.kind == "hpki-sign" ? hierarchy.signing : hierarchy.authentication;
    card.identity.certificate = issue(hpki_profile(request, now_), key, issuer);
    card.chain = {issuer.certificate};
  }
  if (request.state == "revoked") revoked_pem_ += pem(card.identity.certificate);
  return keep(card);
}

Issued TestPki::make_facility(const std::string& name, const std::string& code, const std::string& organisation,
                              const std::string& state) {
  const Name subject = {{"C", "JP"}, {"O", organisation}, {"OU", "TEST Facility"}, {"CN", code}};
  return keep(make_client(facility_ca_, name, subject, card_validity(state, now_)));
}

Issued TestPki::make_service(const std::string& name, const std::string& common_name) {
  const Name subject = {{"C", "JP"}, {"O", "TEGATA-TEST"}, {"OU", "TEST Service"}, {"CN", common_name}};
  return keep(make_client(facility_ca_, name, subject, card_validity("good", now_)));
}

}  // namespace tegata::sandbox::test_pki
