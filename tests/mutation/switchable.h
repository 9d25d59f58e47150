// Included before everything else when the rules are compiled for tegata-switchable: every TEGATA_REQUIRE becomes a
// place with an index that one environment variable can switch off. No other program is built with it.
#pragma once

namespace tegata::mutation {

struct alignas(8) Place {
  const char* file;
  int line;
  const char* condition;
};

// Whether this is the place that TEGATA_PLACE_OFF names.
bool is_off(const Place& place);

}  // namespace tegata::mutation

#define TEGATA_REQUIRE(condition, ...)                                                      \
  do {                                                                                      \
    static constexpr ::tegata::mutation::Place tegata_place                                 \
        __attribute__((section("tegata_places"), used)) = {__FILE__, __LINE__, #condition}; \
    if (!(condition) && !::tegata::mutation::is_off(tegata_place)) return __VA_ARGS__;      \
  } while (false)
