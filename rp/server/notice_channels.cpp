// Where notices go. Declared in rp/server/notices.h.
#include <httplib.h>

#include <cstdio>
#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/server/errors.h"
#include "rp/server/notices.h"

namespace tegata::server {
namespace {

Error undeliverable(const std::string& why) { return Error(errors::notice_undeliverable, why); }

// "000000000042-phone_added.json": in order by name.
std::string file_name(const store::Notice& notice) {
  char number[16];
  std::snprintf(number, sizeof number, "%012lld", static_cast<long long>(notice.number));
  return std::string(number) + "-" + notice.kind + ".json";
}

Status drop(const std::filesystem::path& folder, const store::Notice& notice) {
  const auto path = (folder / file_name(notice)).string();
  const auto written = host::write_private_file(path, dump_json(notice_json(notice)) + "\n", false);
  return written ? Status() : undeliverable(written.error().detail());
}

Status post(const std::string& origin, const std::string& path, const std::string& authorities,
            const store::Notice& notice) {
  httplib::Client client(origin);
  client.set_connection_timeout(5);
  client.set_read_timeout(10);
  client.set_follow_location(false);
  if (!authorities.empty()) client.set_ca_cert_path(authorities.c_str());
  const httplib::Headers headers = {{"Tegata-Notice", std::to_string(notice.number)}};
  const auto answer = client.Post(path.c_str(), headers, dump_json(notice_json(notice)), "application/json");
  if (!answer) return undeliverable(origin + ": " + httplib::to_string(answer.error()));
  if (answer->status / 100 != 2) return undeliverable(origin + " answered " + std::to_string(answer->status));
  return {};
}

}  // namespace

NoticeChannel folder_channel(const std::string& folder) {
  return {"folder", [folder](const store::Notice& notice) { return drop(folder, notice); }};
}

NoticeChannel webhook_channel(const std::string& url, const std::string& authorities) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  const auto origin = url.substr(0, slash);
  const auto path = slash == std::string::npos ? "/" : url.substr(slash);
  return {"webhook", [=](const store::Notice& notice) { return post(origin, path, authorities, notice); }};
}

Result<std::vector<NoticeChannel>> make_channels(const Config& whole, const Log& log) {
  const auto& config = whole.notices;
  std::vector<NoticeChannel> out;
  if (config.log) {
    out.push_back({"log", [&log](const store::Notice& notice) -> Status {
                     log.info("notice", notice_json(notice));
                     return {};
                   }});
  }
  if (!config.folder.empty()) {
    if (const auto made = host::make_private_directory(config.folder); !made)
      return Error(errors::config_invalid, made.error().detail());
    out.push_back(folder_channel(config.folder));
  }
  if (!config.webhook.empty()) out.push_back(webhook_channel(config.webhook, config.webhook_ca));
  if (config.smtp.host.empty()) return out;
  if (!config.smtp.to.empty()) out.push_back(smtp_channel(config.smtp, whole.public_origin, log));
  if (config.smtp.people) out.push_back(smtp_people_channel(config.smtp, whole.public_origin, log));
  return out;
}

}  // namespace tegata::server
