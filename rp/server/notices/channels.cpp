// Where notices go. Declared in rp/server/notices/notices.h.
#include <cstdio>
#include <filesystem>

#include "rp/host/private_file.h"
#include "rp/server/config/errors.h"
#include "rp/server/notices/notices.h"

namespace tegata::server::notices {
namespace {

Error undeliverable(const std::string& why) { return Error(errors::notice_undeliverable, why); }

// "000000000042-phone_added.json": in order by name; alarms, which have no number, behind them.
std::string file_name(const store::Notice& notice) {
  if (notice.number == 0) return notice_name(notice) + "-" + notice.kind + ".json";
  char number[16];
  std::snprintf(number, sizeof number, "%012lld", static_cast<long long>(notice.number));
  return std::string(number) + "-" + notice.kind + ".json";
}

Status drop(const std::filesystem::path& folder, const store::Notice& notice) {
  const auto path = (folder / file_name(notice)).string();
  const auto written = host::write_private_file(path, dump_json(notice_json(notice)) + "\n", false);
  return written ? Status() : undeliverable(written.error().detail());
}

// The moment tells apart the same number of another database.
std::string webhook_id(const store::Notice& notice) {
  return "notice_" + notice_name(notice) + "_" + std::to_string(unix_milliseconds(notice.at));
}

}  // namespace

NoticeChannel folder_channel(const std::string& folder) {
  return {"folder", [folder](const store::Notice& notice) { return drop(folder, notice); }};
}

NoticeChannel webhook_channel(Webhook hook) {
  return {"webhook", [hook = std::move(hook)](const store::Notice& notice) {
            return hook.post(webhook_id(notice), dump_json(notice_json(notice)));
          }};
}

Result<std::vector<NoticeChannel>> make_channels(const config::Config& whole, const Clock& clock, Random& random,
                                                 const running::Log& log) {
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
  if (!config.webhook.url.empty()) {
    TEGATA_ASSIGN(auto hook, Webhook::open(config.webhook, clock, random));
    out.push_back(webhook_channel(std::move(hook)));
  }
  if (config.smtp.host.empty()) return out;
  if (!config.smtp.to.empty()) out.push_back(smtp_channel(config.smtp, whole.public_origin, log));
  if (config.smtp.people) out.push_back(smtp_people_channel(config.smtp, whole.public_origin, log));
  return out;
}

}  // namespace tegata::server::notices
