// When the certificates end that the configuration names: those of TLS, and those of whom we believe.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "rp/base/tls_pem.h"
#include "rp/base/world.h"
#include "rp/server/config/config.h"

namespace tegata::server {

// Safe to use from several threads. Files are read again after a minute, so that a new certificate is seen without a
// restart; what cannot be read is left out, because a start says why (examine.h).
class CertificateWatch {
 public:
  CertificateWatch(const config::Config& config, const Clock& clock) : config_(config), clock_(clock) {}
  // Lines for /readyz: what has ended, ends within 14 days (of authorities: 30), is not valid yet, or does not name a
  // host of our origins. None of them keeps the server from its work: the proxy may have a newer file than we see.
  std::string warnings();
  // tegata_certificate_not_after_seconds, by use, file, and place in the file.
  std::string figures();

 private:
  struct File {
    std::string use, path;
    std::vector<CertificateInFile> certificates;
    std::vector<std::string> hosts_missing;
  };
  using Files = std::vector<File>;
  Files files();
  File read(const std::string& use, const std::string& path) const;
  Files read_all() const;

  const config::Config& config_;
  const Clock& clock_;
  std::mutex mutex_;
  Files files_;
  std::optional<std::chrono::milliseconds> read_at_;
};

}  // namespace tegata::server
