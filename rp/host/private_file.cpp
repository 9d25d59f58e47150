#include "rp/host/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "rp/host/errors.h"
#include "rp/host/file_parts.h"

namespace tegata::host {
namespace {

namespace fs = std::filesystem;
constexpr int most_links = 8;

fs::path folder_of(const std::string& path) {
  auto folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

struct Folder {
  Descriptor descriptor;
  struct stat facts {};
};

Result<Folder> open_folder(const fs::path& path) {
  Folder out;
  out.descriptor = Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!out.descriptor) return not_opened(path.string());
  if (::fstat(out.descriptor.get(), &out.facts) != 0) return not_opened(path.string());
  return out;
}

Status verify_not_replaceable(const fs::path& path, const struct stat& folder) {
  if ((folder.st_mode & S_IWOTH) == 0 || (folder.st_mode & S_ISVTX) != 0) return {};
  return Error(errors::file_open_to_others,
               describe(path.string(), folder) + ": anybody may replace what lies there: chmod o-w " + path.string());
}

bool may_own(uid_t owner, const struct stat& folder) {
  const auto we = ::geteuid();
  return owner == 0 || owner == we || (we == 0 && owner == folder.st_uid);
}

std::string wanted_owner(const struct stat& folder) {
  const auto we = ::geteuid();
  return name_of_user(we == 0 ? folder.st_uid : we);
}

Error wrong_owner(const std::string& path, const struct stat& facts, const struct stat& folder) {
  const auto wanted = wanted_owner(folder);
  const std::string who = wanted == "root" ? wanted : "root or " + wanted;
  const std::string command = S_ISLNK(facts.st_mode) ? "chown -h " : "chown ";
  // Root cannot know that the service runs as that user, who must not lose his file by root's following the advice.
  const std::string other =
      ::geteuid() == 0 ? ", or run this as " + name_of_user(facts.st_uid) + " if tegata does" : "";
  return Error(errors::file_open_to_others,
               describe(path, facts) + ": must belong to " + who + ": " + command + wanted + " " + path + other);
}

Status judge(const std::string& path, const struct stat& facts, const struct stat& folder) {
  if (!S_ISREG(facts.st_mode)) return Error(errors::file_unreadable, path + ": is no regular file");
  if (!may_own(facts.st_uid, folder)) return wrong_owner(path, facts, folder);
  const auto refuse = [&](const char* what) {
    return Error(errors::file_open_to_others, describe(path, facts) + ": " + what + ": chmod 0600 " + path);
  };
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) return refuse("others than its owner may write it");
  if ((facts.st_mode & S_IRWXO) != 0) return refuse("others may read it");
  const bool group_is_known = facts.st_uid == 0 || facts.st_gid == ::getegid() || ::geteuid() == 0;
  if ((facts.st_mode & S_IRGRP) != 0 && !group_is_known) return refuse("a group that is not ours may read it");
  return {};
}

struct Opened {
  Descriptor file;
  std::string path;  // behind links
};

Result<Opened> open_judged(const std::string& path, int flags, int links);

Error not_followed(const std::string& path) {
  return Error(errors::file_unreadable, path + ": is a link that cannot be followed");
}

Result<std::string> target_of(const std::string& path, const Folder& folder) {
  const auto name = fs::path(path).filename();
  struct stat link {};
  std::array<char, PATH_MAX> target{};
  const auto failed = ::fstatat(folder.descriptor.get(), name.c_str(), &link, AT_SYMLINK_NOFOLLOW) != 0 ||
                      ::readlinkat(folder.descriptor.get(), name.c_str(), target.data(), target.size() - 1) < 0;
  if (failed) return not_followed(path);
  if (!may_own(link.st_uid, folder.facts)) return wrong_owner(path, link, folder.facts);
  return (folder_of(path) / target.data()).string();
}

Result<Opened> follow(const std::string& path, const Folder& folder, int flags, int links) {
  if (links == 0) return not_followed(path);
  TEGATA_ASSIGN(const auto target, target_of(path, folder));
  return open_judged(target, flags, links - 1);
}

Result<Opened> open_judged(const std::string& path, int flags, int links) {
  TEGATA_ASSIGN(const Folder folder, open_folder(folder_of(path)));
  TEGATA_TRY(verify_not_replaceable(folder_of(path), folder.facts));
  const auto name = fs::path(path).filename();
  Descriptor file(
      ::openat(folder.descriptor.get(), name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && errno == ELOOP) return follow(path, folder, flags, links);
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0) return not_opened(path);
  if (S_ISLNK(facts.st_mode)) return follow(path, folder, flags, links);
  TEGATA_TRY(judge(path, facts, folder.facts));
  return Opened{std::move(file), path};
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0;
}

Error not_written(const std::string& path, const char* what) {
  return Error(errors::file_not_written, path + ": " + what + ": " + std::strerror(errno));
}

Result<Folder> open_folder_to_write(const std::string& path) {
  auto folder = open_folder(folder_of(path));
  if (!folder) return Error(errors::file_not_written, folder.error().detail());
  const auto judged = verify_not_replaceable(folder_of(path), folder->facts);
  if (!judged) return Error(errors::file_not_written, judged.error().detail());
  return folder;
}

Result<Descriptor> create(const Folder& folder, const std::string& path, const std::string& name, mode_t mode) {
  Descriptor file(::openat(folder.descriptor.get(), name.c_str(),
                           O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600));
  if (!file) return not_written(path, "cannot be made");
  // Whoever owns the folder may do what he likes with the file anyway, and is the one who has to read it.
  const bool given = ::geteuid() != 0 || ::fchown(file.get(), folder.facts.st_uid, static_cast<gid_t>(-1)) == 0;
  if (!given || ::fchmod(file.get(), mode) != 0) return not_written(path, "cannot be given its rights");
  return file;
}

bool put(const Folder& folder, const std::string& temporary, const std::string& name, bool keep) {
  const int at = folder.descriptor.get();
  if (!keep) return ::renameat(at, temporary.c_str(), at, name.c_str()) == 0;
  const bool placed = ::linkat(at, temporary.c_str(), at, name.c_str(), 0) == 0 || errno == EEXIST;
  ::unlinkat(at, temporary.c_str(), 0);
  return placed;
}

Status write_file(const std::string& path, std::string_view text, mode_t mode, bool keep) {
  TEGATA_ASSIGN(const Folder folder, open_folder_to_write(path));
  const auto name = fs::path(path).filename().string();
  const auto temporary = name + ".new-" + std::to_string(::getpid());
  // What was left there, or put there by others, is not written into.
  ::unlinkat(folder.descriptor.get(), temporary.c_str(), 0);
  TEGATA_ASSIGN(const Descriptor file, create(folder, path, temporary, mode));
  if (!write_all(file.get(), text) || !put(folder, temporary, name, keep)) {
    const auto error = not_written(path, "cannot be written");
    ::unlinkat(folder.descriptor.get(), temporary.c_str(), 0);
    return error;
  }
  if (::fsync(folder.descriptor.get()) != 0) return not_written(path, "its folder cannot be synced");
  return {};
}

}  // namespace

