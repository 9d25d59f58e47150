// Included before everything else when the rules are compiled for tegata-switchable: every TEGATA_REQUIRE becomes a
// place with an index that one environment variable can switch off. No other program is built with it.
#pragma once

namespace tegata::mutation {

// As large as its alignment, so that places of different files stand in the section without gaps.
struct alignas(32) Place {
  const char* file;
  const char* condition;
  int line;
};

// Whether this is the place that TEGATA_PLACE_OFF names.
bool is_off(const Place& place);

}  // namespace tegata::mutation

#define TEGATA_REQUIRE(condition, ...)                                                      \
  do {                                                                                      \
    static constexpr ::tegata::mutation::Place tegata_place                                 \
        __attribute__((section("tegata_places"), used)) = {__FILE__, #condition, __LINE__}; \
    if (!(condition) && !::tegata::mutation::is_off(tegata_place)) return __VA_ARGS__;      \
  } while (false)
