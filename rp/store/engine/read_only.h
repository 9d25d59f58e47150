// A database in a folder in which nothing may be written: a mount that is read-only, a medium, files of somebody else.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "rp/base/result.h"

namespace tegata::store::engine {

// Whether the database and what SQLite puts beside it can be written. Error: store_unavailable, by path.
Status verify_writable(const std::string& database);

// A file that SQLite reads without the index that it would have to make beside it. It is right as long as nobody else
// writes to it by another way, which is asked at the end.
class StillFile {
 public:
  // Nothing where SQLite can read as ever: the folder may be written, or the index of a write-ahead log is there.
  // Error: store_unavailable, where a write-ahead log without an index lies beside it: without it the answer would be
  // an old one.
  static Result<std::optional<StillFile>> find(const std::string& database);
  // As it is now.
  static StillFile of(const std::string& database) { return StillFile(database, look(database)); }
  // For SQLite.
  std::string uri() const;
  // Error: store_busy, where it was written since.
  Status verify() const;

 private:
  struct Edition {
    timespec changed{};
    off_t size = 0;
    ino_t number = 0;
    bool operator==(const Edition& other) const {
      return changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec && size == other.size &&
             number == other.number;
    }
  };
  static Edition look(const std::string& path);
  StillFile(std::string path, Edition edition) : path_(std::move(path)), edition_(edition) {}

  std::string path_;
  Edition edition_;
};

}  // namespace tegata::store::engine
