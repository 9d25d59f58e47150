// Keys in a real token, SoftHSM's: made there, signing there, found again by another process's session, and refused
// where module, token or PIN are not what they should be.
#include "rp/server/keys/pkcs11_token.h"

#include <map>
#include <set>
#include <thread>

#include "rp/pass/errors.h"
#include "rp/server/config/errors.h"
#include "rp/server/keys/key_watch.h"
#include "tests/support/begun_store.h"
#include "tests/support/still_world.h"
#include "tests/unit/server/soft_hsm.h"

namespace tegata::server {
namespace {

keys::MadeKey made_key() {
  static test::RepeatableRandom random;
  auto made = keys::KeyMaterial(hsm().config).make(random, tegata::test::still_moment);
  INFO((made ? "" : made.error().detail()));
  REQUIRE(made);
  return std::move(*made);
}

// The detail of the refusal.
std::string token_refusal(const std::function<void(config::SigningKeysConfig&)>& change,
                          ErrorCode code = errors::pkcs11_unusable) {
  config::SigningKeysConfig config = hsm().config;
  change(config);
  const auto opened = keys::Pkcs11Token::open({config.module, config.token, config.pin_file},
                                              std::make_shared<keys::RefusedPin>(config.token, ""));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == code);
  return opened.error().detail();
}

}  // namespace

TEST_CASE("pkcs11: a key made in the token signs, and another session finds it by its label") {
  const keys::MadeKey made = made_key();
  CHECK(made.material.starts_with("pkcs11:tegata-"));
  CHECK(made.key.can_sign());
  const auto signature = made.key.sign(as_bytes("text"));
  REQUIRE(signature);
  CHECK(signature->size() == 64);
  CHECK(made.key.verify(as_bytes("text"), *signature));
  CHECK_FALSE(made.key.verify(as_bytes("texts"), *signature));

  keys::KeyMaterial again(hsm().config);
  const auto loaded = again.load(made.material, made.key.public_jwk());
  REQUIRE(loaded);
  CHECK(loaded->kid() == made.key.kid());
  CHECK(made.key.verify(as_bytes("text"), *loaded->sign(as_bytes("text"))));
}

TEST_CASE("pkcs11: the private part cannot leave the token") {
  made_key();
  // As SoftHSM itself shows its store: the name of an attribute, its kind, its value.
  const std::string out = (hsm().folder / "attributes").string();
  SoftHsm::run("for file in " + (hsm().folder / "tokens").string() +
               "/*/*.object; do softhsm2-dump-file $file | grep -A2 -e CKA_EXTRACTABLE -e CKA_SENSITIVE; done > " +
               out + "; test -s " + out);
  std::ifstream shown(out);
  std::string line, about;
  std::map<std::string, std::set<std::string>> values;
  while (std::getline(shown, line)) {
    const std::string last = line.substr(line.rfind(' ') + 1);
    if (last.starts_with("CKA_")) about = last;
    if (last == "TRUE" || last == "FALSE") values[about].insert(last);
  }
  CHECK(values["CKA_SENSITIVE"] == std::set<std::string>{"TRUE"});
  CHECK(values["CKA_EXTRACTABLE"] == std::set<std::string>{"FALSE"});
}

TEST_CASE("pkcs11: two threads sign by turns") {
  const keys::MadeKey made = made_key();
  std::array<int, 2> right{};
  std::vector<std::thread> threads;
  for (int& count : right) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto signature = made.key.sign(as_bytes("text"));
        count += signature && made.key.verify(as_bytes("text"), *signature);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == std::array<int, 2>{50, 50});
}

TEST_CASE("pkcs11: a token that has forgotten us is logged in to again, and the signature comes") {
  const keys::MadeKey made = made_key();
  forget_everybody();
  const auto signature = made.key.sign(as_bytes("text"));
  INFO((signature ? "" : signature.error().detail()));
  REQUIRE(signature);
  CHECK(made.key.verify(as_bytes("text"), *signature));
  // Where the PIN is gone meanwhile, the refusal is that of a signature, and the next try begins again.
  fs::rename(hsm().config.pin_file, hsm().config.pin_file + "-away");
  forget_everybody();
  CHECK(made.key.sign(as_bytes("text")).error().code() == errors::jws_signing_failed);
  fs::rename(hsm().config.pin_file + "-away", hsm().config.pin_file);
  CHECK(made.key.sign(as_bytes("text")));
}

