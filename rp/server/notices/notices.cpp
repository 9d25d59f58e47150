#include "rp/server/notices/notices.h"

#include <algorithm>

#include "rp/server/config/errors.h"
#include "rp/server/running/caught.h"

namespace tegata::server::notices {
namespace {

constexpr std::chrono::milliseconds interval{1000}, longest_pause{60'000}, longest_round{3'600'000};
constexpr std::size_t most_alarms = 8;

Status deliver(const NoticeChannel& channel, const store::Notice& notice) {
  return running::caught(errors::notice_undeliverable, [&] { return channel.deliver(notice); });
}

// What was delivered of one batch, and what stopped it.
struct Round {
  std::int64_t from = 0, to = 0;
  std::size_t delivered = 0;
  Status outcome;
};

Result<Round> deliver_batch(store::Store& store, const NoticeChannel& channel, std::int64_t most,
                            const std::stop_token& stop) {
  struct Waiting {
    std::int64_t from = 0;
    std::vector<store::Notice> notices;
  };
  TEGATA_ASSIGN(const auto waiting, store.read<Waiting>([&](store::Reader& reader) -> Result<Waiting> {
    TEGATA_ASSIGN(const auto place, store::find_channel(reader, channel.name));
    Waiting out{place.value_or(0), {}};
    TEGATA_ASSIGN(out.notices, store::list_notices(reader, out.from, most));
    return out;
  }));
  Round round{waiting.from, waiting.from, 0, {}};
  if (!waiting.notices.empty()) TEGATA_TRY(store.verify_writes());
  for (const auto& notice : waiting.notices) {
    if (stop.stop_requested()) break;
    round.outcome = deliver(channel, notice);
    if (!round.outcome) break;
    round.to = notice.number;
    ++round.delivered;
  }
  return round;
}

std::string line(const char* name, const std::string& channel, std::int64_t value) {
  return std::string(name) + "{channel=\"" + channel + "\"} " + std::to_string(value) + "\n";
}

}  // namespace

std::string notice_name(const store::Notice& notice) {
  if (notice.number > 0) return std::to_string(notice.number);
  return "alarm-" + std::to_string(unix_milliseconds(notice.at));
}

Json notice_json(const store::Notice& notice) {
  return {{"number", notice.number},
          {"at", format_rfc3339(notice.at)},
          {"kind", notice.kind},
          {"practitioner_id", notice.practitioner_id},
          {"details", notice.details}};
}

Result<std::size_t> deliver_waiting(store::Store& store, const NoticeChannel& channel, std::int64_t most,
                                    std::stop_token stop) {
  TEGATA_ASSIGN(const auto round, deliver_batch(store, channel, most, stop));
  if (round.delivered > 0) {
    TEGATA_TRY(store.write<void>(
        [&](store::Transaction& transaction) -> Status {
          TEGATA_ASSIGN(const bool noted, store::note_delivered(transaction, channel.name, round.from, round.to));
          // Another process was there first: what it delivered as well was delivered twice, which is allowed.
          if (!noted) return {};
          transaction.audit({"notices_delivered", "system", "channel:" + channel.name, "",
                             Json{{"from", round.from}, {"to", round.to}, {"count", round.delivered}}, "", ""});
          return {};
        },
        store::Purpose::upkeep));
  }
  if (!round.outcome) return round.outcome.error();
  return round.delivered;
}

Result<std::unique_ptr<NoticeWorker>> NoticeWorker::start(store::Store& store, std::vector<NoticeChannel> channels,
                                                          running::Vitals& vitals, const running::Log& log) {
  for (const auto& channel : channels) {
    TEGATA_TRY(store.write<void>(
        [&](store::Transaction& transaction) -> Status {
          TEGATA_ASSIGN(const bool opened, store::open_channel(transaction, channel.name));
          if (opened) transaction.audit({"notice_channel_opened", "system", "channel:" + channel.name, "", {}, "", ""});
          return {};
        },
        store::Purpose::upkeep));
  }
  std::unique_ptr<NoticeWorker> worker(new NoticeWorker(store, std::move(channels), log));
  for (const auto& channel : worker->channels_) worker->standings_[channel.name];
  for (const auto& channel : worker->channels_) {
    worker->rounds_.emplace_back(vitals, log, running::Rounds::Plan{"notices by " + channel.name, longest_round},
                                 [raw = worker.get(), &channel, pause = interval](const std::stop_token& stop) mutable {
                                   return pause =
                                              raw->serve(channel, stop) ? interval : std::min(pause * 2, longest_pause);
                                 });
  }
  return worker;
}

NoticeWorker::~NoticeWorker() {
  // All are asked before any is waited for.
  for (auto& rounds : rounds_) rounds.request_stop();
}

void NoticeWorker::alarm(store::Notice notice) {
  const auto shared = std::make_shared<const store::Notice>(std::move(notice));
  const std::lock_guard lock(mutex_);
  for (const auto& channel : channels_) {
    auto& waiting = alarms_[channel.name];
    waiting.push_back(shared);
    if (waiting.size() > most_alarms) waiting.pop_front();
  }
}

NoticeWorker::Alarm NoticeWorker::next_alarm(const std::string& channel) {
  const std::lock_guard lock(mutex_);
  const auto& waiting = alarms_[channel];
  return waiting.empty() ? nullptr : waiting.front();
}

// Each waits until it is delivered, whatever that throws.
Status NoticeWorker::deliver_alarms(const NoticeChannel& channel) {
  while (const auto next = next_alarm(channel.name)) {
    TEGATA_TRY(deliver(channel, *next));
    const std::lock_guard lock(mutex_);
    auto& waiting = alarms_[channel.name];
    if (!waiting.empty() && waiting.front() == next) waiting.pop_front();  // else newer ones took its place
  }
  return {};
}

// Whether all that was tried got through.
bool NoticeWorker::serve(const NoticeChannel& channel, std::stop_token stop) {
  const auto told = deliver_alarms(channel);
  const auto delivered = told ? deliver_waiting(store_, channel, notices_at_once, std::move(stop)) : told.error();
  const std::lock_guard lock(mutex_);
  auto& standing = standings_[channel.name];
  if (delivered) {
    standing.delivered += *delivered;
    return true;
  }
  ++standing.failed;
  log_.error("notice_undelivered", delivered.error());
  return false;
}

std::string NoticeWorker::figures() {
  std::map<std::string, std::int64_t> waiting;
  for (const auto& channel : channels_) {
    const auto count = store_.read<std::int64_t>([&](store::Reader& reader) -> Result<std::int64_t> {
      TEGATA_ASSIGN(const auto place, store::find_channel(reader, channel.name));
      TEGATA_ASSIGN(const auto newest, store::newest_notice(reader));
      return std::max<std::int64_t>(0, newest - place.value_or(0));
    });
    if (count) waiting[channel.name] = *count;
  }
  if (channels_.empty()) return {};
  const std::lock_guard lock(mutex_);
  std::string out = "# TYPE tegata_notices_waiting gauge\n";
  for (const auto& [name, count] : waiting) out += line("tegata_notices_waiting", name, count);
  out += "# TYPE tegata_notices_delivered_total counter\n";
  for (const auto& [name, each] : standings_) {
    out += line("tegata_notices_delivered_total", name, static_cast<std::int64_t>(each.delivered));
  }
  out += "# TYPE tegata_notices_failed_total counter\n";
  for (const auto& [name, each] : standings_) {
    out += line("tegata_notices_failed_total", name, static_cast<std::int64_t>(each.failed));
  }
  return out;
}

}  // namespace tegata::server::notices
