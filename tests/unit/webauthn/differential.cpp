// Our verifier and libfido2 side by side: every ceremony, and mutants of those that both accept. A kind of difference
// that has no reason in tests/mutation/differential.cpp fails here. 100,000 mutants: tegata-differential.
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "tests/mutation/differential.h"
#include "tests/support/vectors.h"
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

std::size_t mutants_asked_for() {
  const char* text = std::getenv("TEGATA_DIFFERENTIAL_MUTANTS");
  return text ? std::strtoull(text, nullptr, 10) : 1'000;
}

mutation::Ceremonies all_ceremonies() {
  mutation::Ceremonies all = mutation::own_ceremonies();
  mutation::Loaded recorded = mutation::load_ceremonies(vectors::folder());
  std::ranges::move(recorded.good.registrations, std::back_inserter(all.registrations));
  std::ranges::move(recorded.good.assertions, std::back_inserter(all.assertions));
  return all;
}

void check(const std::string& title, const mutation::Comparison& sum) {
  print(std::cout, title, sum);
  for (const auto& [kind, example] : sum.unexplained) FAIL_CHECK(kind << ", as in " << example);
}

}  // namespace

TEST_CASE("libfido2 accepts our own ceremonies of every format and algorithm that it knows") {
  const mutation::Ceremonies own = mutation::own_ceremonies();
  CHECK(own.registrations.size() == 10);
  for (const auto& one : own.registrations) {
    INFO(one.name);
    CHECK(mutation::verdict(mutation::judge(one)) == "accepted");
    // Of TPMs it knows one old shape of statement, and took none of ours.
    const bool tpm = one.name.find("tpm") != std::string::npos;
    CHECK(libfido2_second_opinion(one.expected, one.response) == (tpm ? "not_comparable" : "agreed"));
  }
  const auto sum = compare_ceremonies(own);
  CHECK(sum.both_accept == 19);
  CHECK(sum.explained.size() == 1);
}

TEST_CASE("defect: no two runs had the same mutants, and one in twenty met a difference that nobody had listed") {
  const mutation::Ceremonies one = mutation::own_ceremonies(), again = mutation::own_ceremonies();
  REQUIRE(one.registrations.size() == again.registrations.size());
  REQUIRE(one.assertions.size() == again.assertions.size());
  for (std::size_t i = 0; i < one.registrations.size(); ++i) {
    CHECK(one.registrations[i].response.attestation_object == again.registrations[i].response.attestation_object);
  }
  for (std::size_t i = 0; i < one.assertions.size(); ++i) {
    CHECK(one.assertions[i].response.signature == again.assertions[i].response.signature);
  }
}

TEST_CASE("libfido2 and our verifier agree on every recorded ceremony and on mutants, but for listed differences") {
  const mutation::Ceremonies all = all_ceremonies();
  check("ceremonies", compare_ceremonies(all));
  const std::size_t mutants = mutants_asked_for();
  const auto sum = compare_mutants(all, mutants, 1);
  check("mutants", sum);
  CHECK(sum.compared == mutants);
  CHECK(sum.neither_accepts > mutants / 2);
}

TEST_CASE("a forgery is refuted by libfido2 in every format and algorithm that it knows") {
  for (auto one : mutation::own_ceremonies().registrations) {
    INFO(one.name);
    one.response.client_data_json.push_back(' ');
    // Of a TPM it compares the data before it looks at the signature, and that answer is another.
    const bool tpm = one.name.find("tpm") != std::string::npos;
    CHECK(libfido2_second_opinion(one.expected, one.response) == (tpm ? "not_comparable" : "refuted"));
  }
}

}  // namespace tegata::webauthn::test
