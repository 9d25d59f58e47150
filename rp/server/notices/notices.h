// Carries notices from the outbox to where the operator wants them: log, folder, webhook, mail.
//
// Every channel has its own thread, so that a slow one holds up no other, and its own place in the outbox, from which
// it goes on after a restart. A notice that cannot be delivered is tried again, with longer pauses up to a minute, and
// those behind it wait: none is lost, none overtakes.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "rp/server/config/config.h"
#include "rp/server/notices/webhook.h"
#include "rp/server/running/log.h"
#include "rp/server/running/rounds.h"
#include "rp/store/notices.h"

namespace tegata::server::notices {

struct NoticeChannel {
  std::string name;  // "log", "folder", "webhook", "smtp", "smtp_people": its place in the outbox goes by it
  std::function<Status(const store::Notice&)> deliver;
};

// A notice as others read it.
Json notice_json(const store::Notice&);

// By which others know it: the number, or, for an alarm, which has none, "alarm-<milliseconds>".
std::string notice_name(const store::Notice&);

// Makes the webhook's key where there is none. Errors: config_invalid, file_not_written.
Result<std::vector<NoticeChannel>> make_channels(const config::Config&, const Clock&, Random&, const running::Log&);
// One file for each notice, complete under its name or not there; a repeat replaces it by the same.
NoticeChannel folder_channel(const std::string& folder);
// Signed (server/notices/webhook.h); any 2xx is delivered. A repeat is known by its webhook-id.
NoticeChannel webhook_channel(Webhook);

// Mail to the operators, and to the person of each notice. An address that the mail server refuses for good is logged,
// and its notice counts as delivered: it must not hold up those of others.
NoticeChannel smtp_channel(const config::SmtpConfig&, const std::string& public_origin, const running::Log&);
NoticeChannel smtp_people_channel(const config::SmtpConfig&, const std::string& public_origin, const running::Log&);

inline constexpr std::int64_t notices_at_once = 64;
// Delivers what waits for one channel, and notes how far it came; gives how many. Between two of them it may be asked
// to stop. While nothing can be written (clock, log), nothing is delivered: what cannot be noted would be told again
// and again. Errors: those of the channel (notice_undeliverable), of the store.
Result<std::size_t> deliver_waiting(store::Store&, const NoticeChannel&, std::int64_t most = notices_at_once,
                                    std::stop_token stop = {});

class NoticeWorker {
 public:
  // Opens the channels: one that is new begins with what happens from now on. The references must outlive it.
  static Result<std::unique_ptr<NoticeWorker>> start(store::Store&, std::vector<NoticeChannel>, running::Vitals&,
                                                     const running::Log&);
  // Finishes the delivery under way.
  ~NoticeWorker();

  // Tells what the outbox cannot, as the database takes no writes: kept in memory, delivered at least once by each
  // channel before anything else. The newest of a handful count.
  void alarm(store::Notice);

  // Prometheus text: delivered, failed, waiting, by channel.
  std::string figures();

 private:
  NoticeWorker(store::Store& store, std::vector<NoticeChannel> channels, const running::Log& log)
      : store_(store), channels_(std::move(channels)), log_(log) {}
  struct Standing {
    std::uint64_t delivered = 0, failed = 0;
  };
  bool serve(const NoticeChannel& channel, std::stop_token stop);
  Status deliver_alarms(const NoticeChannel& channel);
  using Alarm = std::shared_ptr<const store::Notice>;
  Alarm next_alarm(const std::string& channel);  // null: there is none

  store::Store& store_;
  const std::vector<NoticeChannel> channels_;
  const running::Log& log_;
  std::mutex mutex_;
  std::map<std::string, Standing> standings_;
  std::map<std::string, std::deque<Alarm>> alarms_;  // by channel
  std::list<running::Rounds> rounds_;                // one for each channel; last: they end before what they use
};

}  // namespace tegata::server::notices
