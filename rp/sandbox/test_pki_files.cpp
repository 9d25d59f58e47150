#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "rp/base/errors.h"
#include "rp/sandbox/test_pki.h"

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

}  // namespace

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
