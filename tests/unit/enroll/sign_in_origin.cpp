// Where a browser goes on after its card log-in: pages of ours, and nothing that a start record could slip in.
#include "enroll/sign_in_origin.h"

#include <catch2/catch.hpp>

using namespace tegata::enroll;

TEST_CASE("each purpose has its page, with its fragment so far") {
  CHECK(page_of("enrol") == "/enroll#");
  CHECK(page_of("devices") == "/enroll#");
  CHECK(page_of("link") == "/mynumber#");
  CHECK(page_of("authorize:aB3-_") == "/authorize/choose#x=aB3-_&");
}

TEST_CASE("an unknown purpose, or an id that is none, has no page") {
  for (const std::string purpose : {"", "other", "authorize", "authorize:", "authorize:a&c=b", "authorize:a b",
                                    "authorize:../devices", "authorize:\"", "authorize:a#b"}) {
    INFO(purpose);
    CHECK(page_of(purpose).empty());
  }
  CHECK_FALSE(page_of("authorize:" + std::string(64, 'a')).empty());
  CHECK(page_of("authorize:" + std::string(65, 'a')).empty());
}