TEST_CASE("pkcs11: a server signs with a key of the token, and starts again with it") {
  const keys::MadeKey made = made_key();
  test::StillClock clock;
  test::RepeatableRandom random;
  const running::Log log(clock, -1);
  store::Options options;
  options.database = (hsm().folder / "db").string();
  options.audit_key = (hsm().folder / "audit.pem").string();
  const auto store = test::open_store(options, clock, random).value();
  store::SigningKeyRow row{made.key.kid(), made.material, made.key.public_jwk(), {}, {}};
  row.times.use_from = clock.now();
  REQUIRE(store->write<bool>([&](store::Transaction& transaction) {
    transaction.audit({"test", "operator:test", "", "", Json::object(), "", ""});
    return store::publish_signing_key(transaction, row);
  }));
  for (int start = 0; start < 2; ++start) {
    keys::KeyWatch watch(hsm().config, *store, clock, log);
    REQUIRE(watch.start());
    const auto keys = watch.look(true);
    CHECK(keys->current.kid() == made.key.kid());
    CHECK(made.key.verify(as_bytes("text"), *keys->current.sign(as_bytes("text"))));
  }
}

TEST_CASE("pkcs11: a key that was taken away, or is another one than its row says, is refused") {
  const keys::MadeKey made = made_key(), other = made_key();
  keys::KeyMaterial material(hsm().config);
  CHECK(material.load(made.material, other.key.public_jwk()).error().code() == errors::signing_key_unusable);
  REQUIRE(material.load(made.material, made.key.public_jwk()));
  material.discard(made);
  const auto gone = keys::KeyMaterial(hsm().config).load(made.material, made.key.public_jwk());
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code() == errors::jws_signing_failed);
  CHECK(other.key.sign(as_bytes("text")));
}

TEST_CASE("pkcs11: module, token and PIN must be right, and the PIN's file closed to others") {
  made_key();
  CHECK(token_refusal([](auto& config) { config.module = "/nowhere.so"; }).find("cannot be loaded") !=
        std::string::npos);
  CHECK(token_refusal([](auto& config) { config.module = "libcrypto.so.3"; }).find("no PKCS#11") != std::string::npos);
  CHECK(token_refusal([](auto& config) { config.token = "other"; }) == "there is no token other");
  CHECK(token_refusal([](auto& c) { c.pin_file = hsm().pin_file("open", "1234", 0644); }).find("others may read it") !=
        std::string::npos);
  CHECK(token_refusal([](auto& c) { c.pin_file = hsm().pin_file("empty", "\n", 0600); }).find("is empty") !=
        std::string::npos);
  CHECK(token_refusal([](auto& c) { c.pin_file = (hsm().folder / "none").string(); }).find("cannot be opened") !=
        std::string::npos);
}

TEST_CASE("pkcs11: a wrong PIN is refused by the token") {
  // Of the second token: a log-in holds for all sessions of a process, and nobody has logged in there.
  const auto detail = token_refusal(
      [](auto& config) {
        config.token = "second";
        config.pin_file = hsm().pin_file("wrong", "9999", 0600);
      },
      errors::pkcs11_pin_refused);
  CHECK(detail.starts_with("C_Login: CKR 0x00a0: not tried again until "));
}

TEST_CASE("pkcs11: a configuration without a module knows no such place") {
  const keys::MadeKey made = made_key();
  config::SigningKeysConfig files = hsm().config;
  files.module.clear();
  CHECK(keys::KeyMaterial(files).load(made.material, made.key.public_jwk()).error().code() == errors::pkcs11_unusable);
}

}  // namespace tegata::server
