// Sends the signed head of the log to where whoever can write database and head file cannot write: a file on another
// mount, a webhook (rp/store/audit/heads.h). At the start, each minute where it has changed, and at the end.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "rp/server/config/config.h"
#include "rp/server/running/log.h"
#include "rp/server/running/rounds.h"
#include "rp/store/audit/heads.h"

namespace tegata::server {

struct HeadTarget {
  std::string name;  // "file", "webhook"
  std::function<Status(const store::audit::HeadLines::Line&)> send;
};
// One line more, on the disk when it returns; the file is made (0600) where it is absent. Error: audit_head_unsent.
HeadTarget head_file(const std::string& path);
// In place of the one before: by it the next start knows a database that was put back (rp/store/audit/epoch.h).
HeadTarget head_epoch(const std::string& path);
// Errors: those of the webhook's key.
Result<std::vector<HeadTarget>> head_targets(const config::Config&, const Clock&, Random&);

class HeadSender {
 public:
  struct Pace {
    std::chrono::milliseconds every{std::chrono::minutes(1)};
  };
  // The references must outlive it, the store need not. A target that fails is logged ("audit_head_unsent"), and tried
  // again.
  HeadSender(std::unique_ptr<store::audit::HeadLines>, std::vector<HeadTarget>, const Clock&, running::Vitals&,
             const running::Log&, Pace);
  // Sends once more.
  ~HeadSender();

  // Prometheus text: sent, failed, and whether the newest head is there, by target.
  std::string figures() const;
  // A line for each target that has not got it.
  std::string warnings() const;

 private:
  struct Standing {
    std::uint64_t sent = 0, failed = 0;
    std::int64_t count = -1;
    std::string fault;
  };
  void send_all();
  void send(std::size_t target, const store::audit::HeadLines::Line& line);
  void note(std::size_t target, const Status& sent, std::int64_t count);

  const std::unique_ptr<store::audit::HeadLines> lines_;
  const std::vector<HeadTarget> targets_;
  const Clock& clock_;
  const running::Log& log_;
  mutable std::mutex mutex_;
  std::vector<Standing> standings_;
  std::optional<running::Rounds> rounds_;  // last: they end before what they use
};

}  // namespace tegata::server
