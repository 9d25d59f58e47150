// The keys of a running server: taken in, rotated ahead of time, withdrawn, and what happens where one cannot be had.
#include "rp/server/keys/key_watch.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rp/pass/errors.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"

namespace tegata::server {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct WatchedKeys {
  fs::path folder = fs::temp_directory_path() / ("tegata-key-watch-" + std::to_string(::getpid()));
  test::StillClock clock;
  test::RepeatableRandom random;
  running::Log log{clock, -1};
  config::Config config;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<keys::KeyWatch> watch;
  const std::string first = test::sample_key().kid();

  WatchedKeys() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    config.signing_key = (folder / "signing.key").string();
    config.signing_keys.directory = (folder / "keys").string();
    std::ofstream(config.signing_key) << test::first_key;
    store::Options options;
    options.database = (folder / "db").string();
    options.audit_key = (folder / "audit.pem").string();
    store = test::open_store(options, clock, random).value();
  }
  ~WatchedKeys() {
    store.reset();
    fs::remove_all(folder);
  }
  Status start() {
    watch = std::make_unique<keys::KeyWatch>(config.signing_keys, *store, clock, log);
    return watch->start();
  }
  void started() {
    REQUIRE(keys::adopt_first_key(*store, config, "system"));
    REQUIRE(start());
  }
  keys::MadeKey publish(std::chrono::milliseconds ahead) {
    auto made = keys::KeyMaterial(config.signing_keys).make(random, clock.now());
    REQUIRE(made);
    store::SigningKeyRow row{made->key.kid(), made->material, made->key.public_jwk(), {}, {}};
    row.times.use_from = clock.now() + ahead;
    const auto done = store->write<bool>([&](store::Transaction& transaction) {
      transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
      return store::publish_signing_key(transaction, row);
    });
    REQUIRE((done && *done));
    return std::move(*made);
  }
  void withdraw_all() {
    REQUIRE(store->write<store::Withdrawal>([&](store::Transaction& transaction) {
      transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
      return store::withdraw_signing_keys(transaction, std::nullopt);
    }));
  }
  // As an operator's command does it, under any clock.
  keys::MadeKey emergency() {
    auto made = keys::KeyMaterial(config.signing_keys).make(random, clock.now());
    REQUIRE(made);
    const auto done = store->write<bool>(
        [&](store::Transaction& transaction) -> Result<bool> {
          transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
          TEGATA_TRY(store::withdraw_signing_keys(transaction, std::nullopt));
          store::SigningKeyRow row{made->key.kid(), made->material, made->key.public_jwk(), {}, {}};
          row.times.use_from = transaction.now();
          return store::publish_signing_key(transaction, row);
        },
        store::Purpose::take_away);
    REQUIRE((done && *done));
    return std::move(*made);
  }
  std::string file_of(const keys::MadeKey& made) const { return (folder / "keys" / made.material.substr(5)).string(); }
};

}  // namespace

TEST_CASE("key watch: the configuration's key is taken in once, and is then the database's") {
  WatchedKeys watched;
  CHECK(watched.start().error().code() == errors::signing_key_unusable);
  watched.started();
  CHECK(watched.watch->look(true)->current.kid() == watched.first);
  // Another file in the configuration changes nothing.
  std::ofstream(watched.folder / "other.key") << test::second_key;
  config::Config other = watched.config;
  other.signing_key = (watched.folder / "other.key").string();
  REQUIRE(keys::adopt_first_key(*watched.store, other, "system"));
  CHECK(watched.watch->look(true)->jwks()["keys"].size() == 1);
}

TEST_CASE("key watch: a new key is published ahead, signs from its moment on, and the old one is kept for a while") {
  WatchedKeys watched;
  watched.started();
  const keys::MadeKey made = watched.publish(24h);
  CHECK(watched.watch->look(false)->jwks()["keys"].size() == 1);  // one of the last second
  watched.clock.advance(keys::KeyWatch::interval);
  auto keys = watched.watch->look(false);
  CHECK(keys->current.kid() == watched.first);
  CHECK(keys->find(made.key.kid()) != nullptr);
  watched.clock.advance(24h);
  keys = watched.watch->look(false);
  CHECK(keys->current.kid() == made.key.kid());
  CHECK(keys->current.can_sign());
  CHECK(keys->find(watched.first) != nullptr);
  watched.clock.advance(pass::least_retirement);
  CHECK(watched.watch->look(false)->find(watched.first) == nullptr);
}

TEST_CASE("key watch: withdrawn keys are gone at the next look, and the new one signs") {
  WatchedKeys watched;
  watched.started();
  const keys::MadeKey waiting = watched.publish(24h);
  watched.withdraw_all();
  const keys::MadeKey made = watched.publish(0ms);
  const auto keys = watched.watch->look(true);
  CHECK(keys->current.kid() == made.key.kid());
  CHECK(keys->others.empty());
  CHECK(keys->find(waiting.key.kid()) == nullptr);
}

