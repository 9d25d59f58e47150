#include "rp/cli/command/ended.h"

#include <iostream>

namespace tegata::cli::command {

Json describe_ended(const store::EndedRequests& ended) {
  return {{"requests", ended.requests}, {"passes", ended.passes}};
}

void print_ended(const Json& answer) {
  if (!answer.contains("ended")) return;
  std::cout << "ended with it: " << answer["ended"]["requests"] << " requests, " << answer["ended"]["passes"]
            << " passes\n";
}

}  // namespace tegata::cli::command
