#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "rp/base/errors.h"
#include "rp/sandbox/test_pki.h"
#include "rp/sandbox/test_pki_crl.h"

namespace tegata::sandbox {
namespace {

Error cannot(const char* what, const std::string& path) {
  return Error(errors::internal, std::string(what) + " " + path + ": " + std::strerror(errno));
}

Status write_all(int descriptor, const std::string& content) {
  for (std::size_t done = 0; done < content.size();) {
    const ssize_t written = ::write(descriptor, content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return cannot("write", "file");
    done += static_cast<std::size_t>(written);
  }
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return cannot("read", path);
  return content;
}

// Secret ones are 0600 before the first byte is in them.
Status write_file(const std::string& path, const std::string& content, bool secret) {
  const mode_t mode = secret ? 0600 : 0644;
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (descriptor < 0) return cannot("open", path);
  Status status = ::fchmod(descriptor, mode) == 0 ? write_all(descriptor, content) : Status(cannot("chmod", path));
  if (::close(descriptor) != 0 && status) status = cannot("close", path);
  return status;
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
  TEGATA_ASSIGN(const auto certificate, read_file(directory + "/" + publisher.certificate));
  TEGATA_ASSIGN(const auto key, read_file(directory + "/" + publisher.key));
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
  TEGATA_ASSIGN(const auto revoked_pem, read_file(directory + "/revoked.pem"));
  const auto revoked = read_certificates(revoked_pem);
  for (const auto& publisher : publishers) {
    TEGATA_ASSIGN(const auto authority, read_identity(directory, publisher));
    const Bytes list = list_of(authority, revoked, now);
    // In one step, for whoever reads it at that moment.
    const std::string path = directory + "/" + publisher.list;
    TEGATA_TRY(write_file(path + ".new", std::string(as_text(list)), false));
    if (std::rename((path + ".new").c_str(), path.c_str()) != 0) return cannot("rename", path);
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
  std::error_code failed;
  if (std::filesystem::create_directories(directory, failed)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  }
  if (failed) return Error(errors::internal, directory + ": " + failed.message());
  for (const auto& file : files()) TEGATA_TRY(write_file(directory + "/" + file.name, file.content, file.secret));
  return {};
}

}  // namespace tegata::sandbox