Result<Descriptor> open_private_file(const std::string& path, int flags) {
  TEGATA_ASSIGN(Opened opened, open_judged(path, flags, most_links));
  return std::move(opened.file);
}

Result<std::string> read_private_file(const std::string& path, std::size_t most) {
  TEGATA_ASSIGN(const Descriptor file, open_private_file(path, O_RDONLY));
  return read_all(file.get(), path, most);
}

Result<std::string> verify_private_file(const std::string& path) {
  TEGATA_ASSIGN(const Opened opened, open_judged(path, O_PATH, most_links));
  return opened.path;
}

Result<std::string> place_behind_links(const std::string& path) {
  auto at = path;
  for (int links = most_links; links >= 0; --links) {
    struct stat facts {};
    if (::lstat(at.c_str(), &facts) != 0 || !S_ISLNK(facts.st_mode)) return at;
    TEGATA_ASSIGN(const Folder folder, open_folder(folder_of(at)));
    TEGATA_TRY(verify_not_replaceable(folder_of(at), folder.facts));
    TEGATA_ASSIGN(at, target_of(at, folder));
  }
  return not_followed(path);
}

bool is_there(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

Result<Descriptor> create_private_file(const std::string& path) {
  TEGATA_ASSIGN(const Folder folder, open_folder_to_write(path));
  return create(folder, path, fs::path(path).filename().string(), 0600);
}

Status write_private_file(const std::string& path, std::string_view text, bool keep) {
  return write_file(path, text, 0600, keep);
}

Status write_public_file(const std::string& path, std::string_view text) { return write_file(path, text, 0644, false); }

Status sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file && folder && ::fsync(file.get()) == 0 && ::fsync(folder.get()) == 0) return {};
  return not_written(path, "cannot be synced");
}

Status make_private_directory(const std::string& path) {
  std::error_code failed;
  if (path.empty() || fs::is_directory(path, failed)) return {};
  const auto above = folder_of(fs::path(path).has_filename() ? path : fs::path(path).parent_path().string());
  TEGATA_TRY(make_private_directory(above.string()));
  if (::mkdir(path.c_str(), 0700) != 0) return not_written(path, "cannot be made");
  struct stat facts {};
  // As a file: for root, it belongs to whom the folder above belongs to.
  if (::geteuid() == 0 && ::stat(above.c_str(), &facts) == 0 &&
      ::lchown(path.c_str(), facts.st_uid, static_cast<gid_t>(-1)) != 0) {
    return not_written(path, "cannot be given its rights");
  }
  return {};
}

Status verify_place(const std::string& directory) {
  const fs::path path(directory.ends_with('/') ? directory.substr(0, directory.size() - 1) : directory);
  if (!path.empty() && !is_there(path.string())) return verify_place(folder_of(path.string()).string());
  TEGATA_TRY(verify_folder(path.string()));
  if (::faccessat(AT_FDCWD, path.empty() ? "." : path.c_str(), W_OK, AT_EACCESS) == 0) return {};
  return not_written(path.string(), "nothing can be made there");
}

Status verify_folder(const std::string& folder) {
  TEGATA_ASSIGN(const Folder opened, open_folder(folder.empty() ? "." : folder));
  return verify_not_replaceable(folder, opened.facts);
}

}  // namespace tegata::host
