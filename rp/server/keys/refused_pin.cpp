#include "rp/server/keys/refused_pin.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "rp/host/file_parts.h"
#include "rp/host/private_file.h"
#include "rp/server/config/errors.h"

namespace tegata::server::keys {
namespace {

std::string moment(const timespec& time) { return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec); }

Error refusal(const std::string& why) {
  return Error(
      errors::pkcs11_pin_refused,
      why + ": not tried again until [signing_keys] pin_file has changed; after unlocking the token, touch it");
}

}  // namespace

Result<PinFile> read_pin_file(const std::string& path) {
  TEGATA_ASSIGN(const auto opened, host::open_private_file(path, O_RDONLY));
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0) return Error(errors::pkcs11_unusable, path + " cannot be read");
  PinFile file;
  TEGATA_ASSIGN(file.pin, host::read_all(opened.get(), path, host::largest_secret));
  while (file.pin.ends_with('\n') || file.pin.ends_with('\r')) file.pin.pop_back();
  if (file.pin.empty()) return Error(errors::pkcs11_unusable, path + " is empty");
  file.edition = path + " " + std::to_string(about.st_ino) + " " + std::to_string(about.st_size) + " " +
                 moment(about.st_mtim) + " " + moment(about.st_ctim);
  return file;
}

std::string RefusedPin::marked(const PinFile& file) const { return token_ + "\n" + file.edition + "\n"; }

Status RefusedPin::verify(const PinFile& file) {
  const std::lock_guard lock(mutex_);
  const auto mark = marked(file);
  if (refused_ == mark) return refusal(why_);
  const auto kept = mark_.empty() ? Result<std::string>(std::string()) : host::read_private_file(mark_);
  if (!kept || !kept->starts_with(mark)) return {};
  refused_ = mark;
  why_ = kept->substr(mark.size());
  return refusal(why_);
}

Error RefusedPin::note(const PinFile& file, const std::string& why) {
  const std::lock_guard lock(mutex_);
  refused_ = marked(file);
  why_ = why;
  if (mark_.empty()) return refusal(why);
  auto kept = host::make_private_directory(std::filesystem::path(mark_).parent_path().string());
  if (kept) kept = host::write_private_file(mark_, refused_ + why, false);
  return kept ? refusal(why) : refusal(why + " (" + kept.error().detail() + ", so the next start tries once more)");
}

void RefusedPin::forget() {
  const std::lock_guard lock(mutex_);
  refused_.clear();
  why_.clear();
  std::error_code ignored;
  if (!mark_.empty()) std::filesystem::remove(mark_, ignored);
}

std::optional<std::string> RefusedPin::current() const {
  const std::lock_guard lock(mutex_);
  return refused_.empty() ? std::nullopt : std::optional(why_);
}

}  // namespace tegata::server::keys
