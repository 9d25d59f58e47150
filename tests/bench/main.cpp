#include "tests/bench/bench.h"

#include <cstring>

// `tegata-bench tickets` measures these alone.
int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "tickets") == 0) {
    tegata::bench::tickets();
    return 0;
  }
  tegata::bench::verification();
  tegata::bench::registration();
  tegata::bench::activation_core();
  tegata::bench::through_the_proxy();
  tegata::bench::tickets();
}
