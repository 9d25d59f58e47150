#include "rp/sandbox/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "rp/sandbox/errors.h"

namespace tegata::sandbox {
namespace {

// Nothing is echoed while it lives.
class Unseen {
 public:
  Unseen() : terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  }
  ~Unseen() {
    if (terminal_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_{};
  bool terminal_;
};

}  // namespace

Result<std::string> ask_pin(const std::string& prompt) {
  const Unseen unseen;
  std::cerr << prompt << std::flush;
  std::string line;
  std::getline(std::cin, line);
  std::cerr << "\n";
  if (line.empty()) return Error(errors::security_key_no_pin, "the key's PIN was asked for, and none was typed");
  return line;
}

}  // namespace tegata::sandbox
