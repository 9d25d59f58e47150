#include "rp/store/engine/server_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "rp/host/private_file.h"
#include "rp/store/engine/database_file.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

std::string lock_of(const std::string& database) { return real_path_of(database) + ".lock"; }

// Of the open file, not of the process: no other descriptor of it ends it. Asked for, it meets locks of either kind.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string named_in(int file) {
  std::array<char, 32> text{};
  const auto size = ::pread(file, text.data(), text.size(), 0);
  const std::string id(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return id.empty() ? "another process" : "process " + id.substr(0, id.find('\n'));
}

Error in_use(const std::string& database, const std::string& holder) {
  return Error(errors::store_in_use,
               database + " is in use by a server (" + holder + "): stop that one first, or name another database");
}

Result<host::Descriptor> open_lock(const std::string& path) {
  if (!host::is_there(path)) {
    const auto made = host::create_private_file(path);
    // Another process may have been quicker.
    if (!made && !host::is_there(path)) return made.error();
  }
  return host::open_private_file(path, O_RDWR);
}

// For people to read; the lock holds without it, on a full disk say.
void write_name(int file) {
  const auto id = std::to_string(::getpid()) + "\n";
  if (::pwrite(file, id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) (void)!::ftruncate(file, 0);
}

// Of SQLite's locks only those of processes name one.
Status verify_unlocked(const std::string& path, const std::string& database) {
  if (!host::is_there(path)) return {};
  TEGATA_ASSIGN(const auto file, host::open_private_file(path, O_RDONLY));
  auto asked = whole_file();
  if (::fcntl(file.get(), F_OFD_GETLK, &asked) != 0) {
    return Error(errors::store_unavailable, path + ": cannot be asked who has it open: " + std::strerror(errno));
  }
  if (asked.l_type == F_UNLCK) return {};
  const auto who = asked.l_pid > 0 ? "process " + std::to_string(asked.l_pid) : "another process";
  return Error(errors::store_in_use, database + " is open in " + who +
                                         ", which would go on with a file that lies there no more: `fuser -v " +
                                         real_path_of(database) + "` names all that have it open; end those first");
}

}  // namespace

// SQLite holds a lock on the file, and one on the index of its log, as long as a connection has read from it once.
Status verify_closed(const std::string& database) {
  for (const char* tail : {"", "-shm"}) TEGATA_TRY(verify_unlocked(real_path_of(database) + tail, database));
  return {};
}

Result<ServerLock> ServerLock::take(const std::string& database) {
  const auto path = lock_of(database);
  TEGATA_ASSIGN(auto file, open_lock(path));
  auto wanted = whole_file();
  if (::fcntl(file.get(), F_OFD_SETLK, &wanted) != 0) {
    if (errno == EAGAIN || errno == EACCES) return in_use(database, named_in(file.get()));
    return Error(errors::store_unavailable,
                 path + ": cannot be locked: " + std::strerror(errno) + ": put the database where files can be locked");
  }
  write_name(file.get());
  return ServerLock(std::move(file));
}

std::string ServerLock::holder(const std::string& database) {
  const auto file = host::open_private_file(lock_of(database), O_RDONLY);
  if (!file) return "";
  auto asked = whole_file();
  const bool free = ::fcntl(file->get(), F_OFD_GETLK, &asked) != 0 || asked.l_type == F_UNLCK;
  return free ? "" : named_in(file->get());
}

}  // namespace tegata::store::engine
