// The unit tests of the WebAuthn room over rules that can be switched off one at a time.
//   tegata-switchable --places            index, file, line and condition of each
//   TEGATA_PLACE_OFF=17 tegata-switchable the suite without number 17: it must fail
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/mutation/switchable.h"

extern const tegata::mutation::Place __start_tegata_places[];
extern const tegata::mutation::Place __stop_tegata_places[];

namespace tegata::mutation {
namespace {

long chosen() {
  const char* text = std::getenv("TEGATA_PLACE_OFF");
  return text ? std::strtol(text, nullptr, 10) : -1;
}

int print_places() {
  for (const Place* place = __start_tegata_places; place != __stop_tegata_places; ++place)
    std::printf("%td\t%s\t%d\t%s\n", place - __start_tegata_places, place->file, place->line, place->condition);
  return 0;
}

}  // namespace

bool is_off(const Place& place) {
  static const long off = chosen();
  return &place - __start_tegata_places == off;
}

}  // namespace tegata::mutation

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--places") == 0) return tegata::mutation::print_places();
  return Catch::Session().run(argc, argv);
}
