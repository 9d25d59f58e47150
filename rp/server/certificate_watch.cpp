#include "rp/server/certificate_watch.h"

#include <algorithm>

#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/server/config/origin.h"
#include "rp/server/haproxy_config.h"
#include "rp/server/running/metrics.h"

namespace tegata::server {
namespace {

constexpr const char* use_tls = "tls";

std::vector<std::string> hosts_of(const config::Config& config) {
  std::vector<std::string> out;
  for (const auto& origin :
       {config.public_origin, config.card_origin_pattern, config.facility_origin, config.mynumber_origin_pattern}) {
    if (const auto parts = config::parse_origin(origin); parts && std::ranges::find(out, parts->host) == out.end())
      out.push_back(parts->host);
  }
  return out;
}

struct Named {
  const char* use;
  std::string path;
};

// Each file once, by the use that is named first.
std::vector<Named> files_of(const config::Config& config) {
  std::vector<Named> all = {{use_tls, config.haproxy.tls_certificate}};
  const auto add = [&](const char* use, const std::vector<std::string>& paths) {
    for (const auto& path : paths) {
      const bool known = std::ranges::any_of(all, [&](const Named& each) { return each.path == path; });
      if (!path.empty() && !known) all.push_back({use, path});
    }
  };
  if (!config.facilities.ca.empty()) add("facility_ca", {config.facilities.ca + "/ca.pem"});
  add("facility_client_ca", {facility_client_ca(config)});
  for (const auto& authority : config.authorities) {
    add("card_authority", authority.roots);
    add("card_authority", authority.intermediates);
    add("card_authority", authority.crl_signers);
  }
  add("card_client_ca", {config.haproxy.card_client_ca});
  add("mynumber_authority", config.mynumber.generations);
  if (!config.mynumber_origin_pattern.empty()) add("mynumber_client_ca", {config.haproxy.mynumber_client_ca});
  add("metadata_anchor", config.metadata.anchors);
  add("notices_ca", {config.notices.webhook.ca, config.notices.smtp.ca, config.audit.heads_webhook.ca});
  return all;
}

std::string day(Instant at) { return format_rfc3339(at).substr(0, 10); }

std::string fault_of_dates(const std::string& use, const CertificateInFile& certificate, Instant now) {
  const auto early = std::chrono::days(use == use_tls ? 14 : 30);
  if (now < certificate.not_before) return "certificate_not_yet_valid";
  if (now > certificate.not_after) return "certificate_ended";
  return now + early > certificate.not_after ? "certificate_ends_soon" : "";
}

}  // namespace

CertificateWatch::File CertificateWatch::read(const std::string& use, const std::string& path) const {
  File file{use, path, {}, {}};
  const bool secret = use == use_tls;
  const auto text = secret ? host::read_private_file(path, host::largest_file) : host::read_public_file(path);
  if (!text) return file;
  file.certificates = certificates_of(*text);
  if (secret) file.hosts_missing = hosts_not_named(*text, hosts_of(config_));
  return file;
}

CertificateWatch::Files CertificateWatch::read_all() const {
  Files all;
  for (const auto& named : files_of(config_)) all.push_back(read(named.use, named.path));
  return all;
}

CertificateWatch::Files CertificateWatch::files() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  if (!read_at_ || now - *read_at_ >= std::chrono::minutes(1)) {
    files_ = read_all();
    read_at_ = now;
  }
  return files_;
}

std::string CertificateWatch::warnings() {
  std::string lines;
  const auto now = clock_.now();
  for (const auto& file : files()) {
    for (const auto& certificate : file.certificates) {
      const auto fault = fault_of_dates(file.use, certificate, now);
      if (fault.empty()) continue;
      lines += "warning " + fault + " " + file.use + " " + file.path + ": " + certificate.subject + " is valid from " +
               day(certificate.not_before) + " to " + day(certificate.not_after) + ": put its successor there\n";
    }
    for (const auto& host : file.hosts_missing) {
      lines += "warning certificate_name_missing " + file.use + " " + file.path + ": names no " + host +
               ", which is one of our origins\n";
    }
  }
  return lines;
}

std::string CertificateWatch::figures() {
  const std::string name = "tegata_certificate_not_after_seconds";
  std::string text = "# TYPE " + name + " gauge\n";
  for (const auto& file : files()) {
    std::size_t place = 0;
    for (const auto& certificate : file.certificates) {
      text += name + "{use=\"" + file.use + "\",file=\"" + running::in_label(file.path) + "\",place=\"" +
              std::to_string(++place) + "\",subject=\"" + running::in_label(certificate.subject) + "\"} " +
              std::to_string(unix_seconds(certificate.not_after)) + "\n";
    }
  }
  return text;
}

}  // namespace tegata::server
