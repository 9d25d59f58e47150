#include "rp/server/health_watch.h"

namespace tegata::server {

HealthWatch::HealthWatch(std::vector<Question> questions, Vitals& vitals, const Log& log, Pace pace)
    : questions_(std::move(questions)),
      log_(log),
      told_(questions_.size()),
      rounds_(vitals, log, {"health", std::chrono::seconds(30)}, [this, pace](const std::stop_token&) {
        for (std::size_t i = 0; i < questions_.size(); ++i) ask(i);
        return pace.every;
      }) {}

void HealthWatch::ask(std::size_t question) {
  const auto& [bad, good, faults] = questions_[question];
  const auto lines = faults();
  const auto name = lines.substr(0, lines.find('\n'));
  if (std::exchange(told_[question], name) == name) return;
  if (lines.empty()) return log_.info(good);
  log_.error(bad, {{"why", lines}});
}

}  // namespace tegata::server
