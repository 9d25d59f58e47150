#include "rp/server/examine.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "rp/activation/deployed_profile.h"
#include "rp/base/tls_pem.h"
#include "rp/facility/errors.h"
#include "rp/host/errors.h"
#include "rp/host/private_file.h"
#include "rp/host/process.h"
#include "rp/host/public_file.h"
#include "rp/server/certificate_watch.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/server/edge/socket_folder.h"
#include "rp/server/edge/sockets.h"
#include "rp/server/haproxy_config.h"
#include "rp/server/keys/guess_key.h"
#include "rp/server/keys/key_watch.h"
#include "rp/server/keys/refused_pin.h"
#include "rp/server/metadata_watch.h"
#include "rp/server/notices/smtp.h"
#include "rp/server/notices/webhook.h"
#include "rp/server/revocation/card_watch.h"
#include "rp/server/revocation/mynumber_revocation.h"
#include "rp/store/audit/epoch.h"
#include "rp/store/engine/errors.h"
#include "rp/store/engine/read_only.h"
#include "rp/store/engine/server_lock.h"

namespace tegata::server {
namespace {

std::string folder_of_file(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

// Whether a file can be made, or put in place of the one that is there.
Status verify_place_of_file(const std::string& path) {
  TEGATA_TRY(host::verify_folder(folder_of_file(path)));
  return host::verify_place(folder_of_file(path));
}

class Examination {
 public:
  Examination(const config::Config& config, const Clock& clock) : config_(config), clock_(clock), silent_(clock, -1) {}

  Findings run(store::engine::Depth depth) {
    ask(look_at_database(depth));
    note_server();
    note_what_is_made();
    if (store_) ask(store_->verify_clock());
    ask(judge_token());
    ask(judge_signing_keys());
    ask(judge_guess_key());
    ask(judge_metadata());
    ask(check_advertised(config_));
    ask(judge_cards());
    ask(judge_mynumber());
    judge_notices();
    judge_epoch();
    note_heads_file();
    ask(judge_deployed_profile());
    ask(judge_facility_authority());
    judge_proxy_files();
    note_lines(CertificateWatch(config_, clock_).warnings());
    ask(judge_sockets());
    ask(host::allow_open_files(open_files_needed(config_)));
    return std::move(found_);
  }

 private:
  void ask(const Status& answer) {
    if (answer) return;
    // One cause is said once, whoever meets it.
    for (const auto& known : found_.problems) {
      if (known.code() == answer.error().code() && known.detail() == answer.error().detail()) return;
    }
    found_.problems.push_back(answer.error());
  }

  Status look_at_database(store::engine::Depth depth) {
    const auto options = store_options(config_);
    TEGATA_TRY(store::engine::verify_integrity(options, depth));
    auto looked = store::Store::look(options, clock_);
    if (!looked && looked.error().code() == errors::store_absent) {
      // The rest is judged as it will be on an empty one.
      begun_ = false;
      TEGATA_ASSIGN(store_, store::Store::look_at_none(clock_));
      return looked.error();
    }
    if (!looked) return looked.error();
    store_ = std::move(*looked);
    return store::engine::verify_writable(options.database);
  }

  void note_made(const std::string& path) {
    if (!host::is_there(path)) found_.notes.push_back(path + " would be made at the first start");
  }

  void note_server() {
    const auto holder = store::engine::ServerLock::holder(config_.database);
    if (!holder.empty()) found_.notes.push_back("a server runs on " + config_.database + " (" + holder + ")");
  }

  void note_what_is_made() { note_made(config_.tickets.guess_key); }

  void note_lines(const std::string& lines) {
    for (std::size_t at = 0; at < lines.size();) {
      const auto end = std::min(lines.find('\n', at), lines.size());
      found_.notes.push_back(lines.substr(at, end - at));
      at = end + 1;
    }
  }

  Status judge_signing_keys() {
    if (!store_) return {};
    TEGATA_ASSIGN(const auto rows, store_->read<std::vector<store::SigningKeyRow>>(store::list_signing_keys));
    if (rows.empty()) {
      // `tegata init` makes it.
      if (!begun_ && config_.signing_key.empty()) return {};
      TEGATA_TRY(keys::first_key(config_));
      return {};
    }
    keys::KeyWatch keys(config_.signing_keys, *store_, clock_, silent_);
    TEGATA_TRY(keys.start());
    TEGATA_TRY(keys.verify_files());
    note_lines(keys.warnings() + keys.faults());
    return {};
  }

  // A token may come later, a module and a PIN's file that cannot be used are no waiting.
  Status judge_token() {
    const auto& keys = config_.signing_keys;
    if (!keys.in_token()) return {};
    // Without a slash the system's loader looks for it.
    if (keys.module.find('/') != std::string::npos) TEGATA_TRY(host::verify_public_file(keys.module));
    TEGATA_TRY(keys::read_pin_file(keys.pin_file));
    return {};
  }

  Status judge_guess_key() {
    const auto& path = config_.tickets.guess_key;
    if (!host::is_there(path)) TEGATA_TRY(host::verify_place(folder_of_file(path)));
    if (store_) {
      TEGATA_TRY(keys::find_guess_key(path, *store_));
    } else if (host::is_there(path)) {
      TEGATA_TRY(keys::read_guess_key(path));
    }
    return {};
  }

  // What was imported may be unusable under the anchors: then the server runs, and claims no hardware.
  Status judge_metadata() {
    TEGATA_TRY(expected_metadata(config_.metadata, clock_.now()));
    if (!store_) return {};
    MetadataWatch watch(config_.metadata, *store_, clock_, silent_);
    const auto current = watch.current();
    const auto fault = watch.fault();
    found_.metadata_stale = current && fault.empty() && current->is_stale(clock_.now());
    note_lines(fault + watch.warnings());
    if (found_.metadata_stale) found_.notes.push_back("the metadata is stale, its next update has passed");
    return {};
  }

  Status judge_cards() {
    if (!store_) return {};
    return revocation::CardWatch(*store_, clock_, silent_).configure(config_);
  }

  Status judge_mynumber() {
    TEGATA_ASSIGN(const auto authorities, read_mynumber_authorities(config_));
    if (authorities)
      note_lines(revocation::mynumber_revocation(config_.mynumber, *authorities, silent_).warnings(clock_.now()));
    return {};
  }

  Status judge_webhook(const config::WebhookConfig& webhook) {
    if (webhook.url.empty()) return {};
    TEGATA_TRY(judge_authorities(webhook.ca));
    if (!host::is_there(webhook.key)) return host::verify_place(folder_of_file(webhook.key));
    TEGATA_TRY(notices::read_webhook_key(webhook.key));
    return {};
  }

  void judge_notices() {
    const auto& notices = config_.notices;
    if (!notices.folder.empty()) ask(host::verify_place(notices.folder));
    ask(judge_webhook(notices.webhook));
    ask(judge_webhook(config_.audit.heads_webhook));
    if (notices.smtp.host.empty()) return;
    ask(judge_authorities(notices.smtp.ca));
    ask(notices::verify_login(notices.smtp));
  }

  // A start makes the first one. From then on a server runs while it cannot be written, and warns.
  void judge_epoch() {
    const auto path = store::engine::epoch_path(store_options(config_));
    const auto place = verify_place_of_file(path);
    if (place) return;
    if (!host::is_there(path)) return ask(Error(errors::file_not_written, place.error().detail()));
    found_.notes.push_back("the epoch takes no head: " + place.error().detail());
  }

  // The server runs without it, and warns.
  void note_heads_file() {
    const auto& path = config_.audit.heads_file;
    if (path.empty()) return;
    Status fault;
    if (!host::is_there(path)) {
      fault = verify_place_of_file(path);
    } else if (const auto opened = host::open_private_file(path, O_RDWR); !opened) {
      fault = opened.error();
    }
    if (!fault) found_.notes.push_back("[audit] heads_file takes no head: " + fault.error().detail());
  }

  Status judge_deployed_profile() {
    const auto& deployed = config_.deployed_profile;
    if (!store_ || deployed.facility.empty()) return {};
    const activation::DeployedProfile profile{deployed.facility, deployed.redirect_uri, deployed.audience};
    Status answer;
    TEGATA_TRY(store_->read<bool>([&](store::Reader& reader) -> Result<bool> {
      answer = activation::verify_deployed_clients(reader, profile);
      return true;
    }));
    return answer;
  }

  Status judge_facility_authority() {
    const auto& folder = config_.facilities.ca;
    if (folder.empty()) return {};
    for (const char* name : {"/ca.key", "/ca.pem", "/advertised.pem"}) {
      if (!host::is_there(folder + name))
        return Error(errors::facility_ca_missing, "run `tegata facility ca init`: " + folder + name);
    }
    TEGATA_TRY(host::read_private_file(folder + "/ca.key"));
    return judge_authorities(folder + "/ca.pem");
  }

  Status judge_authorities(const std::string& path) {
    if (path.empty()) return {};
    TEGATA_ASSIGN(const auto text, host::read_public_file(path));
    const auto fault = fault_of_authorities_pem(text);
    return fault.empty() ? Status() : Error(errors::tls_file_unusable, path + ": " + fault);
  }

  // HAProxy reads it as root: where it is not for our eyes, that is as it should be.
  Status judge_tls_certificate() {
    const auto& path = config_.haproxy.tls_certificate;
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES) {
      found_.notes.push_back(path + " is not for this user to read, and was not looked at");
      return {};
    }
    TEGATA_ASSIGN(const auto text, host::read_private_file(path, host::largest_file));
    const auto fault = fault_of_tls_pem(text);
    return fault.empty() ? Status() : Error(errors::tls_file_unusable, path + ": " + fault);
  }

  void judge_proxy_files() {
    ask(judge_tls_certificate());
    ask(judge_authorities(config_.haproxy.card_client_ca));
    // The built-in authority's own is judged with it.
    if (config_.facilities.ca.empty() || host::is_there(facility_client_ca(config_)))
      ask(judge_authorities(facility_client_ca(config_)));
    if (!config_.mynumber_origin_pattern.empty()) ask(judge_authorities(config_.haproxy.mynumber_client_ca));
  }

  Status judge_sockets() {
    TEGATA_ASSIGN(const auto sockets, edge::sockets_of(config_));
    for (const auto& socket : sockets) TEGATA_TRY(edge::verify_socket_place(socket.options));
    return {};
  }

  const config::Config& config_;
  const Clock& clock_;
  const running::Log silent_;
  std::unique_ptr<store::Store> store_;
  bool begun_ = true;
  Findings found_;
};

}  // namespace

std::uint64_t open_files_needed(const config::Config& config) {
  return 4 * config.workers + config.operations_workers + 256;
}

Findings examine(const config::Config& config, const Clock& clock, store::engine::Depth depth) {
  return Examination(config, clock).run(depth);
}

}  // namespace tegata::server
