// One token of a PKCS#11 module (an HSM, or SoftHSM): it makes keys on P-256 that never leave it, and signs with them.
// The only file that knows the interface; the module is loaded when it is first needed.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "rp/base/json.h"
#include "rp/server/keys/refused_pin.h"

struct _CK_FUNCTION_LIST;  // CK_FUNCTION_LIST

namespace tegata::server::keys {

struct Pkcs11Settings {
  std::string module;    // path of the shared library
  std::string token;     // its label
  std::string pin_file;  // one line; others must not be able to read it
};

// Safe to use from several threads, which take turns. Where the token has forgotten us (it was restarted, say), it logs
// in again once. Errors of everything: pkcs11_unusable; pkcs11_pin_refused, and then nothing is tried (see RefusedPin).
class Pkcs11Token {
 public:
  static Result<std::unique_ptr<Pkcs11Token>> open(Pkcs11Settings settings, std::shared_ptr<RefusedPin> refused);
  ~Pkcs11Token();
  Pkcs11Token(const Pkcs11Token&) = delete;
  Pkcs11Token& operator=(const Pkcs11Token&) = delete;

  // A key pair under that label: made there, sensitive, not extractable, for signatures. Its public JWK.
  Result<Json> make_key(const std::string& label);
  // ECDSA over the digest: r || s.
  Result<Bytes> sign(const std::string& label, const Digest& digest);
  Status destroy_key(const std::string& label);
  // Whether we are logged in, or can be. Does not wait for the turn of another: one that takes longer than this is an
  // error.
  Status check(std::chrono::milliseconds longest_turn);

 private:
  Pkcs11Token(Pkcs11Settings settings, std::shared_ptr<RefusedPin> refused, _CK_FUNCTION_LIST* functions)
      : settings_(std::move(settings)), refused_(std::move(refused)), functions_(functions) {}
  class Turn;
  using Steady = std::chrono::steady_clock;
  static constexpr Steady::time_point nobodys_turn = Steady::time_point::max();
  Status verify_tries(unsigned long slot);
  Status log_in();
  Result<unsigned long> find_slot();
  Result<unsigned long> find_key(const std::string& label, unsigned long kind);
  Result<Bytes> sign_once(const std::string& label, const Digest& digest);
  Result<Json> read_public(unsigned long key);
  void close_session();

  const Pkcs11Settings settings_;
  const std::shared_ptr<RefusedPin> refused_;
  _CK_FUNCTION_LIST* const functions_;
  std::mutex mutex_;
  std::atomic<Steady::time_point> turn_begun_ = nobodys_turn;
  unsigned long session_ = 0;  // 0: none
  std::map<std::string, unsigned long> private_keys_;
};

}  // namespace tegata::server::keys
