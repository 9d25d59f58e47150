// tegata-stand-in-key [PIN]: prints the device's path, and is that key until its standard input ends. With a PIN it has
// that one; without, a reader of its own.
#include <iostream>
#include <string>

#include "rp/server/running/system.h"
#include "tests/support/security_key/stand_in.h"

int main(int argc, char** argv) {
  tegata::server::running::SystemRandom random;
  const std::string pin = argc > 1 ? argv[1] : "";
  const tegata::test::StandInKey key({.own_reader = pin.empty(), .pin = pin}, random);
  std::cout << key.path() << std::endl;
  for (std::string line; std::getline(std::cin, line);) continue;
}
