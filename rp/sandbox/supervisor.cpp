#include "rp/sandbox/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "rp/sandbox/layout.h"

namespace tegata::sandbox {
namespace {

void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }

void spawn(Child& child) {
  std::vector<char*> arguments;
  for (auto& word : child.command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int log = ::open(child.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = ::getpid();
  child.pid = ::fork();
  if (child.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // A Ctrl-C on the terminal is the parent's to handle.
    ::setpgid(0, 0);
    if (log >= 0) {
      ::dup2(log, 1);
      ::dup2(log, 2);
    }
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  if (log >= 0) ::close(log);
  if (!child.pid_file.empty()) write_file(child.pid_file, std::to_string(child.pid) + "\n");
}

bool has_ended(Child& child) {
  if (child.pid <= 0) return true;
  if (::waitpid(child.pid, nullptr, WNOHANG) != child.pid) return false;
  child.pid = -1;
  return true;
}

void end(std::vector<Child>& children) {
  for (auto& child : children) {
    if (child.pid > 0) ::kill(child.pid, SIGTERM);
  }
  for (auto& child : children) {
    for (int i = 0; i < 200 && !has_ended(child); ++i) pause();
    if (child.pid > 0) {
      ::kill(child.pid, SIGKILL);
      ::waitpid(child.pid, nullptr, 0);
    }
  }
}

}  // namespace

Supervisor::Supervisor(std::vector<Child> children) : children_(std::move(children)), thread_([this] { run(); }) {}

Supervisor::~Supervisor() {
  stopping_ = true;
  thread_.join();
}

void Supervisor::run() {
  while (!stopping_) {
    for (auto& child : children_) {
      if (has_ended(child)) spawn(child);
    }
    pause();
  }
  end(children_);
}

}  // namespace tegata::sandbox
