// A private file that is written in parts.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "rp/base/result.h"
#include "rp/host/descriptor.h"

namespace tegata::host {

class PrivateStream {
 public:
  // Into a new file beside `path`, which takes that place in finish(); into a pipe or a device that stands there
  // already, and into an open descriptor (/dev/stdout), as it is. Error: file_not_written.
  static Result<std::unique_ptr<PrivateStream>> begin(const std::string& path);
  // What was not finished is taken away.
  ~PrivateStream();

  std::ostream& out() { return *out_; }
  // On the disk, and in its place. Error: file_not_written.
  Status finish();

 private:
  PrivateStream() = default;
  std::string path_, temporary_;  // temporary_ is empty where nothing is put in place
  Descriptor file_;
  std::unique_ptr<std::streambuf> buffer_;
  std::unique_ptr<std::ostream> out_;
};

}  // namespace tegata::host
