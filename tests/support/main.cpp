#define CATCH_CONFIG_RUNNER
#include <sys/stat.h>

#include <catch2/catch.hpp>

int main(int argc, char** argv) {
  ::umask(077);  // as in the programs: what a test writes is nobody else's to read
  return Catch::Session().run(argc, argv);
}
