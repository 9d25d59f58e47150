// A token counts refused PINs and locks: what it refused is not tried again, and nothing signs in its place.
#include "rp/server/keys/refused_pin.h"

#include <fcntl.h>

#include "rp/pass/errors.h"
#include "rp/server/config/errors.h"
#include "rp/server/keys/key_watch.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"
#include "tests/unit/server/soft_hsm.h"

namespace tegata::server {
namespace {

using namespace std::chrono_literals;

// All tests share a token, in which no two keys have one label.
test::RepeatableRandom& labels() {
  static test::RepeatableRandom random(7);
  return random;
}

Result<keys::MadeKey> make_in(keys::KeyMaterial& material) { return material.make(labels(), test::still_moment); }

// A key on the disk, then one of the token.
struct MovedToToken {
  LockingToken token;
  test::StillClock clock;
  test::RepeatableRandom random;
  fs::path logged = token.folder / "log";
  int log_file = ::open(logged.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  running::Log log{clock, log_file};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<keys::KeyWatch> watch;
  std::string on_disk, in_token;

  MovedToToken() {
    store::Options options;
    options.database = (token.folder / "db").string();
    options.audit_key = (token.folder / "audit.pem").string();
    store = test::open_store(options, clock, random).value();
    auto files = token.config;
    files.module.clear();
    on_disk = publish(files, 0ms);
    token.set_pin("1234");
    in_token = publish(token.config, 24h);
  }
  ~MovedToToken() {
    watch.reset();
    store.reset();
    ::close(log_file);
  }
  std::string publish(const config::SigningKeysConfig& config, std::chrono::milliseconds ahead) {
    const auto made = keys::KeyMaterial(config).make(labels(), clock.now());
    INFO((made ? "" : made.error().detail()));
    REQUIRE(made);
    store::SigningKeyRow row{made->key.kid(), made->material, made->key.public_jwk(), {}, {}};
    row.times.use_from = clock.now() + ahead;
    REQUIRE(store->write<bool>([&](store::Transaction& transaction) {
      transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
      return store::publish_signing_key(transaction, row);
    }));
    return row.kid;
  }
  void start() {
    watch = std::make_unique<keys::KeyWatch>(token.config, *store, clock, log);
    REQUIRE(watch->start());
  }
  std::size_t told(const std::string& event) const {
    std::ostringstream all;
    all << std::ifstream(logged).rdbuf();
    std::size_t count = 0;
    for (auto at = all.str().find(event); at != std::string::npos; at = all.str().find(event, at + 1)) ++count;
    return count;
  }
  bool shows(const std::string& figure) const { return watch->figures().find(figure + "\n") != std::string::npos; }
};

}  // namespace

TEST_CASE("defect: a refused PIN was tried again and again, until a real token locks") {
  const LockingToken token;
  token.set_pin("9999");
  keys::KeyMaterial material(token.config);
  for (int i = 0; i < 5; ++i) {
    const auto refused = make_in(material);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::pkcs11_pin_refused);
    CHECK(refused.error().detail().starts_with("C_Login: CKR 0x00a0: not tried again until "));
  }
  CHECK(token.logins() == 1);
  // Nor by the next start, nor by a command beside the server.
  keys::KeyMaterial again(token.config);
  CHECK(make_in(again).error().code() == errors::pkcs11_pin_refused);
  CHECK(token.logins() == 1);

