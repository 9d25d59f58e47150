// A database in a folder of its own, and sample rows to put into it.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "rp/base/errors.h"
#include "rp/store/audit/verify.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "rp/store/facilities.h"
#include "rp/store/handoffs.h"
#include "rp/store/passes.h"
#include "rp/store/practitioners.h"
#include "rp/store/sign_in.h"
#include "tests/support/still_world.h"

namespace tegata::test {

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// The tables of an older version, still open, with a head that vouches for an empty log.
std::unique_ptr<store::engine::Connection> put_old_database(const store::Options& options, std::int64_t version);

store::AuditEvent event(const std::string& kind);
store::AuditEvent refusal(const std::string& code, const std::string& source);

// One store on one folder; reopen() closes and opens it again.
struct World {
  explicit World(std::function<void(store::Options&)> adjust = {});
  void reopen();
  void close() { store.reset(); }

  // One audited write; gives its value or fails the test.
  template <typename T>
  T write(std::function<Result<T>(store::Transaction&)> operation) {
    auto done = store->write<T>([&](store::Transaction& transaction) {
      transaction.audit(event("test"));
      return operation(transaction);
    });
    INFO((done ? std::string() : std::string(done.error().code().name()) + " " + done.error().detail()));
    REQUIRE(done);
    if constexpr (!std::is_void_v<T>) return std::move(*done);
  }
  template <typename T>
  T read(std::function<Result<T>(store::Reader&)> operation) {
    auto done = store->read<T>(operation);
    INFO((done ? std::string() : std::string(done.error().code().name()) + " " + done.error().detail()));
    REQUIRE(done);
    return std::move(*done);
  }

  Folder folder;
  store::Options options;
  StillClock clock;
  RepeatableRandom random;
  std::unique_ptr<store::Store> store;
};

using Operation = std::function<Result<bool>(store::Transaction&)>;
// True where the operation succeeded and said yes, false where it said no. Fails the test at an Error.
bool does(World& world, const Operation& operation);
// Likewise for "no", and then no row was changed: it runs without an audit event, so a change would be an Error.
bool refuses(World& world, const Operation& operation);
// How many audit records of a kind there are.
std::size_t records_of(World& world, const std::string& kind);

Digest digest(const std::string& text);
store::Practitioner sample_practitioner(const std::string& id = "P1");
store::BoundCredential sample_credential(const std::string& id, const std::string& label, Instant now);
store::Handoff sample_enrollment(const std::string& id, Instant now);
store::Handoff sample_activation(const std::string& id, const std::string& letters, Instant now);
// The basis of P1's card, which put_samples makes first.
inline constexpr store::BasisId sample_basis = 1;
// Practitioners P1 and P2, facility 1312345678 with client ehr and its certificate, a resource server.
void put_samples(World& world);

}  // namespace tegata::test
