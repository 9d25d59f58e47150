#include "rp/server/revocation/mynumber_revocation.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>

#include "enroll/card/errors.h"
#include "rp/host/public_file.h"
#include "rp/server/running/metrics.h"

extern char** environ;

namespace tegata::server::revocation {
namespace {

using card::RevocationAnswer;
using card::RevocationQuestion;

// --- a list in a file

class ListFile {
 public:
  ListFile(std::string path, card::RevocationIssuers issuers, const running::Log& log)
      : path_(std::move(path)), issuers_(std::move(issuers)), log_(log) {}

  RevocationAnswer answer(const RevocationQuestion& question, Instant now) {
    const std::scoped_lock lock(mutex_);
    read_if_changed(now);
    if (overdue_.answer(question, now) == RevocationAnswer::revoked) return RevocationAnswer::revoked;
    return lists_.answer(question, now);
  }

  // A line where no list of it is in force; else nothing.
  std::string warning(Instant now) {
    const std::scoped_lock lock(mutex_);
    read_if_changed(now);
    if (std::ranges::any_of(lists_.all(), [&](const auto& list) { return list->is_fresh(now); })) return "";
    const bool none = lists_.all().empty() && overdue_.all().empty();
    const auto code = none ? errors::card_revocation_unknown : errors::card_revocation_stale;
    return "warning " + std::string(code.name()) + " JPKI " + path_ + "\n";
  }

  const std::string& path() const { return path_; }

  bool is_fresh(Instant now) {
    const std::scoped_lock lock(mutex_);
    read_if_changed(now);
    return std::ranges::any_of(lists_.all(), [&](const auto& list) { return list->is_fresh(now); });
  }

  // When its lists end; nothing where there is none.
  std::optional<Instant> next_update() {
    const std::scoped_lock lock(mutex_);
    std::optional<Instant> latest;
    for (const auto* lists : {&lists_, &overdue_}) {
      for (const auto& list : lists->all()) latest = std::max(latest.value_or(Instant::min()), list->next_update());
    }
    return latest;
  }

 private:
  struct Edition {
    timespec changed{};  // also by chmod: what could not be read then is read now
    off_t size = -1;
    ino_t number = 0;
  };

  void read_if_changed(Instant now) {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) return;
    const bool same = status.st_ctim.tv_sec == seen_.changed.tv_sec &&
                      status.st_ctim.tv_nsec == seen_.changed.tv_nsec && status.st_size == seen_.size &&
                      status.st_ino == seen_.number;
    if (same) return;
    seen_ = {status.st_ctim, status.st_size, status.st_ino};
    if (const auto taken = take(now); !taken)
      log_.info("mynumber_list_refused", {{"code", taken.error().code().name()}, {"detail", taken.error().detail()}});
  }

  // A list that is refused changes nothing: the one before answers until it is stale. One whose own time is over counts
  // beside that one, for what it names.
  Status take(Instant now) {
    TEGATA_ASSIGN(const auto text, host::read_public_file(path_));
    TEGATA_ASSIGN(auto read, card::verify_revocation_list_of_any_age(as_bytes(text), issuers_, now));
    const auto list = std::make_shared<const card::RevocationList>(std::move(read));
    if (const auto before = lists_.find_same(*list)) TEGATA_TRY(card::verify_successor(list->mark(), before->mark()));
    if (!list->is_fresh(now)) {
      overdue_.put(list);
      return Error(errors::card_revocation_stale, format_rfc3339(list->next_update()));
    }
    lists_.put(list);
    overdue_ = {};
    return {};
  }

