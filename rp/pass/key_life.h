// The life of a key that signs passes, as times and nothing else.
//
//   published ──use_from──> active ──the next one's use_from──> retiring ──its last pass has ended──> ended
//   any of them ──an emergency──> withdrawn
//
// The JWKS shows published, active and retiring keys: whoever fetched it within the time between publication and use
// knows every key that signs.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "rp/base/instant.h"

namespace tegata::pass {

enum class KeyState { published, active, retiring, ended, withdrawn };
std::string_view name_of(KeyState);

struct KeyTimes {
  Instant use_from{};
  std::optional<Instant> withdrawn_at;
  Instant last_pass_end{};  // of the passes that it signed
};

// How long a key stays after another has taken its place, whatever it signed: an ID token, and an answer on its way.
inline constexpr std::chrono::minutes least_retirement{10};

// One state for each, in their order. REQUIRES: in the order of use_from; of two with the same one, the later counts.
std::vector<KeyState> key_states(const std::vector<KeyTimes>&, Instant now);

}  // namespace tegata::pass
