#include "rp/pass/key_life.h"

namespace tegata::pass {

std::string_view name_of(KeyState state) {
  constexpr std::string_view names[] = {"published", "active", "retiring", "ended", "withdrawn"};
  return names[static_cast<std::size_t>(state)];
}

std::vector<KeyState> key_states(const std::vector<KeyTimes>& keys, Instant now) {
  std::vector<KeyState> out(keys.size(), KeyState::withdrawn);
  std::optional<Instant> replaced;  // when the next one that is good took, or takes, its place
  for (std::size_t i = keys.size(); i-- > 0;) {
    const KeyTimes& key = keys[i];
    if (key.withdrawn_at) continue;
    if (key.use_from > now) {
      out[i] = KeyState::published;
      continue;
    }
    const bool stays = !replaced || key.last_pass_end > now || *replaced + least_retirement > now;
    out[i] = !replaced ? KeyState::active : stays ? KeyState::retiring : KeyState::ended;
    replaced = key.use_from;
  }
  return out;
}

}  // namespace tegata::pass
