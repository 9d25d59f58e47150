// Whether the files that a server holds open are still those at their paths: what is written into one that was removed,
// or moved away, nobody finds again.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "rp/base/result.h"

namespace tegata::store::engine {

class OpenFiles {
 public:
  // REQUIRES: they are open. Error: store_files_gone.
  static Result<OpenFiles> at(const std::vector<std::string>& paths);

  // One system call for each. Error: store_files_gone, with the path and what to do.
  Status verify() const;

 private:
  struct File {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  OpenFiles() = default;
  std::vector<File> files_;
};

}  // namespace tegata::store::engine
