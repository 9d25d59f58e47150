// System calls that fail when a test says so, in the programs as they are: loaded before them by LD_PRELOAD.
//
// The file named by TEGATA_FAULTS has a line for each rule: "<call> <errno> <how often, 0 for ever> <part of the
// path>", the last one "-" where the call knows no path, or the end of a path with "$" behind it. It is read anew
// whenever it is another one (a test renames it into place). Only a program that serves has faults, or the command that
// TEGATA_FAULTS_OF names: the proxy and the sandbox beside it go on. Calls: open, pwrite, write, fsync (and fdatasync),
// rename (and renameat), accept, mmap, thread (pthread_create), spawn (posix_spawnp), and those of names: link, remove,
// unlinkat, mkdir, rmdir.
//
// TEGATA_KILL_AT=N ends that program by SIGKILL before the Nth of its calls that sync, or give, take or change a name.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace {

struct Rule {
  char call[16];
  int number;
  long left;  // 0: for ever
  char path[200];
};

constexpr int most_rules = 16, most_files = 4096;
std::mutex mutex;
Rule rules[most_rules];
int rule_count = 0;
timespec read_at{};
ino_t read_inode = 0;
char paths[most_files][256];  // of the open descriptors

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int next_open(const char* path, int flags, mode_t mode) {
  static const auto real = next<int (*)(const char*, int, ...)>("open64");
  return real(path, flags, mode);
}

// REQUIRES: the mutex.
void read_rules() {
  static const char* file = ::getenv("TEGATA_FAULTS");
  struct stat facts {};
  if (!file || ::stat(file, &facts) != 0) {
    rule_count = 0;
    return;
  }
  if (facts.st_ino == read_inode && std::memcmp(&facts.st_mtim, &read_at, sizeof read_at) == 0) return;
  char text[4096];
  const int descriptor = next_open(file, O_RDONLY | O_CLOEXEC, 0);
  const auto size = ::read(descriptor, text, sizeof text - 1);
  ::close(descriptor);
  if (size < 0) return;
  text[size] = 0;
  read_inode = facts.st_ino;
  read_at = facts.st_mtim;
  rule_count = 0;
  char* state = nullptr;
  for (char* line = ::strtok_r(text, "\n", &state); line && rule_count < most_rules;
       line = ::strtok_r(nullptr, "\n", &state)) {
    Rule& rule = rules[rule_count];
    if (std::sscanf(line, "%15s %d %ld %199s", rule.call, &rule.number, &rule.left, rule.path) == 4) ++rule_count;
  }
}

// Whether this process is `tegata serve`, by whatever name, or the command that is asked for.
bool is_concerned() {
  char text[512] = {};
  const int descriptor = next_open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
  const auto size = ::read(descriptor, text, sizeof text - 1);
  ::close(descriptor);
  const char* second = text + std::strlen(text) + 1;
  const char* command = ::getenv("TEGATA_FAULTS_OF");
  return size > 0 && second < text + size && std::strcmp(second, command ? command : "serve") == 0;
}

// What is written lies there for nobody before it is synced or gets its name.
bool shows_something(const char* call) {
  for (const char* each : {"fsync", "rename", "link", "remove", "unlinkat", "mkdir", "rmdir"})
    if (std::strcmp(call, each) == 0) return true;
  return false;
}

void count_down() {
  static const char* const at = ::getenv("TEGATA_KILL_AT");
  static std::atomic<long> left = at ? std::atol(at) : 0;
  if (at && --left == 0) ::raise(SIGKILL);
}

bool names(const Rule& rule, const char* path) {
  if (std::strcmp(rule.path, "-") == 0) return true;
  if (!path) return false;
  const std::size_t size = std::strlen(rule.path), whole = std::strlen(path);
  if (rule.path[size - 1] != '$') return std::strstr(path, rule.path) != nullptr;
  return whole >= size - 1 && std::strncmp(path + whole - (size - 1), rule.path, size - 1) == 0;
}

