// tegata-differential <vectors> [mutants]: the whole comparison, for a release build.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "tests/mutation/differential.h"

int main(int argc, char** argv) {
  using namespace tegata::mutation;
  const std::string folder = argc > 1 ? argv[1] : "";
  const std::size_t mutants = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  Ceremonies all = own_ceremonies();
  Loaded recorded = load_ceremonies(folder);
  if (recorded.good.registrations.empty()) std::cout << "SKIPPED 1: no outside vectors\n";
  std::ranges::move(recorded.good.registrations, std::back_inserter(all.registrations));
  std::ranges::move(recorded.good.assertions, std::back_inserter(all.assertions));
  const Comparison good = compare_ceremonies(all), changed = compare_mutants(all, mutants, 1);
  print(std::cout, "ceremonies", good);
  print(std::cout, "mutants", changed);
  return good.unexplained.empty() && changed.unexplained.empty() && changed.compared == mutants ? 0 : 1;
}
