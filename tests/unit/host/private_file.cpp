// Who may read and write a file that keeps a secret, and how one is made.
#include "rp/host/private_file.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "rp/host/errors.h"
#include "rp/host/private_stream.h"
#include "rp/host/public_file.h"

namespace tegata::host {
namespace {

namespace fs = std::filesystem;
constexpr uid_t nobody = 65534;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("tegata-host-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string put(const std::string& name, mode_t mode, const std::string& text = "secret") const {
    std::ofstream(file(name)) << text;
    ::chmod(file(name).c_str(), mode);
    return file(name);
  }

 private:
  fs::path path_;
};

struct stat facts_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts;
}

mode_t mode_of(const std::string& path) { return facts_of(path).st_mode & 07777; }

void check_refused(const std::string& path, ErrorCode code, const char* words) {
  const auto read = read_private_file(path);
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == code);
  CHECK_THAT(read.error().detail(), Catch::Matchers::Contains(words));
  const auto judged = verify_private_file(path);
  // What is empty or too large is no matter of rights.
  if (code == errors::file_open_to_others) {
    REQUIRE_FALSE(judged);
    CHECK(judged.error().detail() == read.error().detail());
  }
}

// In a process of that user, whose exit code it gives.
int as_user(uid_t user, gid_t group, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(group) == 0 && ::setuid(user) == 0;
    ::_exit(changed ? work() : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("SKIPPED 1: not root");
  return false;
}

}  // namespace

TEST_CASE("a private file is read whatever rights its owner has; any right of others refuses it, with the way out") {
  const Folder folder;
  for (const mode_t mode : {0600, 0400, 0700}) CHECK(read_private_file(folder.put("key", mode)) == "secret");
  for (const mode_t mode : {0604, 0602, 0601, 0644, 0666, 0777}) {
    const auto path = folder.put("key", mode);
    check_refused(path, errors::file_open_to_others, ("chmod 0600 " + path).c_str());
  }
  for (const mode_t mode : {0620, 0660})
    check_refused(folder.put("key", mode), errors::file_open_to_others, "may write it");
  const auto detail = read_private_file(folder.put("key", 0644)).error().detail();
  CHECK_THAT(detail, Catch::Matchers::StartsWith(folder.file("key") + " (mode 0644, owner "));
}

TEST_CASE("what is no file, empty or too large is refused") {
  const Folder folder;
  fs::create_directory(folder.file("folder"));
  check_refused(folder.file("folder"), errors::file_unreadable, "no regular file");
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  check_refused(folder.file("pipe"), errors::file_unreadable, "no regular file");
  check_refused(folder.file("none"), errors::file_unreadable, "No such file");
  check_refused(folder.put("empty", 0600, ""), errors::file_unreadable, "is empty");
  check_refused(folder.put("large", 0600, std::string(largest_secret + 1, 'x')), errors::file_unreadable, "more than");
  CHECK(read_private_file(folder.put("large", 0600, std::string(largest_secret, 'x'))));
}

TEST_CASE("the owner is root or we; for root, also whoever owns the folder") {
  if (!is_root()) return;
  const Folder folder;
  const auto path = folder.put("key", 0600);
  REQUIRE(::chown(path.c_str(), nobody, nobody) == 0);
  check_refused(path, errors::file_open_to_others, ("chown root " + path).c_str());
  REQUIRE(::chown(folder.file("").c_str(), nobody, nobody) == 0);
  CHECK(read_private_file(path));
  REQUIRE(::chown(path.c_str(), 1234, nobody) == 0);
  check_refused(path, errors::file_open_to_others, "owner uid 1234");
}

TEST_CASE("the group may read what root gave it, and what is of our own group") {
  if (!is_root()) return;
  const Folder folder;
  ::chmod(folder.file("").c_str(), 0755);
  const auto path = folder.put("key", 0640);
  const auto code = [&](uid_t user, gid_t group) {
    REQUIRE(::chown(path.c_str(), user, group) == 0);
    return as_user(1234, 1234, [&] {
      const auto read = read_private_file(path);
      return read ? 0 : read.error().code() == errors::file_open_to_others ? 1 : 2;
    });
  };
  CHECK(code(0, 1234) == 0);
  CHECK(code(1234, 1234) == 0);
  CHECK(code(1234, 4321) == 1);  // ours, and a group that is not
  CHECK(code(0, 4321) == 2);     // not for us
}

TEST_CASE("in a folder where anybody may replace the file it is no secret, unless the sticky bit keeps it") {
  const Folder folder;
  const auto path = folder.put("key", 0600);
  ::chmod(folder.file("").c_str(), 0777);
  check_refused(path, errors::file_open_to_others, "chmod o-w");
  CHECK(create_private_file(folder.file("new")).error().code() == errors::file_not_written);
  CHECK(write_private_file(path, "x", false).error().code() == errors::file_not_written);
  ::chmod(folder.file("").c_str(), 01777);
  CHECK(read_private_file(path));
}

