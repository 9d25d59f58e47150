#include "rp/sandbox/running.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace tegata::sandbox {
namespace {

namespace fs = std::filesystem;

std::string folder_of_links() { return "/tmp/tegata-" + std::to_string(::geteuid()) + "-running"; }

// Ours alone: what others could have put there leads nowhere.
bool is_ours() {
  struct stat found {};
  return ::lstat(folder_of_links().c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::geteuid() &&
         (found.st_mode & 0777) == 0700;
}

}  // namespace

Running::Running(const Layout& layout) {
  ::mkdir(folder_of_links().c_str(), 0700);
  if (!is_ours()) return;
  std::error_code ignored;
  const auto link = folder_of_links() + "/" + std::to_string(layout.port_base);
  fs::remove(link, ignored);  // of one that was killed: the port is ours now
  fs::create_directory_symlink(layout.directory, link, ignored);
  if (!ignored) link_ = link;
}

Running::~Running() {
  std::error_code ignored;
  if (!link_.empty()) fs::remove(link_, ignored);
}

std::optional<std::string> folder_running_at(const std::string& url) {
  const std::string_view scheme = "https://";
  const auto colon = url.find_first_of(":/?#", scheme.size());
  if (!url.starts_with(scheme) || colon == std::string::npos || url[colon] != ':' || !is_ours()) return std::nullopt;
  const auto port = url.substr(colon + 1, url.find_first_not_of("0123456789", colon + 1) - colon - 1);
  std::error_code failed;
  const auto folder = fs::read_symlink(folder_of_links() + "/" + port, failed);
  return failed ? std::nullopt : std::optional(folder.string());
}

}  // namespace tegata::sandbox
