#include "rp/cli/command/progress.h"

#include <unistd.h>

#include <iostream>

namespace tegata::cli::command {

Progress::~Progress() { end_line(); }

void Progress::end_line() {
  if (open_) std::cerr << "\n";
  open_ = false;
}

void Progress::at(const std::string& what, std::size_t done, std::size_t total) {
  if (!shown_ || total == 0) return;
  const auto percent = 100 * done / total;
  if (open_ && what == what_ && percent == percent_) return;
  if (what != what_) end_line();
  what_ = what;
  percent_ = percent;
  open_ = true;
  const auto full = width_ * done / total;
  std::cerr << "\r" << what << " [" << std::string(full, '#') << std::string(width_ - full, '.') << "] " << percent
            << " % (" << done << " of " << total << ")" << std::flush;
}

bool on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace tegata::cli::command