TEST_CASE("defect: while the clock was behind, a key that an emergency had withdrawn was shown and signed on") {
  WatchedKeys watched;
  watched.started();
  watched.clock.step(-24h);
  const keys::MadeKey made = watched.emergency();
  const auto keys = watched.watch->look(true);
  CHECK(keys->find(watched.first) == nullptr);
  CHECK(keys->current.kid() == made.key.kid());
  CHECK(keys->jwks()["keys"].size() == 1);
  CHECK(watched.watch->figures().find("tegata_signing_keys_unusable 0\n") != std::string::npos);
  REQUIRE(watched.start());
  CHECK(watched.watch->look(false)->current.kid() == made.key.kid());
}

TEST_CASE(
    "key watch: a key file that is missing is told of ahead of time, and the key before it goes on until it ends") {
  WatchedKeys watched;
  watched.started();
  const keys::MadeKey made = watched.publish(24h);
  fs::rename(watched.file_of(made), watched.folder / "elsewhere");
  watched.clock.advance(1h);
  CHECK(watched.watch->warnings() == "warning signing_key_unusable " + made.key.kid() + "\n");
  CHECK(watched.watch->faults().empty());
  CHECK(watched.watch->figures().find("tegata_signing_keys_unusable 1\n") != std::string::npos);
  CHECK(watched.watch->look(false)->find(made.key.kid()) != nullptr);  // published all the same
  watched.clock.advance(23h);
  CHECK(watched.watch->look(false)->current.kid() == watched.first);
  CHECK(watched.watch->faults().empty());
  fs::rename(watched.folder / "elsewhere", watched.file_of(made));
  watched.clock.advance(1s);
  CHECK(watched.watch->look(false)->current.kid() == made.key.kid());
  CHECK(watched.watch->warnings().empty());
}

TEST_CASE("defect: a key that had ended signed on where the next one could not be had") {
  WatchedKeys watched;
  watched.started();
  const keys::MadeKey made = watched.publish(24h);
  fs::rename(watched.file_of(made), watched.folder / "elsewhere");
  watched.clock.advance(24h + pass::least_retirement);
  const auto keys = watched.watch->look(false);
  CHECK(keys->current.kid() == made.key.kid());
  CHECK_FALSE(keys->current.can_sign());
  CHECK(keys->find(watched.first) == nullptr);
  CHECK(watched.watch->faults().starts_with("signing_key_unusable " + made.key.kid() + " signing_key_unusable "));
  CHECK(watched.watch->warnings().empty());  // it is said above
  fs::rename(watched.folder / "elsewhere", watched.file_of(made));
  watched.clock.advance(1s);
  CHECK(watched.watch->look(false)->current.can_sign());
  CHECK(watched.watch->faults().empty());
}

TEST_CASE("key watch: a file that holds another key is refused, and a server with no key that signs does not start") {
  WatchedKeys watched;
  watched.started();
  std::ofstream(watched.config.signing_key) << test::second_key;
  const auto started = watched.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code() == errors::signing_key_unusable);
}

TEST_CASE("key watch: a retiring key verifies without its file") {
  WatchedKeys watched;
  watched.started();
  const keys::MadeKey made = watched.publish(24h);
  watched.clock.advance(24h);
  fs::remove(watched.config.signing_key);
  REQUIRE(watched.start());
  const auto keys = watched.watch->look(true);
  CHECK(keys->current.kid() == made.key.kid());
  REQUIRE(keys->find(watched.first) != nullptr);
  CHECK_FALSE(keys->find(watched.first)->can_sign());
  CHECK(watched.watch->warnings().empty());
}

TEST_CASE("key material: a file that only its owner reads, and one that can be taken back") {
  WatchedKeys watched;
  keys::KeyMaterial material(watched.config.signing_keys);
  const auto made = material.make(watched.random, watched.clock.now());
  REQUIRE(made);
  const auto status = fs::status(watched.file_of(*made));
  CHECK(status.permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(fs::status(watched.folder / "keys").permissions() == fs::perms::owner_all);
  CHECK(material.load(made->material, made->key.public_jwk())->kid() == made->key.kid());
  CHECK(material.load(made->material, test::sample_key().public_jwk()).error().code() == errors::signing_key_unusable);
  CHECK(material.load("elsewhere:x", made->key.public_jwk()).error().code() == errors::signing_key_unusable);
  material.discard(*made);
  CHECK_FALSE(fs::exists(watched.file_of(*made)));
}

}  // namespace tegata::server
