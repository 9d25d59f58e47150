// A whole installation in a folder of its own, and the real program on it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "rp/base/json.h"

namespace tegata::test {

struct Answer {
  int code = -1;
  std::string out, err;
};
// Runs a program to its end; nothing is typed, and after 30 s it is killed.
Answer run(const std::vector<std::string>& words, const std::vector<std::string>& environment = {});

// A program that runs; killed where nobody has waited for its end.
class Started {
 public:
  explicit Started(const std::vector<std::string>& words);
  ~Started();
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  pid_t pid() const { return pid_; }
  void stop() const;  // SIGTERM
  int wait() const;   // its exit code

 private:
  mutable pid_t pid_ = -1;
};

// Files as an operator leaves them: configuration, keys, certificates, a database that was served once.
class Installation {
 public:
  // A copy of the first one, which is made once for the whole program. One at a time.
  Installation();
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string config() const { return file("tegata.toml"); }
  std::string text(const std::string& name) const;
  void write(const std::string& name, const std::string& content) const;  // keeps rights and owner
  // Puts `to` in place of `from` in the configuration. REQUIRES: `from` stands there.
  void configure(const std::string& from, const std::string& to) const;
  void configure_more(const std::string& text) const;
  // Statements on the database.
  void sql(const std::string& statements) const;
  // What `ls` would say of every file, with its digest: what stays the same where nothing was changed.
  std::string picture() const;

  Answer tegata(std::vector<std::string> words) const;
  // What `check --json` finds: "code detail", the first of them.
  std::string checked() const;
  // How `serve` refuses: "code detail", its first line. Empty where it answered on its sockets; then it was ended.
  std::string served() const;

 private:
  std::filesystem::path folder_;
};

// `tegata serve` that answers on its sockets.
class Serving {
 public:
  explicit Serving(const Installation&);
  pid_t pid() const { return program_.pid(); }
  int stop() const;  // its exit code

 private:
  Started program_;
};

}  // namespace tegata::test
