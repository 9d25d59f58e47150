#include "rp/sandbox/terminal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <iostream>

#include "rp/sandbox/errors.h"

namespace tegata::sandbox {

Result<std::string> ask_pin(const std::string& prompt) {
  std::array<char, 256> line{};
  if (::isatty(STDIN_FILENO) == 1) {
    // OpenSSL puts the terminal back, also where a signal ends the question.
    if (EVP_read_pw_string(line.data(), static_cast<int>(line.size()), prompt.c_str(), 0) != 0) line.fill(0);
  } else {
    std::cerr << prompt << "\n";
    std::cin.getline(line.data(), line.size());
  }
  std::string pin(line.data());
  OPENSSL_cleanse(line.data(), line.size());
  if (pin.empty()) return Error(errors::security_key_no_pin, "the key's PIN was asked for, and none was typed");
  return pin;
}

}  // namespace tegata::sandbox
