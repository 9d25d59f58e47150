// Child processes that live and die with this one.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace tegata::sandbox {

struct Child {
  std::string name;
  std::vector<std::string> command;
  std::string log;       // file for its standard error and output
  std::string pid_file;  // may be empty
  pid_t pid = -1;
};

class Supervisor {
 public:
  // Starts them and starts again whichever ends, until destroyed: then SIGTERM, and SIGKILL after ten seconds.
  explicit Supervisor(std::vector<Child> children);
  ~Supervisor();

 private:
  void run();
  std::vector<Child> children_;
  std::atomic<bool> stopping_{false};
  // Children are told of the end of the *thread* that made them, so one thread makes them all and stays.
  std::thread thread_;
};

}  // namespace tegata::sandbox
