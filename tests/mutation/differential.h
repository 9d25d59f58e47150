// Our verifier beside libfido2, on the same ceremonies: the good ones and mutants of them. Each kind of difference
// must stand in the table of differential.cpp with its reason.
#pragma once

#include <iosfwd>
#include <map>

#include "tests/mutation/ceremonies.h"

namespace tegata::mutation {

struct Comparison {
  std::size_t compared = 0;  // after the scanner
  std::size_t stopped = 0;   // by the scanner: libfido2 never sees these
  std::size_t both_accept = 0, neither_accepts = 0;
  std::map<std::string, std::size_t> explained;    // by kind of difference
  std::map<std::string, std::string> unexplained;  // kind: one example
};

// Registrations and assertions of our own authenticator, in every format and algorithm that libfido2 knows.
Ceremonies own_ceremonies();

// Every ceremony as it is. What libfido2 cannot compare must stand in a table, too.
Comparison compare_ceremonies(const Ceremonies&);

// So many mutants that pass the scanner, half of them registrations, of those that both accept. One seed, one run.
Comparison compare_mutants(const Ceremonies&, std::size_t mutants, std::uint64_t seed);

// With the reason of every kind that occurred.
void print(std::ostream&, const std::string& title, const Comparison&);

}  // namespace tegata::mutation
