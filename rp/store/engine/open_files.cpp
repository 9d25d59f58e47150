#include "rp/store/engine/open_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

Error file_is_gone(const std::string& path, const std::string& why) {
  return Error(errors::store_files_gone,
               path + ": " + why +
                   ": nothing is written, as nobody would find it; put the file back where it was (as " +
                   "long as the server runs, root can copy it from /proc/" + std::to_string(::getpid()) +
                   "/fd), then start the server again");
}

}  // namespace

Result<OpenFiles> OpenFiles::at(const std::vector<std::string>& paths) {
  OpenFiles out;
  for (const auto& path : paths) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return file_is_gone(path, std::strerror(errno));
    out.files_.push_back({path, facts.st_dev, facts.st_ino});
  }
  return out;
}

Status OpenFiles::verify() const {
  for (const auto& file : files_) {
    struct stat facts {};
    if (::stat(file.path.c_str(), &facts) != 0) return file_is_gone(file.path, std::strerror(errno));
    if (facts.st_dev != file.device || facts.st_ino != file.inode)
      return file_is_gone(file.path, "another file lies there than the one that is open");
  }
  return {};
}

}  // namespace tegata::store::engine
