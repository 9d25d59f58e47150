#include "rp/server/lost_keys.h"

#include "rp/host/private_file.h"

namespace tegata::server {

std::vector<std::string> key_files_of(const config::Config& config) {
  std::vector<std::string> paths{config.audit_key, config.tickets.guess_key};
  for (const auto* hook : {&config.notices.webhook, &config.audit.heads_webhook}) {
    if (!hook->url.empty()) paths.push_back(hook->key);
  }
  return paths;
}

std::vector<Error> lost_keys(const std::vector<std::string>& paths, keys::KeyWatch& signing) {
  auto lost = signing.lost_files();
  for (const auto& path : paths) {
    if (const auto there = host::verify_private_file(path); !there) lost.push_back(there.error());
  }
  for (auto& error : lost) {
    error = Error(error.code(), error.detail() +
                                    ": this server has it in memory, the next start and the commands need "
                                    "it: put it back");
  }
  return lost;
}

}  // namespace tegata::server
