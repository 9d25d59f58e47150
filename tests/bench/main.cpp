#include "tests/bench/bench.h"

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>

// Everything, or what is named: `tegata-bench tickets proxy`.
int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a connection that the other side has closed is an error to its user alone
  using namespace tegata::bench;
  const std::pair<std::string_view, void (*)()> all[] = {{"verification", verification},
                                                         {"registration", registration},
                                                         {"activation", activation_core},
                                                         {"proxy", through_the_proxy},
                                                         {"edge", edge},
                                                         {"oidc", beside_oidc_provider},
                                                         {"polls", polls},
                                                         {"tickets", tickets}};
  for (int i = 1; i < argc; ++i) {
    const bool known =
        std::any_of(std::begin(all), std::end(all), [&](const auto& one) { return one.first == argv[i]; });
    if (known) continue;
    std::fprintf(stderr, "tegata-bench: no such measurement: %s\n", argv[i]);
    return 2;
  }
  for (const auto& [name, measurement] : all) {
    if (argc == 1 || std::any_of(argv + 1, argv + argc, [&](const char* wanted) { return name == wanted; }))
      measurement();
  }
}