// Whether this call is to fail; then errno is set.
bool fails(const char* call, const char* path) {
  static const bool ours = is_concerned();
  if (!ours) return false;
  if (shows_something(call)) count_down();
  const int before = errno;
  const std::lock_guard lock(mutex);
  read_rules();
  for (int i = 0; i < rule_count; ++i) {
    Rule& rule = rules[i];
    if (std::strcmp(rule.call, call) != 0 || rule.left < 0) continue;
    if (!names(rule, path)) continue;
    if (rule.left > 0 && --rule.left == 0) rule.left = -1;
    errno = rule.number;
    return true;
  }
  errno = before;
  return false;
}

const char* path_of(int descriptor) { return descriptor >= 0 && descriptor < most_files ? paths[descriptor] : nullptr; }

// By the name that the system has for it: it may have been opened through /proc.
int remember(int descriptor) {
  if (descriptor < 0 || descriptor >= most_files) return descriptor;
  const int before = errno;
  char link[40];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const auto size = ::readlink(link, paths[descriptor], sizeof paths[0] - 1);
  paths[descriptor][size < 0 ? 0 : size] = 0;
  errno = before;
  return descriptor;
}

mode_t mode_of(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(more, int)) : 0;
}

}  // namespace

#define NEXT(name) static const auto real = next<decltype(&name)>(#name)

extern "C" {

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = mode_of(flags, more);
  va_end(more);
  if (fails("open", path)) return -1;
  return remember(next_open(path, flags, mode));
}

// One and the same on 64-bit Linux.
int open(const char* path, int flags, ...) __attribute__((alias("open64")));

int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = mode_of(flags, more);
  va_end(more);
  if (fails("open", path)) return -1;
  static const auto real = next<int (*)(int, const char*, int, ...)>("openat");
  return remember(real(folder, path, flags, mode));
}

// What openat is where the flags are not known when it is compiled.
int __openat_2(int folder, const char* path, int flags) {
  if (fails("open", path)) return -1;
  static const auto real = next<int (*)(int, const char*, int)>("__openat_2");
  return remember(real(folder, path, flags));
}

ssize_t write(int descriptor, const void* data, size_t size) {
  NEXT(write);
  return fails("write", path_of(descriptor)) ? -1 : real(descriptor, data, size);
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t at) {
  NEXT(pwrite64);
  return fails("pwrite", path_of(descriptor)) ? -1 : real(descriptor, data, size, at);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t at) __attribute__((alias("pwrite64")));

int fsync(int descriptor) {
  NEXT(fsync);
  return fails("fsync", path_of(descriptor)) ? -1 : real(descriptor);
}

int fdatasync(int descriptor) {
  NEXT(fdatasync);
  return fails("fsync", path_of(descriptor)) ? -1 : real(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  NEXT(rename);
  return fails("rename", to) ? -1 : real(from, to);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  NEXT(renameat);
  return fails("rename", to) ? -1 : real(from_folder, from, to_folder, to);
}

int link(const char* from, const char* to) noexcept {
  NEXT(link);
  return fails("link", to) ? -1 : real(from, to);
}

int remove(const char* path) noexcept {
  NEXT(remove);
  return fails("remove", path) ? -1 : real(path);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  NEXT(unlinkat);
  return fails("unlinkat", path) ? -1 : real(folder, path, flags);
}

int mkdir(const char* path, mode_t mode) noexcept {
  NEXT(mkdir);
  return fails("mkdir", path) ? -1 : real(path, mode);
}

int rmdir(const char* path) noexcept {
  NEXT(rmdir);
  return fails("rmdir", path) ? -1 : real(path);
}

int accept4(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  NEXT(accept4);
  return fails("accept", nullptr) ? -1 : real(descriptor, address, size, flags);
}

void* mmap64(void* at, size_t size, int rights, int flags, int descriptor, off64_t offset) noexcept {
  NEXT(mmap64);
  return fails("mmap", path_of(descriptor)) ? MAP_FAILED : real(at, size, rights, flags, descriptor, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* value) noexcept {
  NEXT(pthread_create);
  return fails("thread", nullptr) ? errno : real(thread, attributes, run, value);
}

int posix_spawnp(pid_t* child, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const* arguments, char* const* environment) noexcept {
  NEXT(posix_spawnp);
  return fails("spawn", file) ? errno : real(child, file, actions, attributes, arguments, environment);
}
}
