// The signing keys that a running server works with: those of the database, read again as time passes and when an
// operator rotates them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "rp/server/keys/key_material.h"
#include "rp/server/running/log.h"
#include "rp/store/signing_keys.h"

namespace tegata::server::keys {

// Takes the first key of all into a database that has none, with its audit record. Errors: store_*.
Status adopt_key(store::Store&, const MadeKey&, const std::string& actor);
// Likewise the configuration's. Errors: signing_key_unusable, store_*.
Status adopt_first_key(store::Store&, const config::Config&, const std::string& actor);

class KeyWatch {
 public:
  static constexpr std::chrono::seconds interval{1};
  static constexpr std::chrono::seconds longest_turn{10};  // of a call to the token

  // The references must outlive it.
  KeyWatch(config::SigningKeysConfig config, store::Store& store, const Clock& clock, const running::Log& log)
      : material_(std::move(config)), store_(store), clock_(clock), log_(log) {}

  // Reads the keys for the first time. Errors: signing_key_unusable, file_open_to_others, where none can sign, unless
  // the one whose turn it is lies in the token.
  Status start();

  // Whether every key that is to sign, now or when its turn comes, can be had; of those in a token, nothing is said. A
  // running server waits for them, one that starts does not. REQUIRES: start(). Errors: signing_key_unusable,
  // file_open_to_others.
  Status verify_files();

  // Never null after start(). Looks into the database where `newest`, else at most once a second. Where the key whose
  // turn it is cannot be had, the one before it goes on and the log says so; it is tried again. Not where that one has
  // ended, nor a file in place of a token: then the set's current key cannot sign.
  std::shared_ptr<const pass::KeySet> look(bool newest);

  // Prometheus text.
  std::string figures();
  // A line for /readyz, by which the server is not ready: no pass can be signed.
  std::string faults();
  // Lines for /readyz, which stays 200.
  std::string warnings();
  // Of the keys that are in memory and are to sign, those whose files a start would refuse.
  // Errors: those of private files.
  std::vector<Error> lost_files();

 private:
  Status refresh();
  Result<pass::KeySet> choose(const std::vector<store::SigningKeyRow>& rows, Instant now);
  using Unusable = std::map<std::string, Error>;  // by kid
  void note(const std::string& kid, const Error& error, Unusable& unusable) const;
  void tell_of_refused_pin();
  Result<pass::SigningKey> hold(const store::SigningKeyRow& row);
  KeyMaterial material_;
  store::Store& store_;
  const Clock& clock_;
  const running::Log& log_;
  std::mutex mutex_;
  std::optional<std::chrono::milliseconds> looked_at_;
  std::shared_ptr<const pass::KeySet> keys_;
  std::map<std::string, pass::SigningKey> held_;  // by kid, able to sign
  std::vector<std::string> kept_;                 // material of those that sign now or later
  Unusable unusable_;                             // keys that should be able to sign
  std::string current_material_;
  std::optional<std::string> told_;  // of which refused PIN the log has heard
  bool fresh_ = false;               // the last look into the database succeeded
};

}  // namespace tegata::server::keys
