// What the kernel says of our processes: nobody looks into them, and they gain no rights.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/start/installation.h"

namespace tegata::test {
namespace {

std::string proc(pid_t pid, const char* name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void check_shut(pid_t pid) {
  const auto status = proc(pid, "status");
  CHECK_THAT(status, Catch::Matchers::Contains("NoNewPrivs:\t1"));
  CHECK_THAT(status, Catch::Matchers::Contains("Umask:\t0077"));
  std::istringstream limits(proc(pid, "limits"));
  std::string line, cores;
  while (std::getline(limits, line)) {
    if (line.starts_with("Max core file size")) cores = line;
  }
  INFO(cores);
  CHECK(cores.find(" 0 ") != std::string::npos);
  CHECK(cores.find("unlimited") == std::string::npos);
  // The files of a process that cannot be dumped are root's.
  struct stat facts {};
  REQUIRE(::stat(("/proc/" + std::to_string(pid) + "/environ").c_str(), &facts) == 0);
  CHECK(facts.st_uid == 0);
}

// Waits for a line in a file, never for a time.
template <typename There>
bool wait_for(There there) {
  for (int i = 0; i < 3000; ++i) {
    if (there()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Of a process that runs as somebody else than root, or as root.
std::string user_of(pid_t pid) {
  std::istringstream status(proc(pid, "status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Uid:")) return line;
  }
  return "";
}

}  // namespace

TEST_CASE("defect: the server's memory could be dumped, and its children gain rights") {
  const Installation it;
  const Serving running(it);
  check_shut(running.pid());
  CHECK(running.stop() == 0);
}

TEST_CASE("a server that may not open as many files as its workers need does not start") {
  const Installation it;
  it.configure_more("\n[server]\nworkers = 1024\n");
  const auto limited =
      run({"/usr/bin/prlimit", "--nofile=1024:1024", TEGATA_PROGRAM, "serve", "--config", it.config()});
  CHECK(limited.code == 1);
  CHECK_THAT(limited.err, Catch::Matchers::Contains("process_limit_too_low"));
  CHECK_THAT(limited.err, Catch::Matchers::Contains("LimitNOFILE="));
  const auto checked =
      run({"/usr/bin/prlimit", "--nofile=1024:1024", TEGATA_PROGRAM, "check", "--config", it.config()});
  CHECK(checked.err == limited.err);
  // The soft limit is raised by the server itself.
  const auto raised = run({"/usr/bin/prlimit", "--nofile=1024:8192", TEGATA_PROGRAM, "check", "--config", it.config()});
  CHECK(raised.code == 0);
}

TEST_CASE("defect: a command could be dumped while it holds keys") {
  const Installation it;
  // It waits at the pipe that it is to write the log into.
  const auto pipe = it.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const Started command({TEGATA_PROGRAM, "audit", "export", "--to", pipe, "--config", it.config()});
  REQUIRE(wait_for([&] { return proc(command.pid(), "status").find("NoNewPrivs:\t1") != std::string::npos; }));
  REQUIRE(wait_for([&] { return proc(command.pid(), "status").find("Umask:\t0077") != std::string::npos; }));
  check_shut(command.pid());
  CHECK_THAT(content_of(pipe), Catch::Matchers::Contains("\"number\":1"));
  CHECK(command.wait() == 0);
}

TEST_CASE("defect: HAProxy stayed root, and the sandbox could be dumped") {
  const auto folder = std::filesystem::temp_directory_path() / ("tegata-start-" + std::to_string(::getpid()) + "-box");
  std::filesystem::remove_all(folder);
  {
    const Started box({TEGATA_SANDBOX, "up", "--dir", folder.string(), "--port-base", "21743"});
    REQUIRE(wait_for([&] { return std::filesystem::exists(folder / "sandbox.json"); }));
    check_shut(box.pid());
    const auto server = static_cast<pid_t>(std::stol(content_of((folder / "server.pid").string())));
    check_shut(server);
    const auto proxy = static_cast<pid_t>(std::stol(content_of((folder / "haproxy.pid").string())));
    const auto* account = ::geteuid() == 0 ? ::getpwnam("haproxy") : nullptr;
    if (account) {
      const auto id = std::to_string(account->pw_uid);
      CHECK(user_of(proxy) == "Uid:\t" + id + "\t" + id + "\t" + id + "\t" + id);
    } else {
      WARN("SKIPPED 1: not root, or no user haproxy");
    }
    box.stop();
    CHECK(box.wait() == 0);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace tegata::test
