// What cards are judged by in a running server: the authorities of the configuration and their revocation lists, from
// the store at the start, from their publishers afterwards.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "enroll/card/certificate.h"
#include "rp/server/config/config.h"
#include "rp/server/running/log.h"
#include "rp/store/basis.h"
#include "rp/store/revocation_lists.h"

namespace tegata::server::revocation {

// Safe to use from several threads. Fetches nothing itself: see RevocationFetcher.
class CardWatch {
 public:
  // The references must outlive it.
  CardWatch(store::Store& store, const Clock& clock, const running::Log& log)
      : store_(store), clock_(clock), log_(log) {}

  // Takes the authorities of this configuration into use, with the lists of theirs that the store has. After an error
  // everything is as before. Errors: card_authority_malformed, those of the files and
  // of the store.
  Status configure(const config::Config&);

  std::shared_ptr<const card::CardTrust> current() const;

  // What came from an address: judged, used from now on, and kept; or counted as a failure and logged. What rests on
  // the cards that it names ends in the transaction that keeps it: whoever logs in by such a card meanwhile is found by
  // it, and whoever comes later by the list in use. True where the address gave a list in force.
  bool take(const std::string& address, const Result<Bytes>& fetched);

  // Prometheus text.
  std::string figures() const;
  // One line for each address that has no list in force: "warning card_revocation_stale <authority> <address>".
  std::string warnings() const;

 private:
  struct Publisher {
    std::shared_ptr<const card::RevocationList> list;  // the last good one
    std::optional<Instant> fetched_at;                 // when that was seen last
    std::uint64_t failures = 0;
    bool kept = false;  // in the store
  };

  Result<std::shared_ptr<const card::RevocationList>> judge(const std::string& address, const Bytes& der);
  bool publish(const std::string& address, std::shared_ptr<const card::RevocationList> list);
  Status keep(const std::string& address, const Bytes& der, const card::RevocationList& list);
  Status end_revoked(const card::RevocationList& list);
  Status apply(const std::string& address, const Bytes& der);

  store::Store& store_;
  const Clock& clock_;
  const running::Log& log_;
  std::mutex judging_;  // one list at a time, so that none is overtaken between judgement and use
  mutable std::mutex mutex_;
  std::shared_ptr<const card::CardTrust> trust_ = std::make_shared<const card::CardTrust>();
  std::map<std::string, Publisher> publishers_;
};

}  // namespace tegata::server::revocation
