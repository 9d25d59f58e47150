#include "rp/base/errors.h"
#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/test_pki.h"

namespace tegata::sandbox::test_pki {
namespace {

Status write_file(const std::string& path, const std::string& content, bool secret) {
  return secret ? host::write_private_file(path, content, false) : host::write_public_file(path, content);
}

void add_issued(std::vector<TestPki::File>& files, const Issued& issued) {
  const Bytes bag = pkcs12(issued.identity, issued.chain, issued.name, sample_p12_password);
  files.push_back({issued.name + ".pem", certificate_pem(issued)});
  files.push_back({issued.name + ".key", key_pem(issued), true});
  files.push_back({issued.name + ".p12", std::string(as_text(bag)), true});
}

struct Publisher {
  const char *certificate, *key, *list;
};
constexpr Publisher publishers[] = {{"hpki-roots.pem", "hpki-root.key", "hpki-root.crl"},
                                    {"hpki-advertise.pem", "hpki-authentication.key", "hpki-authentication.crl"},
                                    {"jpki-roots.pem", "jpki.key", "jpki.crl"}};

Result<Identity> read_identity(const std::string& directory, const Publisher& publisher) {
  TEGATA_ASSIGN(const auto certificate, host::read_public_file(directory + "/" + publisher.certificate));
  TEGATA_ASSIGN(const auto key, host::read_private_file(directory + "/" + publisher.key));
  const auto certificates = read_certificates(certificate);
  Identity identity{read_key(key), certificates.empty() ? nullptr : certificates[0]};
  if (!identity.key || !identity.certificate) return Error(errors::internal, std::string(publisher.key) + ": no PEM");
  return identity;
}

Bytes list_of(const Identity& authority, const std::vector<Certificate>& revoked, Instant now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  CrlProfile profile = crl_profile(second, static_cast<std::uint64_t>(unix_seconds(now)));
  for (const auto& certificate : revoked) {
    const bool own =
        X509_NAME_cmp(X509_get_issuer_name(certificate.get()), X509_get_subject_name(authority.certificate.get())) == 0;
    if (own) profile.revoked.push_back({certificate, second});
  }
  return issue_crl(profile, authority);
}

}  // namespace

Status TestPki::write_lists(const std::string& directory, Instant now) {
  TEGATA_ASSIGN(const auto revoked_pem, host::read_public_file(directory + "/revoked.pem"));
  const auto revoked = read_certificates(revoked_pem);
  for (const auto& publisher : publishers) {
    TEGATA_ASSIGN(const auto authority, read_identity(directory, publisher));
    const Bytes list = list_of(authority, revoked, now);
    TEGATA_TRY(host::write_public_file(directory + "/" + publisher.list, as_text(list)));
  }
  return {};
}

std::vector<TestPki::File> TestPki::files() const {
  const std::string authentication = pem(hpki_.authentication.certificate);
  const std::string jpki = pem(jpki_.certificate);
  const std::string facility = pem(facility_ca_.certificate);
  std::vector<File> files = {
      {"tls-ca.pem", pem(tls_ca_.certificate)},
      {"server.pem", certificate_pem(server_) + key_pem(server_), true},
      {"hpki-roots.pem", pem(hpki_.root.certificate)},
      {"hpki-intermediates.pem", authentication + pem(hpki_.signing.certificate)},
      {"hpki-advertise.pem", authentication},
      {"jpki-roots.pem", jpki},
      {"jpki-advertise.pem", jpki},
      {"facility-roots.pem", facility},
      {"facility-advertise.pem", facility},
      {"hpki-root.key", pem(hpki_.root.key), true},
      {"hpki-authentication.key", pem(hpki_.authentication.key), true},
      {"jpki.key", pem(jpki_.key), true},
      {"revoked.pem", revoked_pem_},
  };
  for (const auto& issued : issued_) add_issued(files, issued);
  return files;
}

Status TestPki::write_files(const std::string& directory) const {
  TEGATA_TRY(host::make_private_directory(directory));
  for (const auto& file : files()) TEGATA_TRY(write_file(directory + "/" + file.name, file.content, file.secret));
  return {};
}

}  // namespace tegata::sandbox::test_pki
