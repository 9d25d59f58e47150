#include "rp/store/engine/connection_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "rp/base/errors.h"
#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

constexpr const char* free_room = "free some of the disk, or give it a larger one";
constexpr const char* look_at_disk = "look at the disk and at what the kernel says of it (dmesg)";
constexpr const char* restore = "keep a copy, and put the last good backup in its place (tegata restore)";

// What was tried when the system refused, of the ways that there are here.
const char* tried(int code) {
  switch (code) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
      return "reading failed";
    case SQLITE_IOERR_WRITE:
      return "writing failed";
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return "syncing to the disk failed";
    case SQLITE_IOERR_TRUNCATE:
      return "truncating failed";
    case SQLITE_IOERR_FSTAT:
      return "asking for its size failed";
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_UNLOCK:
      return "locking failed";
    case SQLITE_IOERR_SHMOPEN:
    case SQLITE_IOERR_SHMSIZE:
    case SQLITE_IOERR_SHMMAP:
      return "the index of its log (-shm) cannot be had";
    default:
      return (code & 0xff) == SQLITE_CANTOPEN ? "it or its log (-wal, -shm) cannot be opened" : "an operation failed";
  }
}

// Of these alone SQLite keeps the errno.
bool has_system_cause(int code) { return (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN; }

std::string system_cause(const SqliteError& error) {
  const auto number = " (SQLite result " + std::to_string(error.code) + ")";
  return std::string(tried(error.code)) + ": " + (error.system == 0 ? error.message : std::strerror(error.system)) +
         number;
}

// Nothing was written then. What a failed sync left is unknown.
bool is_full(const SqliteError& error) {
  if ((error.code & 0xff) == SQLITE_FULL) return true;
  const bool no_room = error.system == ENOSPC || error.system == EDQUOT;
  return has_system_cause(error.code) && no_room && error.code != SQLITE_IOERR_FSYNC &&
         error.code != SQLITE_IOERR_DIR_FSYNC;
}

const char* next_step(const SqliteError& error) {
  switch (error.system) {
    case ENOSPC:
    case EDQUOT:
      return free_room;
    case EMFILE:
    case ENFILE:
      return "allow more open files (LimitNOFILE)";
    case EACCES:
    case EPERM:
      return "give it to the user that the server runs as";
    case ENOMEM:
      return "give the server more memory";
    default:
      return look_at_disk;
  }
}

std::string sentence(const std::string& path, const std::string& cause, const std::string& step) {
  return path + ": " + cause + ": " + step;
}

}  // namespace

bool is_damage(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || code == SQLITE_IOERR_READ ||
         code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
}

Error damaged_database(const std::string& path, const std::string& what) {
  return Error(errors::store_damaged, sentence(path, what, restore));
}

Error describe_sqlite_error(const std::string& path, const SqliteError& error) {
  if (is_full(error)) return Error(errors::store_disk_full, sentence(path, "the disk is full", free_room));
  if (has_system_cause(error.code))
    return Error(errors::store_unavailable, sentence(path, system_cause(error), next_step(error)));
  switch (error.code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(errors::store_busy, sentence(path, "another process holds it for too long",
                                                "find it (`fuser " + path + "`), or wait until it is done"));
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Error(errors::internal, sentence(path, error.message, "tell the makers: a statement is wrong"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged_database(path, error.message);
    case SQLITE_NOMEM:
      return Error(errors::store_unavailable, sentence(path, "there is no memory left", "give the server more"));
    case SQLITE_READONLY:
      return Error(errors::store_unavailable, sentence(path, "it can only be read (" + error.message + ")",
                                                       "give it, its log and its folder to the user of the server, "
                                                       "on a disk that takes writes"));
    case SQLITE_INTERRUPT:
      return Error(errors::store_unavailable, sentence(path, "the statement was ended early", "nothing is to be done"));
    default:
      return Error(errors::store_unavailable,
                   sentence(path, error.message + " (SQLite result " + std::to_string(error.code) + ")", look_at_disk));
  }
}

}  // namespace tegata::store::engine
