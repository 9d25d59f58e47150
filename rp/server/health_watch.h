// Says in the log when the answers of /readyz and /healthz change, also while nobody asks; and sends the lines of the
// log that wait for their reader.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "rp/server/running/rounds.h"

namespace tegata::server {

class HealthWatch {
 public:
  struct Pace {
    std::chrono::milliseconds every{std::chrono::seconds(1)};
  };
  // `faults` gives what is wrong, a line for its name and a line for why and what to do; nothing where all is well.
  // Events: `bad` at level error, with `why`, when it begins and whenever the first name is another one; `good`.
  struct Question {
    std::string bad, good;
    std::function<std::string()> faults;
  };
  // The references must outlive it.
  HealthWatch(std::vector<Question>, running::Vitals&, const running::Log&, Pace);

 private:
  void ask(std::size_t question);

  const std::vector<Question> questions_;
  const running::Log& log_;
  std::vector<std::string> told_;  // the first name of each, as the log has it
  running::Rounds rounds_;         // last: they end before what they use
};

}  // namespace tegata::server
