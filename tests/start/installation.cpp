#include "tests/start/installation.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "rp/base/bytes.h"
#include "rp/pass/signing_key.h"
#include "rp/sandbox/layout.h"
#include "rp/sandbox/samples.h"
#include "rp/server/running/system.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;

struct Running {
  pid_t pid = -1;
  int out = -1, err = -1;
};

Running begin(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int out[2], err[2];
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
  Running child{::fork(), out[0], err[0]};
  if (child.pid == 0) {
    for (const auto& each : environment) ::putenv(const_cast<char*>(each.c_str()));
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  return child;
}

// Both pipes, until they are closed or `enough` says so; nothing where 30 s are over.
template <typename Enough>
bool collect(const Running& child, Answer& answer, Enough enough) {
  pollfd pipes[] = {{child.out, POLLIN, 0}, {child.err, POLLIN, 0}};
  while ((pipes[0].fd >= 0 || pipes[1].fd >= 0) && !enough(answer)) {
    if (::poll(pipes, 2, 30'000) <= 0) return false;
    for (int i = 0; i < 2; ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      char part[4096];
      const auto got = ::read(pipes[i].fd, part, sizeof part);
      if (got <= 0) pipes[i].fd = -1;
      if (got > 0) (i == 0 ? answer.out : answer.err).append(part, static_cast<std::size_t>(got));
    }
  }
  return true;
}

void finish(const Running& child, Answer& answer, bool in_time) {
  if (!in_time) ::kill(child.pid, SIGKILL);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  ::close(child.out);
  ::close(child.err);
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string config_text(const sandbox::Layout& layout) {
  const auto pki = [&](const char* name) { return "\"pki/" + std::string(name) + "\""; };
  return "public_origin = \"https://localhost:8443\"\ncard_origin_pattern = \"https://*.card.localhost:8444\"\n"
         "facility_origin = \"https://localhost:8445\"\nsockets = \"sockets\"\ndatabase = \"data/tegata.db\"\n"
         "audit_key = \"audit.key\"\nsigning_key = \"signing.key\"\n\n[haproxy]\nuser = \"\"\ntls_certificate = " +
         pki("server.pem") + "\ncard_client_ca = " + pki("hpki-advertise.pem") +
         "\nfacility_client_ca = " + pki("facility-advertise.pem") +
         "\n\n[facilities]\nca = \"facility-ca\"\n\n[[authority]]\nname = \"TEST\"\nroots = [" + pki("hpki-roots.pem") +
         "]\nintermediates = [" + pki("hpki-intermediates.pem") +
         "]\ncrls = [\"file:" + layout.file("pki/hpki-root.crl") +
         "\", \"file:" + layout.file("pki/hpki-authentication.crl") + "\"]\n";
}

// What no setting names would only be copied.
void keep_what_is_needed(const fs::path& folder) {
  std::vector<fs::path> needless;
  const auto config = config_text({folder.string()});
  for (const auto& entry : fs::directory_iterator(folder / "pki")) {
    if (config.find("pki/" + entry.path().filename().string() + "\"") == std::string::npos)
      needless.push_back(entry.path());
  }
  for (const auto& path : needless) fs::remove(path);
}

void copy_with_rights(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(from))
    fs::permissions(to / fs::relative(entry.path(), from), entry.status().permissions());
}

// Every installation stands in the same place, because the database names the place of its signing key.
fs::path place() { return fs::temp_directory_path() / ("tegata-start-" + std::to_string(::getpid())); }

// Made by the sandbox's own means, and a server has run on it.
class First {
 public:
  First() {
    fs::remove_all(place());
    const server::running::SystemClock clock;
    const auto facts = sandbox::prepare({place().string()}, clock.now());
    if (!facts) FAIL(facts.error().detail());
    fs::create_directory(place() / "data");
    std::ofstream(place() / "tegata.toml") << config_text({place().string()});
    keep_what_is_needed(place());
  }
  ~First() { fs::remove_all(kept_); }
  void keep() { copy_with_rights(place(), kept_); }
  void put() const { copy_with_rights(kept_, place()); }

 private:
  const fs::path kept_ = place().string() + "-first";
};

}  // namespace

Answer run(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  const auto child = begin(words, environment);
  Answer answer;
  const bool in_time = collect(child, answer, [](const Answer&) { return false; });
  finish(child, answer, in_time);
  return answer;
}

Started::Started(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int each : {0, 1, 2}) ::dup2(nowhere, each);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
}

Started::~Started() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Started::stop() const { ::kill(pid_, SIGTERM); }

int Started::wait() const {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Serving::Serving(const Installation& it) : program_({TEGATA_PROGRAM, "serve", "--config", it.config()}) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = it.file("sockets/ops.sock");
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  bool answers = false;
  for (int i = 0; i < 3000 && !answers; ++i) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    answers = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    if (!answers) ::usleep(10'000);
  }
  REQUIRE(answers);
}

int Serving::stop() const {
  program_.stop();
  return program_.wait();
}

Installation::Installation() : folder_(place()) {
  static First first;
  static bool kept = false;
  if (!kept) {
    REQUIRE(tegata({"init"}).code == 0);
    REQUIRE(served() == "");
    fs::remove_all(place() / "sockets");
    first.keep();
    kept = true;
  }
  first.put();
}

Installation::~Installation() { fs::remove_all(folder_); }

std::string Installation::text(const std::string& name) const {
  std::ifstream in(file(name), std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void Installation::write(const std::string& name, const std::string& content) const {
  std::ofstream out(file(name), std::ios::binary | std::ios::trunc);
  out << content;
  REQUIRE(out.flush());
}

void Installation::configure(const std::string& from, const std::string& to) const {
  auto all = text("tegata.toml");
  const auto at = all.find(from);
  REQUIRE(at != std::string::npos);
  write("tegata.toml", all.replace(at, from.size(), to));
}

void Installation::configure_more(const std::string& more) const { write("tegata.toml", text("tegata.toml") + more); }

void Installation::sql(const std::string& statements) const {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open_v2(file("data/tegata.db").c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  char* wrong = nullptr;
  const int done = sqlite3_exec(handle, statements.c_str(), nullptr, nullptr, &wrong);
  INFO((wrong ? wrong : ""));
  sqlite3_close(handle);
  REQUIRE(done == SQLITE_OK);
}

std::string Installation::picture() const {
  std::map<std::string, std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    struct stat facts {};
    if (::lstat(entry.path().c_str(), &facts) != 0) continue;
    const auto name = fs::relative(entry.path(), folder_).string();
    const auto digest = S_ISREG(facts.st_mode) ? hex(sha256(text(name))) : std::string();
    lines[name] = std::to_string(facts.st_mode) + " " + std::to_string(facts.st_uid) + " " +
                  std::to_string(facts.st_size) + " " + digest;
  }
  std::string out;
  for (const auto& [name, line] : lines) out += name + " " + line + "\n";
  return out;
}

Answer Installation::tegata(std::vector<std::string> words) const {
  words.insert(words.begin(), TEGATA_PROGRAM);
  words.insert(words.end(), {"--config", config()});
  return run(words);
}

std::string Installation::checked() const {
  const auto answer = tegata({"check", "--json"});
  const auto said = parse_json(answer.out, {1024 * 1024, 16});
  if (!said) return "no JSON: " + answer.out + answer.err;
  if (answer.code == 0) return "";
  return (*said)["code"].get<std::string>() + " " + (*said)["detail"].get<std::string>();
}

std::string Installation::served() const {
  const auto child = begin({TEGATA_PROGRAM, "serve", "--config", config()}, {});
  Answer answer;
  const bool in_time = collect(child, answer, [](const Answer& so_far) {
    return so_far.err.find("\"event\":\"started\"") != std::string::npos;
  });
  const bool started = answer.err.find("\"event\":\"started\"") != std::string::npos;
  if (started) ::kill(child.pid, SIGTERM);
  const bool ended = collect(child, answer, [](const Answer&) { return false; });
  finish(child, answer, in_time && ended);
  if (started) return answer.code == 0 ? "" : "ended with " + std::to_string(answer.code) + ": " + answer.err;
  const std::string name = "tegata: ";
  const auto line = answer.err.substr(0, answer.err.find('\n'));
  if (!line.starts_with(name)) return "no refusal: " + answer.err;
  auto refusal = line.substr(name.size());
  return refusal.replace(refusal.find(": "), 2, " ");
}

}  // namespace tegata::test