  token.set_pin("1234");
  CHECK(make_in(material));
  CHECK(make_in(again));
  CHECK_FALSE(again.refused_pin());
  CHECK_FALSE(fs::exists(fs::path(token.config.directory) / "refused-pin"));
}

TEST_CASE("refused PIN: whatever the token says against a PIN counts, and a token that is away does not") {
  const LockingToken token;
  token.set_pin("1234");
  for (const CK_RV code : {CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED, CKR_PIN_LOCKED,
                           CKR_USER_PIN_NOT_INITIALIZED}) {
    token.answer_with(code);
    token.touch_pin();
    const auto before = token.logins();
    keys::KeyMaterial material(token.config);
    for (int i = 0; i < 3; ++i) CHECK(make_in(material).error().code() == errors::pkcs11_pin_refused);
    CHECK(token.logins() == before + 1);
  }
  token.answer_with(CKR_DEVICE_ERROR);
  token.touch_pin();
  const auto before = token.logins();
  keys::KeyMaterial material(token.config);
  for (int i = 0; i < 3; ++i) CHECK(make_in(material).error().code() == errors::pkcs11_unusable);
  CHECK(token.logins() == before + 3);
  token.answer_with(CKR_OK);
  CHECK(make_in(material));
}

TEST_CASE("refused PIN: a touched file is tried once more, the last try before the lock never") {
  const LockingToken token;
  token.set_pin("9999");
  keys::KeyMaterial material(token.config);
  CHECK_FALSE(make_in(material));
  token.touch_pin();
  CHECK_FALSE(make_in(material));
  CHECK(token.logins() == 2);
  token.touch_pin();
  const auto last = make_in(material);
  REQUIRE_FALSE(last);
  CHECK(last.error().code() == errors::pkcs11_pin_refused);
  CHECK(last.error().detail().starts_with("one try is left"));
  CHECK(token.logins() == 2);
  token.unlock();
  token.set_pin("1234");
  CHECK(make_in(material));
}

TEST_CASE("refused PIN: the mark holds nothing of the PIN, and a folder that cannot be written is told of") {
  const LockingToken token;
  token.set_pin("98765");
  keys::KeyMaterial material(token.config);
  CHECK_FALSE(make_in(material));
  const auto mark = fs::path(token.config.directory) / "refused-pin";
  REQUIRE(fs::exists(mark));
  CHECK(fs::status(mark).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  std::ostringstream text;
  text << std::ifstream(mark).rdbuf();
  CHECK(text.str().find("98765") == std::string::npos);

  auto blocked = token.config;
  blocked.directory = token.config.pin_file;  // a file
  token.touch_pin();
  keys::KeyMaterial other(blocked);
  CHECK(make_in(other).error().detail().find("the next start tries once more") != std::string::npos);
  CHECK(make_in(other).error().code() == errors::pkcs11_pin_refused);
  CHECK(token.logins() == 2);
}

TEST_CASE("defect: with a refused PIN the former key on the disk signed in place of the token's") {
  MovedToToken moved;
  moved.clock.advance(24h);  // its turn has come
  moved.token.set_pin("9999");
  const auto before = moved.token.logins();
  moved.start();
  for (int i = 0; i < 10; ++i) {
    const auto keys = moved.watch->look(true);
    CHECK(keys->current.kid() == moved.in_token);
    CHECK_FALSE(keys->current.can_sign());
    CHECK(keys->current.sign(as_bytes("text")).error().code() == errors::jws_signing_failed);
    CHECK(moved.watch->faults().starts_with("signing_key_unusable " + moved.in_token + " pkcs11_pin_refused C_Login"));
    moved.clock.advance(1s);
  }
  CHECK(moved.token.logins() == before + 1);
  CHECK(moved.told("signing_pin_refused") == 1);
  CHECK(moved.shows("tegata_signing_pin_refused 1"));
  CHECK(moved.shows("tegata_signing_keys_unusable 1"));

  moved.token.set_pin("1234");
  moved.clock.advance(1s);
  const auto keys = moved.watch->look(false);
  CHECK(keys->current.kid() == moved.in_token);
  CHECK(keys->current.sign(as_bytes("text")));
  CHECK(moved.watch->faults().empty());
  CHECK(moved.shows("tegata_signing_pin_refused 0"));
}

TEST_CASE("refused PIN: a running server whose token forgot it says so, and goes on when the PIN is right") {
  MovedToToken moved;
  moved.clock.advance(24h);
  moved.start();
  REQUIRE(moved.watch->look(true)->current.sign(as_bytes("text")));
  CHECK(moved.watch->faults().empty());
  forget_everybody();
  moved.token.set_pin("9999");
  const auto before = moved.token.logins();
  for (int i = 0; i < 3; ++i) {
    const auto keys = moved.watch->look(true);
    CHECK(keys->current.kid() == moved.in_token);
    CHECK(keys->current.sign(as_bytes("text")).error().code() == errors::jws_signing_failed);
    CHECK(moved.watch->faults().find(" pkcs11_pin_refused ") != std::string::npos);
  }
  CHECK(moved.token.logins() == before + 1);
  moved.watch->look(true);
  CHECK(moved.told("signing_pin_refused") == 1);
  // Without anybody asking for a pass: an operator's tools look, and take the server into use again.
  moved.token.set_pin("1234");
  CHECK(moved.watch->faults().empty());
  CHECK(moved.watch->look(true)->current.sign(as_bytes("text")));
}

TEST_CASE("refused PIN: before the token's turn the key on the disk signs on, and operators are warned") {
  MovedToToken moved;
  moved.token.set_pin("9999");
  moved.start();
  CHECK(moved.watch->look(true)->current.kid() == moved.on_disk);
  CHECK(moved.watch->look(true)->current.can_sign());
  CHECK(moved.watch->faults().empty());
  CHECK(moved.watch->warnings() == "warning signing_key_unusable " + moved.in_token + "\n");
}

}  // namespace tegata::server