  const std::string path_;
  const card::RevocationIssuers issuers_;
  const running::Log& log_;
  std::mutex mutex_;
  Edition seen_;
  card::RevocationLists lists_;    // in force when they were read
  card::RevocationLists overdue_;  // not in force even then
};

using ListFiles = std::vector<std::shared_ptr<ListFile>>;

ListFiles list_files(const config::MyNumberConfig& config, const card::MyNumberAuthorities& authorities,
                     const running::Log& log) {
  ListFiles files;
  for (const auto& path : config.lists)
    files.push_back(std::make_shared<ListFile>(path, card::revocation_issuers(authorities), log));
  return files;
}

// All of them together: whichever names the card, it is revoked, and one in force that does not is needed to pass.
RevocationAnswer answer_of_all(const ListFiles& files, const RevocationQuestion& question, Instant now) {
  auto merged = RevocationAnswer::unknown;
  for (const auto& file : files) {
    const auto answer = file->answer(question, now);
    if (answer == RevocationAnswer::revoked) return answer;
    if (answer == RevocationAnswer::good) merged = answer;
  }
  return merged;
}

std::string warnings_of_all(const ListFiles& files, Instant now) {
  std::string lines;
  for (const auto& file : files) lines += file->warning(now);
  return lines;
}

std::string figures_of_all(const ListFiles& files, Instant now) {
  const std::string fresh = "tegata_mynumber_list_fresh", next = "tegata_mynumber_list_next_update_seconds";
  std::string fresh_lines = "# TYPE " + fresh + " gauge\n", next_lines = "# TYPE " + next + " gauge\n";
  for (const auto& file : files) {
    const auto labels = "{file=\"" + running::in_label(file->path()) + "\"} ";
    fresh_lines += fresh + labels + (file->is_fresh(now) ? "1" : "0") + "\n";
    if (const auto end = file->next_update()) next_lines += next + labels + std::to_string(unix_seconds(*end)) + "\n";
  }
  return fresh_lines + next_lines;
}

// --- a command

constexpr int patience_ms = 3000;

struct Child {
  pid_t pid = -1;
  int output = -1;
};

std::string not_run(const std::string& program, int number) {
  return program + ": cannot be run: " + std::strerror(number);
}

// What stands in its way is the error's text.
Result<Child> run(const std::vector<std::string>& words) {
  Child child;
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return Error(errors::mynumber_revocation_unknown, not_run(words[0], errno));
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  // The server blocks the signals that end it; a command is to end by them.
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int failed = ::posix_spawnp(&child.pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  child.output = pipe[0];
  if (failed == 0) return child;
  ::close(child.output);
  return Error(errors::mynumber_revocation_unknown, not_run(words[0], failed));
}

using Deadline = std::chrono::steady_clock::time_point;

int left_ms(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

// What it writes until it closes its output; nothing when that takes too long.
std::optional<std::string> read_answer(int descriptor, Deadline deadline) {
  std::string text;
  char buffer[64];
  pollfd wait{descriptor, POLLIN, 0};
  while (text.size() < 64) {
    if (::poll(&wait, 1, left_ms(deadline)) != 1) return std::nullopt;
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

// Its status; what has not ended by the deadline is killed.
int wait_for_end(pid_t pid, Deadline deadline) {
  int status = -1;
  while (std::chrono::steady_clock::now() < deadline) {
    if (::waitpid(pid, &status, WNOHANG) != 0) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, &status, 0);
  return status == 0 ? -1 : status;
}

Result<RevocationAnswer> ask(std::vector<std::string> command, const RevocationQuestion& question) {
  command.push_back(hex(question.issuer));
  command.push_back(hex(question.serial));
  TEGATA_ASSIGN(const auto child, run(command));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  const auto text = read_answer(child.output, deadline);
  ::close(child.output);
  const int status = wait_for_end(child.pid, text ? deadline : Deadline::min());
  if (!text) return Error(errors::mynumber_revocation_unknown, command[0] + ": gave no answer of a line within 3 s");
  if (status != 0) return Error(errors::mynumber_revocation_unknown, command[0] + ": did not end with 0");
  if (*text == "good\n" || *text == "good") return RevocationAnswer::good;
  if (*text == "revoked\n" || *text == "revoked") return RevocationAnswer::revoked;
  return RevocationAnswer::unknown;
}

// Remembers why the last question has no answer, for operators: a person is told that nobody knows, and no more.
class Command {
 public:
  Command(std::vector<std::string> words, const running::Log& log) : words_(std::move(words)), log_(log) {}

  RevocationAnswer answer(const RevocationQuestion& question) {
    const auto asked = ask(words_, question);
    note(asked ? "" : asked.error().detail());
    return asked ? *asked : RevocationAnswer::unknown;
  }
  std::string warnings() const {
    const std::lock_guard lock(mutex_);
    return fault_.empty() ? "" : "warning mynumber_revocation_unknown " + fault_ + "\n";
  }

 private:
  void note(const std::string& fault) {
    const std::lock_guard lock(mutex_);
    if (fault == fault_) return;
    fault_ = fault;
    if (fault.empty()) return log_.info("mynumber_command_answers_again", Json::object());
    log_.error("mynumber_command_failed", Json{{"detail", fault}});
  }

  const std::vector<std::string> words_;
  const running::Log& log_;
  mutable std::mutex mutex_;
  std::string fault_;
};

}  // namespace

MyNumberSource mynumber_revocation(const config::MyNumberConfig& config, const card::MyNumberAuthorities& authorities,
                                   const running::Log& log) {
  MyNumberSource source;
  if (config.revocation == "list") {
    const auto files = list_files(config, authorities, log);
    source.answer = [files](const auto& question, Instant now) { return answer_of_all(files, question, now); };
    source.warnings = [files](Instant now) { return warnings_of_all(files, now); };
    source.figures = [files](Instant now) { return figures_of_all(files, now); };
  }
  if (config.revocation == "command") {
    const auto command = std::make_shared<Command>(config.command, log);
    source.answer = [command](const auto& question, Instant) { return command->answer(question); };
    source.warnings = [command](Instant) { return command->warnings(); };
  }
  return source;
}

}  // namespace tegata::server::revocation
