#include "rp/server/health_watch.h"

namespace tegata::server {

HealthWatch::HealthWatch(std::vector<Question> questions, running::Vitals& vitals, const running::Log& log, Pace pace)
    : questions_(std::move(questions)),
      log_(log),
      told_(questions_.size()),
      rounds_(vitals, log, {"health", std::chrono::seconds(30)}, [this, pace](const std::stop_token&) {
        log_.flush();
        for (std::size_t i = 0; i < questions_.size(); ++i) ask(i);
        return pace.every;
      }) {}

void HealthWatch::ask(std::size_t question) {
  const auto& [bad, good, faults] = questions_[question];
  const auto lines = faults();
  auto name = lines.substr(0, lines.find('\n'));
  if (told_[question] == name) return;
  lines.empty() ? log_.info(good) : log_.error(bad, {{"why", lines}});
  told_[question] = std::move(name);  // not before it is told: that may throw
}

}  // namespace tegata::server
