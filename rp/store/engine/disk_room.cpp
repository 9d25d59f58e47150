#include "rp/store/engine/disk_room.h"

#include <sys/statvfs.h>

#include <filesystem>

#include "rp/store/engine/errors.h"

namespace tegata::store::engine {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

std::optional<std::uint64_t> ask_disk(const std::string& folder) {
  struct statvfs answer {};
  if (::statvfs(folder.c_str(), &answer) != 0) return std::nullopt;
  return std::uint64_t{answer.f_bavail} * answer.f_frsize;
}

}  // namespace

DiskRoom::DiskRoom(const Options& options)
    : folder_(std::filesystem::absolute(options.database).parent_path().string()),
      reserve_(options.reserve),
      free_space_(options.free_space ? options.free_space : ask_disk) {}

Status DiskRoom::verify() const {
  const auto free = free_space_(folder_);
  if (!free)
    return Error(errors::store_unavailable,
                 folder_ + ": the disk does not say what is free: look whether it is still mounted");
  if (*free >= reserve_) return {};
  return Error(errors::store_disk_full, folder_ + ": " + std::to_string(*free / mebibyte) + " MiB are free, and " +
                                            std::to_string(reserve_ / mebibyte) +
                                            " MiB are kept for revoking: free some, or give it a larger disk");
}

}  // namespace tegata::store::engine
