#include "rp/host/private_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <ext/stdio_filebuf.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "rp/host/errors.h"
#include "rp/host/private_file.h"

namespace tegata::host {
namespace {

bool is_pipe_or_device(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode));
}

// Whether it names a descriptor that somebody opened for us (/dev/stdout, /dev/fd/3): its place is no file's.
bool is_open_already(std::filesystem::path path) {
  std::error_code failed;
  for (int links = 0; links < 8; ++links) {
    if (std::filesystem::weakly_canonical(path.parent_path(), failed).native().starts_with("/proc/")) return true;
    const auto target = std::filesystem::read_symlink(path, failed);
    if (failed) return false;
    path = path.parent_path() / target;
  }
  return false;
}

Error not_streamed(const std::string& path) {
  return Error(errors::file_not_written, path + ": cannot be written: " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<PrivateStream>> PrivateStream::begin(const std::string& path) {
  std::unique_ptr<PrivateStream> stream(new PrivateStream);
  stream->path_ = path;
  if (is_pipe_or_device(path) || is_open_already(path)) {
    stream->file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC));
    if (!stream->file_) return not_streamed(path);
  } else {
    const auto temporary = path + ".new-" + std::to_string(::getpid());
    ::unlink(temporary.c_str());
    TEGATA_ASSIGN(stream->file_, create_private_file(temporary));
    stream->temporary_ = temporary;
  }
  stream->buffer_ = std::make_unique<__gnu_cxx::stdio_filebuf<char>>(::dup(stream->file_.get()), std::ios::out);
  stream->out_ = std::make_unique<std::ostream>(stream->buffer_.get());
  return stream;
}

PrivateStream::~PrivateStream() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status PrivateStream::finish() {
  if (!out_->flush()) return not_streamed(path_);
  if (temporary_.empty()) return {};
  if (::fsync(file_.get()) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) return not_streamed(path_);
  temporary_.clear();
  return sync_file(path_);
}

}  // namespace tegata::host
