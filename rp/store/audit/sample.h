// Which records of unproven calls are kept: refusals, and effects that touch nobody's ticket, request or person. So
// nobody fills the log from outside, nobody hides behind his own flood, and nobody's flood hides the others.
//
// Counted by the minute, for each source (rp/base/source.h) and each cause by itself. The first record of a source and
// cause is kept: all of them up to `per_minute`, beyond that a sample which grows with the logarithm of their number,
// so that the ten thousandth source still has a chance. The nth further one is kept while n times what was kept so is
// less than `per_minute`: one flooding source alone has 25 records of a cause, each of a hundred has three. The /64s of
// an IPv6 /48 count as four sources together.
//
// In all at most per_minute * (2 + ln(firsts / per_minute)) records in a minute, in bounded memory.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "rp/base/instant.h"
#include "rp/store/audit/event.h"

namespace tegata::store::audit {

// What a minute left out. `sources` knows a bounded number of them, so its size is a lower bound.
struct LeftOut {
  Instant since{};
  std::int64_t count = 0;
  std::map<std::string, std::int64_t> causes;             // by the code, or the kind where there is none
  std::unordered_map<std::string, std::int64_t> sources;  // by the bucket of the address
};

// The one record of what was left out, with the three loudest sources.
AuditEvent describe(const LeftOut&);

class AuditSample {
 public:
  explicit AuditSample(std::size_t per_minute) : per_minute_(per_minute) {}

  // What to undo where the batch of a record that was kept is not committed after all.
  struct Kept {
    std::string place, network;
    bool first = false;
  };
  // Nothing where this one is left out; it is counted then.
  std::optional<Kept> keep(const AuditEvent&, Instant now);
  void leave_out(const AuditEvent&, Instant now);
  // The records were lost, and used up nothing.
  void undo(const std::vector<Kept>&);

  // What was left out in a minute that is over (or so far, with `everything`), and forgets it.
  std::optional<LeftOut> take(Instant now, bool everything = false);
  void give_back(LeftOut);
  bool has_left_out() const { return left_out_.count > 0; }
  // How many were left out since the start.
  std::uint64_t left_out_in_all() const { return left_out_in_all_; }

 private:
  bool is_over(Instant now) const;
  void begin_minute(Instant now);
  std::size_t count(const std::string& place);
  bool has_room(std::size_t position) const;
  double room_for_firsts() const;

  std::size_t per_minute_;
  Instant begun_{};
  std::size_t firsts_ = 0, firsts_kept_ = 0, others_kept_ = 0;
  std::unordered_map<std::string, std::size_t> seen_;  // by source and cause
  LeftOut left_out_;
  std::uint64_t left_out_in_all_ = 0;
};

}  // namespace tegata::store::audit
