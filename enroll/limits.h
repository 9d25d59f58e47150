// How often strangers may call enrollment, by source (rp/base/rate_limit.h).
#pragma once

#include "rp/base/rate_limit.h"

namespace tegata::enroll {

// Of claims with a password: each costs an Argon2id run.
struct ClaimRates {
  Rate ticket = per_minute(10), address = per_minute(60), stray = per_minute(10);
};

struct Limits {
  explicit Limits(std::shared_ptr<const KnownNetworks> networks = std::make_shared<const KnownNetworks>(),
                  const ClaimRates& rates = {})
      : known(std::move(networks)),
        starts({per_minute(60), per_minute(20), of_network}, known),
        told({per_minute(60), per_minute(60), of_network}, known),
        claims({rates.address, rates.ticket, of_network}, known),
        stray_claims({rates.stray, rates.stray, of_network}, known) {}

  // In which every bucket of claims has one more.
  static constexpr std::chrono::seconds longest_wait_of_claims{6};
  // An IPv6 /48 may so many times as much as an address.
  static constexpr std::int64_t of_network = 8;

  const std::shared_ptr<const KnownNetworks> known;
  SourceLimit starts;        // log-ins begun; own: the person known in that browser
  SourceLimit told;          // what phones tell of failed prompts
  SourceLimit claims;        // with a password; own: the ticket at that address
  SourceLimit stray_claims;  // the same, of tickets that nobody can claim
};

}  // namespace tegata::enroll
