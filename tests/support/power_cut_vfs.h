// A SQLite VFS whose power can be cut: what was written and not yet synced is then gone.
//
// Every write waits in memory, seen by all handles as the page cache shows it, and reaches the real file at xSync.
// A file that was made and never synced is gone too; one that was deleted without syncing its folder comes back.
// Locks and shared memory are those of the default VFS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tegata::test {

class PowerCutVfs {
 public:
  // Registers itself under this name until it is destroyed. REQUIRES then: every file of it is closed.
  explicit PowerCutVfs(std::string name);
  ~PowerCutVfs();
  PowerCutVfs(const PowerCutVfs&) = delete;
  PowerCutVfs& operator=(const PowerCutVfs&) = delete;

  const std::string& name() const;
  // The power fails at the write after so many more.
  void cut_after(std::uint64_t writes);
  void cut() { cut_after(0), cut_now(); }
  bool is_off() const;
  // Power again. REQUIRES: every file is closed. With a seed, every write that was not synced survives or not by
  // chance, as on a disk that reorders; without one, none does.
  void restore(std::uint64_t seed = 0);

  // The disk refuses to sync, or is full, until told otherwise.
  void fail_syncs(bool fails);
  void fail_writes(bool fails);

  std::uint64_t writes() const;
  std::uint64_t syncs() const;

  struct Disk;

 private:
  void cut_now();
  std::unique_ptr<Disk> disk_;
};

}  // namespace tegata::test
