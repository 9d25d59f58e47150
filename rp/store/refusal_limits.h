// How many refusals of one source become audit records, so that nobody fills the log from outside.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "rp/base/instant.h"

namespace tegata::store {

class RefusalLimits {
 public:
  explicit RefusalLimits(std::size_t per_minute) : per_minute_(per_minute) {}

  // Whether this refusal gets a record of its own; counted as dropped where not.
  bool admit(const std::string& source, Instant now);

  struct Dropped {
    std::string source;
    std::int64_t count = 0;
  };
  // What was dropped in minutes that are over (all of it with `everything`), and forgets it. Each becomes one
  // "refusals_dropped" record.
  std::vector<Dropped> take_dropped(Instant now, bool everything = false);
  bool has_dropped() const;
  // For a batch that was not committed after all.
  void give_back(const std::vector<Dropped>& dropped, Instant now);
  // Likewise: the records of these admitted refusals were lost with it, and used up nothing.
  void readmit(const std::vector<std::string>& sources);

 private:
  struct Window {
    Instant begun{};
    std::size_t admitted = 0;
    std::int64_t dropped = 0;
  };
  Window& window_of(const std::string& source, Instant now);

  std::size_t per_minute_;
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace tegata::store
