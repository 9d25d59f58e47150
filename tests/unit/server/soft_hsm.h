// SoftHSM for the tests of this program, with a token behind a module that counts log-ins and locks.
#pragma once

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rp/server/config/config.h"

namespace tegata::server {

namespace fs = std::filesystem;

inline constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";

// SoftHSM reads its configuration once in a process: one folder for all tests of this program.
struct SoftHsm {
  fs::path folder = fs::temp_directory_path() / ("tegata-softhsm-" + std::to_string(::getpid()));
  config::SigningKeysConfig config;

  SoftHsm() {
    fs::create_directories(folder / "tokens");
    std::ofstream(folder / "softhsm2.conf") << "directories.tokendir = " << (folder / "tokens").string()
                                            << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (folder / "softhsm2.conf").c_str(), 1);
    for (const char* label : {"tegata", "second", "locking"}) {
      run(std::string("softhsm2-util --init-token --free --pin 1234 --so-pin 5678 > /dev/null --label ") + label);
    }
    config.directory = (folder / "keys").string();
    config.module = module;
    config.token = "tegata";
    config.pin_file = pin_file("pin", "1234\n", 0600);
  }
  ~SoftHsm() { fs::remove_all(folder); }
  static void run(const std::string& command) { REQUIRE(std::system(command.c_str()) == 0); }
  std::string pin_file(const std::string& name, const std::string& text, mode_t mode) const {
    const auto path = (folder / name).string();
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
};

inline SoftHsm& hsm() {
  static SoftHsm one;
  return one;
}

// A token that counts log-ins and locks after three refused ones, with keys and PIN of its own in each test.
class LockingToken {
 public:
  fs::path folder = hsm().folder / ("locking-" + std::to_string(++made()));
  config::SigningKeysConfig config;

  LockingToken() {
    fs::create_directories(folder);
    ::setenv("TEGATA_LOGINS", (folder / "logins").c_str(), 1);
    config.directory = (folder / "keys").string();
    config.module = TEGATA_LOCKING_TOKEN;
    config.token = "locking";
    config.pin_file = (folder / "pin").string();
    library_ = ::dlopen(TEGATA_LOCKING_TOKEN, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library_);
    unlock();
    answer_with(CKR_OK);
  }
  ~LockingToken() {
    hang(false);
    unlock();
    answer_with(CKR_OK);
    ::dlclose(library_);
  }

  // In place of the file that is there.
  void set_pin(const std::string& pin) const {
    const auto path = hsm().pin_file("new-pin", pin + "\n", 0600);
    fs::rename(path, config.pin_file);
  }
  void touch_pin() const {
    fs::last_write_time(config.pin_file, fs::last_write_time(config.pin_file) + std::chrono::seconds(1));
  }
  std::uintmax_t logins() const { return fs::exists(folder / "logins") ? fs::file_size(folder / "logins") : 0; }
  void unlock() const { reinterpret_cast<void (*)()>(symbol("tegata_unlock"))(); }
  // Every log-in from now on; CKR_OK: as the token itself says.
  void answer_with(CK_RV code) const { *static_cast<CK_RV*>(symbol("tegata_answer")) = code; }
  // A signature ends only where it does not hang.
  void hang(bool hangs) const { *static_cast<std::atomic<bool>*>(symbol("tegata_hangs")) = hangs; }
  int hanging() const { return *static_cast<std::atomic<int>*>(symbol("tegata_hanging")); }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
  void* symbol(const char* name) const {
    void* const found = ::dlsym(library_, name);
    REQUIRE(found);
    return found;
  }
  void* library_ = nullptr;
};

// As if the tokens had been restarted: no session is left, nobody is logged in.
inline void forget_everybody() {
  void* library = ::dlopen(module, RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(library);
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  REQUIRE((get && get(&functions) == CKR_OK));
  std::array<CK_SLOT_ID, 8> slots{};
  CK_ULONG count = slots.size();
  REQUIRE(functions->C_GetSlotList(CK_TRUE, slots.data(), &count) == CKR_OK);
  for (CK_ULONG i = 0; i < count; ++i) REQUIRE(functions->C_CloseAllSessions(slots[i]) == CKR_OK);
  ::dlclose(library);
}

}  // namespace tegata::server
