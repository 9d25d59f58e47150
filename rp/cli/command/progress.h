// A line on standard error that shows how far a long command has come.
#pragma once

#include <cstddef>
#include <string>

namespace tegata::cli::command {

class Progress {
 public:
  // Silent unless `shown`. `width` is that of the bar.
  explicit Progress(bool shown, std::size_t width = 30) : shown_(shown), width_(width) {}
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws when the percentage changed. `what` may change on the way: each begins a line of its own.
  void at(const std::string& what, std::size_t done, std::size_t total);

 private:
  void end_line();
  const bool shown_;
  const std::size_t width_;
  std::string what_;
  std::size_t percent_ = 0;
  bool open_ = false;
};

// Whether standard error is a terminal.
bool on_terminal();

}  // namespace tegata::cli::command
