// A disk that gets full: grants are refused while there is still room for what takes away.
#pragma once

#include "rp/base/result.h"
#include "rp/store/engine/options.h"

namespace tegata::store::engine {

class DiskRoom {
 public:
  explicit DiskRoom(const Options&);

  // One system call. Errors: store_disk_full, where less than the reserve is free, with the folder and what to do;
  // store_unavailable, where the disk does not answer.
  Status verify() const;

 private:
  std::string folder_;
  std::uint64_t reserve_;
  FreeSpace free_space_;
};

}  // namespace tegata::store::engine
