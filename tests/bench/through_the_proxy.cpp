#include "tests/bench/bench.h"
#include "tests/bench/people.h"

namespace tegata::bench {

// Both sides over https on kept-alive connections through one HAProxy, the load made on the same machine. The raw side
// asks for a small static file four times where an activation makes four requests.
void through_the_proxy() {
  constexpr int requests_per_activation = 4;  // device authorization, scan, approve, token
  constexpr int each = 40;
  Sandbox sandbox;
  std::vector<std::unique_ptr<Person>> everybody;
  for (int i = 0; i < most_people; ++i) everybody.push_back(std::make_unique<Person>(sandbox.facts, i));
  const auto person = [&](int worker) -> Person& { return *everybody[static_cast<std::size_t>(worker)]; };
  const auto ours = [&] { all_at_once(most_people, each, [&](int worker) { person(worker).activate(); }); };
  const auto raw = [&] {
    all_at_once(most_people, each * requests_per_activation, [&](int worker) { person(worker).fetch_static(); });
  };
  print("activations through HAProxy over https", compare(7, most_people * each, ours, raw), 0.5);
}

}  // namespace tegata::bench
