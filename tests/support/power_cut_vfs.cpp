#include "tests/support/power_cut_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <vector>

namespace tegata::test {

using Octets = std::vector<std::uint8_t>;
constexpr auto never = std::numeric_limits<std::uint64_t>::max();

// One write, or (with no octets) a change of size to `offset`.
struct Pending {
  std::size_t offset;
  Octets octets;
};

// One file as all handles see it, and what of it the disk does not have yet.
struct Image {
  std::string path;
  Octets seen;
  std::vector<Pending> pending;
  bool on_disk = false;
  bool deleted = false;
};

namespace {

struct Handle {
  sqlite3_file base;
  Image* image;
  PowerCutVfs::Disk* disk;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

}  // namespace

struct PowerCutVfs::Disk {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  mutable std::mutex mutex;
  std::map<std::string, Image> images;
  std::uint64_t writes = 0, syncs = 0, left = never;
  bool off = false, syncs_fail = false, writes_fail = false;

  // Counts a write; false when the power is gone.
  bool spend_write() {
    if (off) return false;
    if (left != never && left-- == 0) off = true;
    if (!off) ++writes;
    return !off;
  }
};

namespace {

void lay_over(Octets& content, const Pending& change) {
  if (change.octets.empty()) return content.resize(change.offset);
  content.resize(std::max(content.size(), change.offset + change.octets.size()));
  std::copy(change.octets.begin(), change.octets.end(), content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

int write_through(sqlite3_file* real, const Pending& change) {
  if (change.octets.empty()) return real->pMethods->xTruncate(real, static_cast<sqlite3_int64>(change.offset));
  return real->pMethods->xWrite(real, change.octets.data(), static_cast<int>(change.octets.size()),
                                static_cast<sqlite3_int64>(change.offset));
}

Octets content_of(const std::string& path) {
  Octets out;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    std::uint8_t block[65536];
    for (std::size_t got; (got = std::fread(block, 1, sizeof block, file)) > 0;)
      out.insert(out.end(), block, block + got);
    std::fclose(file);
  }
  return out;
}

void set_content(const std::string& path, const Octets& content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (!file) return;
  if (!content.empty()) std::fwrite(content.data(), 1, content.size(), file);
  std::fclose(file);
}

int close_file(sqlite3_file* file) { return handle(file).real()->pMethods->xClose(handle(file).real()); }

int read_file(sqlite3_file* file, void* out, int amount, sqlite3_int64 offset) {
  auto& self = handle(file);
  const std::lock_guard lock(self.disk->mutex);
  if (self.disk->off) return SQLITE_IOERR_READ;
  const auto& seen = self.image->seen;
  const auto from = std::min(static_cast<std::size_t>(offset), seen.size());
  const auto size = std::min(static_cast<std::size_t>(amount), seen.size() - from);
  std::memset(out, 0, static_cast<std::size_t>(amount));
  if (size > 0) std::memcpy(out, seen.data() + from, size);
  return size == static_cast<std::size_t>(amount) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int change(Handle& self, Pending pending) {
  const std::lock_guard lock(self.disk->mutex);
  if (!self.disk->spend_write()) return SQLITE_IOERR_WRITE;
  if (self.disk->writes_fail) return SQLITE_FULL;
  lay_over(self.image->seen, pending);
  self.image->pending.push_back(std::move(pending));
  return SQLITE_OK;
}

int write_file(sqlite3_file* file, const void* data, int amount, sqlite3_int64 offset) {
  const auto* octets = static_cast<const std::uint8_t*>(data);
  return change(handle(file), {static_cast<std::size_t>(offset), Octets(octets, octets + amount)});
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  return change(handle(file), {static_cast<std::size_t>(size), {}});
}

// The default VFS syncs the folder at the first sync of a new journal or log: deletions before it are then final too.
void sync_folder(PowerCutVfs::Disk& disk) {
  for (auto& [path, image] : disk.images) {
    if (!image.deleted || !image.on_disk) continue;
    ::unlink(path.c_str());
    image.on_disk = false;
  }
}

int sync_file(sqlite3_file* file, int) {
  auto& self = handle(file);
  const std::lock_guard lock(self.disk->mutex);
  if (self.disk->off || self.disk->syncs_fail) return SQLITE_IOERR_FSYNC;
  ++self.disk->syncs;
  for (const auto& pending : self.image->pending) {
    if (const int done = write_through(self.real(), pending); done != SQLITE_OK) return done;
  }
  self.image->pending.clear();
  if (!self.image->on_disk) sync_folder(*self.disk);
  self.image->on_disk = true;
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  auto& self = handle(file);
  const std::lock_guard lock(self.disk->mutex);
  if (self.disk->off) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(self.image->seen.size());
  return SQLITE_OK;
}

#define REAL(file) handle(file).real()
#define PASS(file, method, ...) REAL(file)->pMethods->method(REAL(file) __VA_OPT__(, ) __VA_ARGS__)

int lock_file(sqlite3_file* file, int level) { return PASS(file, xLock, level); }
int unlock_file(sqlite3_file* file, int level) { return PASS(file, xUnlock, level); }
int check_reserved(sqlite3_file* file, int* out) { return PASS(file, xCheckReservedLock, out); }
int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file* file) { return PASS(file, xSectorSize); }
int characteristics(sqlite3_file* file) { return PASS(file, xDeviceCharacteristics); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return PASS(file, xShmMap, page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) { return PASS(file, xShmLock, offset, n, flags); }
void shm_barrier(sqlite3_file* file) { PASS(file, xShmBarrier); }
int shm_unmap(sqlite3_file* file, int remove) { return PASS(file, xShmUnmap, remove); }

// Version 2: shared memory, but no memory-mapped content that would bypass this file.
const sqlite3_io_methods methods = {
    2,         close_file,  read_file,      write_file,   truncate_file, sync_file,       size_of_file,
    lock_file, unlock_file, check_reserved, control_file, sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,      nullptr,      nullptr};

PowerCutVfs::Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<PowerCutVfs::Disk*>(vfs->pAppData); }

Image& image_of(PowerCutVfs::Disk& disk, const std::string& path) {
  const auto [it, added] = disk.images.try_emplace(path);
  auto& image = it->second;
  if (added) {
    image.path = path;
    image.on_disk = ::access(path.c_str(), F_OK) == 0;
    image.seen = content_of(path);
  }
  image.deleted = false;
  return image;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto& disk = disk_of(vfs);
  if (!path) return disk.real->xOpen(disk.real, path, file, flags, out_flags);
  const std::lock_guard lock(disk.mutex);
  auto& self = handle(file);
  self.base.pMethods = nullptr;
  if (disk.off) return SQLITE_CANTOPEN;
  const auto known = disk.images.find(path);
  const bool absent = known != disk.images.end() ? known->second.deleted : ::access(path, F_OK) != 0;
  if (absent && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
  self.image = &image_of(disk, path);
  self.disk = &disk;
  const int opened = disk.real->xOpen(disk.real, path, self.real(), flags | SQLITE_OPEN_CREATE, out_flags);
  if (opened == SQLITE_OK) self.base.pMethods = &methods;
  return opened;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  auto& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  if (disk.off) return SQLITE_IOERR_DELETE;
  auto& image = image_of(disk, path);
  image.deleted = true;
  image.seen.clear();
  image.pending.assign(1, Pending{0, {}});
  if (!sync_folder && image.on_disk) return SQLITE_OK;
  image.on_disk = false;
  return disk.real->xDelete(disk.real, path, 0);
}

int access_file(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  auto& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  const auto found = disk.images.find(path);
  if (found == disk.images.end() || !found->second.deleted) return disk.real->xAccess(disk.real, path, flags, out);
  *out = 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return disk_of(vfs).real->xFullPathname(disk_of(vfs).real, path, size, out);
}

}  // namespace

PowerCutVfs::PowerCutVfs(std::string name) : disk_(std::make_unique<Disk>()) {
  disk_->name = std::move(name);
  disk_->real = sqlite3_vfs_find(nullptr);
  disk_->vfs = *disk_->real;  // randomness, sleep and time as they are
  disk_->vfs.pNext = nullptr;
  disk_->vfs.szOsFile = static_cast<int>(sizeof(Handle)) + disk_->real->szOsFile;
  disk_->vfs.zName = disk_->name.c_str();
  disk_->vfs.pAppData = disk_.get();
  disk_->vfs.xOpen = open_file;
  disk_->vfs.xDelete = delete_file;
  disk_->vfs.xAccess = access_file;
  disk_->vfs.xFullPathname = full_path;
  sqlite3_vfs_register(&disk_->vfs, 0);
}

PowerCutVfs::~PowerCutVfs() { sqlite3_vfs_unregister(&disk_->vfs); }

const std::string& PowerCutVfs::name() const { return disk_->name; }

void PowerCutVfs::cut_after(std::uint64_t writes) {
  const std::lock_guard lock(disk_->mutex);
  disk_->left = writes;
}

void PowerCutVfs::cut_now() {
  const std::lock_guard lock(disk_->mutex);
  disk_->off = true;
}

bool PowerCutVfs::is_off() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->off;
}

void PowerCutVfs::restore(std::uint64_t seed) {
  const std::lock_guard lock(disk_->mutex);
  std::mt19937_64 chance(seed);
  const auto survives = [&] { return seed != 0 && (chance() & 1) == 0; };
  for (auto& [path, image] : disk_->images) {
    if (!image.on_disk && !survives()) {
      ::unlink(path.c_str());
      continue;
    }
    auto content = content_of(path);
    for (const auto& pending : image.pending) {
      if (survives()) lay_over(content, pending);
    }
    set_content(path, content);
    ::unlink((path + "-shm").c_str());
  }
  disk_->images.clear();
  disk_->off = false;
  disk_->left = never;
}

void PowerCutVfs::fail_syncs(bool fails) {
  const std::lock_guard lock(disk_->mutex);
  disk_->syncs_fail = fails;
}

void PowerCutVfs::fail_writes(bool fails) {
  const std::lock_guard lock(disk_->mutex);
  disk_->writes_fail = fails;
}

std::uint64_t PowerCutVfs::writes() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->writes;
}

std::uint64_t PowerCutVfs::syncs() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->syncs;
}

}  // namespace tegata::test
