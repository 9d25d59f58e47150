// A token counts refused PINs and locks after a few. So what it has refused is not tried again until the PIN's file has
// changed: written, replaced or touched. A mark beside the keys tells the next start and other processes; it holds
// nothing of the PIN.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "rp/base/result.h"

namespace tegata::server::keys {

struct PinFile {
  std::string pin;
  std::string edition;  // which file of that name, and when it was changed last
};

// Errors: those of a private file (rp/host/private_file.h), pkcs11_unusable (nothing but line feeds).
Result<PinFile> read_pin_file(const std::string& path);

// Of one token. Safe to use from several threads.
class RefusedPin {
 public:
  // `mark` is the file of the mark; empty: this process alone remembers.
  RefusedPin(std::string token, std::string mark) : token_(std::move(token)), mark_(std::move(mark)) {}

  // Whether that edition may be tried. Error: pkcs11_pin_refused.
  Status verify(const PinFile&);
  // It was refused. The error to answer with: pkcs11_pin_refused.
  Error note(const PinFile&, const std::string& why);
  // A PIN was accepted.
  void forget();
  // Why none can be used at the moment.
  std::optional<std::string> current() const;

 private:
  std::string marked(const PinFile&) const;
  const std::string token_, mark_;
  mutable std::mutex mutex_;
  std::string refused_;  // as marked(); empty: nothing was
  std::string why_;
};

}  // namespace tegata::server::keys
