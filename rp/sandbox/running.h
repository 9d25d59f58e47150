// Which environments of this user run, for programs that are given an address of one and not its folder.
#pragma once

#include <optional>

#include "rp/sandbox/layout.h"

namespace tegata::sandbox {

// While it lives, the environment is found by its public port. Where it cannot be noted down, it is just not found.
class Running {
 public:
  explicit Running(const Layout& layout);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::string link_;
};

// The folder of the environment whose public origin `url` begins with.
std::optional<std::string> folder_running_at(const std::string& url);

}  // namespace tegata::sandbox