TEST_CASE("a link is followed where root or we made it, in as many steps as mounts have, and never in circles") {
  const Folder folder;
  fs::create_directory(folder.file("..1"));
  folder.put("..1/key", 0400);
  fs::create_directory_symlink("..1", folder.file("..data"));
  fs::create_symlink("..data/key", folder.file("key"));
  CHECK(read_private_file(folder.file("key")) == "secret");
  CHECK(verify_private_file(folder.file("key")) == folder.file("..data/key"));
  fs::create_symlink("circle", folder.file("circle"));
  check_refused(folder.file("circle"), errors::file_unreadable, "cannot be followed");
  CHECK(place_behind_links(folder.file("key")) == folder.file("..data/key"));
  CHECK(place_behind_links(folder.file("plain")) == folder.file("plain"));
  fs::create_symlink("..data/none", folder.file("none"));
  CHECK(place_behind_links(folder.file("none")) == folder.file("..data/none"));
  CHECK(place_behind_links(folder.file("circle")).error().code() == errors::file_unreadable);
  ::chmod(folder.file("..1/key").c_str(), 0444);
  check_refused(folder.file("key"), errors::file_open_to_others, "..data/key (mode 0444");
  ::chmod(folder.file("..1/key").c_str(), 0400);
  if (!is_root()) return;
  REQUIRE(::lchown(folder.file("key").c_str(), nobody, nobody) == 0);
  check_refused(folder.file("key"), errors::file_open_to_others, "chown -h root");
  CHECK(place_behind_links(folder.file("key")).error().code() == errors::file_open_to_others);
}

TEST_CASE("defect: a key that was there with rights for everybody was taken for ours") {
  const Folder folder;
  const auto elsewhere = folder.put("elsewhere", 0666, "theirs");
  fs::create_symlink(elsewhere, folder.file("key"));
  REQUIRE(write_private_file(folder.file("key"), "ours", false));
  CHECK(fs::is_regular_file(fs::symlink_status(folder.file("key"))));
  CHECK(mode_of(folder.file("key")) == 0600);
  CHECK(read_input(elsewhere) == "theirs");
  // Where what is there stays, it is not touched either, and the reader refuses it.
  const auto open = folder.put("open", 0666, "theirs");
  REQUIRE(write_private_file(open, "ours", true));
  check_refused(open, errors::file_open_to_others, "mode 0666");
  fs::create_symlink(folder.file("nowhere"), folder.file("dangling"));
  REQUIRE(write_private_file(folder.file("dangling"), "ours", true));
  CHECK_FALSE(fs::exists(folder.file("nowhere")));
  CHECK(create_private_file(folder.file("dangling")).error().code() == errors::file_not_written);
  CHECK_FALSE(fs::exists(folder.file("nowhere")));
}

TEST_CASE("what is written is whole, private whatever the umask, and leaves nothing beside it") {
  const Folder folder;
  for (const mode_t mask : {0000, 0077, 0277}) {
    const auto before = ::umask(mask);
    const auto secret = write_private_file(folder.file("key"), "one", false);
    const auto open = write_public_file(folder.file("certificate"), "two");
    ::umask(before);
    REQUIRE(secret);
    REQUIRE(open);
    CHECK(mode_of(folder.file("key")) == 0600);
    CHECK(mode_of(folder.file("certificate")) == 0644);
  }
  CHECK(std::distance(fs::directory_iterator(folder.file("")), fs::directory_iterator()) == 2);
  CHECK(write_private_file(folder.file("none/key"), "x", false).error().code() == errors::file_not_written);
}

TEST_CASE("what root makes for a service belongs to it") {
  if (!is_root()) return;
  const Folder folder;
  REQUIRE(::chown(folder.file("").c_str(), 1234, 1234) == 0);
  REQUIRE(write_private_file(folder.file("key"), "x", true));
  CHECK(facts_of(folder.file("key")).st_uid == 1234);
  REQUIRE(make_private_directory(folder.file("a/b")));
  CHECK(facts_of(folder.file("a/b")).st_uid == 1234);
  CHECK(mode_of(folder.file("a/b")) == 0700);
  CHECK(mode_of(folder.file("a")) == 0700);
}

TEST_CASE("a stream takes its place when it is finished, and none where it is not") {
  const Folder folder;
  folder.put("log", 0644, "before");
  {
    auto stream = PrivateStream::begin(folder.file("log"));
    REQUIRE(stream);
    (*stream)->out() << "half";
  }
  CHECK(read_input(folder.file("log")) == "before");
  auto stream = PrivateStream::begin(folder.file("log"));
  REQUIRE(stream);
  (*stream)->out() << "whole\n";
  REQUIRE((*stream)->finish());
  CHECK(read_private_file(folder.file("log")) == "whole\n");
  CHECK(std::distance(fs::directory_iterator(folder.file("")), fs::directory_iterator()) == 1);
}

TEST_CASE("defect: a stream into what the caller had opened took the place of its name, of /dev/stdout for root") {
  const Folder folder;
  folder.put("log", 0600, "before\n");
  const Descriptor open(::open(folder.file("log").c_str(), O_WRONLY | O_CLOEXEC));
  fs::create_symlink("/proc/self/fd/" + std::to_string(open.get()), folder.file("stdout"));
  auto stream = PrivateStream::begin(folder.file("stdout"));
  REQUIRE(stream);
  (*stream)->out() << "line\n";
  REQUIRE((*stream)->finish());
  CHECK(fs::is_symlink(folder.file("stdout")));
  CHECK(read_private_file(folder.file("log")) == "before\nline\n");
}

TEST_CASE("a file that is believed may be read by all, and not written by all") {
  const Folder folder;
  CHECK(read_public_file(folder.put("ca.pem", 0664)) == "secret");
  fs::create_symlink("ca.pem", folder.file("link"));
  CHECK(read_public_file(folder.file("link")) == "secret");
  const auto open = read_public_file(folder.put("ca.pem", 0666));
  REQUIRE_FALSE(open);
  CHECK(open.error().code() == errors::file_open_to_others);
  CHECK(read_public_file(folder.put("ca.pem", 0644), 5).error().code() == errors::file_unreadable);
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(read_public_file(folder.file("pipe")).error().code() == errors::file_unreadable);
}

}  // namespace tegata::host
