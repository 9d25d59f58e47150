#include "tests/bench/bench.h"

int main() {
  tegata::bench::verification();
  tegata::bench::registration();
  tegata::bench::activation_core();
  tegata::bench::through_the_proxy();
}
