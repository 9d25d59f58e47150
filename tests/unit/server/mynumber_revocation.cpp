// Where answers on revoked My Number cards come from: nowhere, a list in a file, a command.
#include "rp/server/mynumber_revocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "enroll/card_errors.h"
#include "rp/sandbox/test_pki.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;
using server::MyNumberConfig;

namespace {

// JPKI in a folder, with a good card and one that is on its list.
struct Jpki {
  StillClock clock;
  std::string folder =
      (std::filesystem::temp_directory_path() / ("tegata-jpki-" + std::to_string(::getpid()))).string();
  Bytes good, revoked;
  int nowhere = ::open("/dev/null", O_WRONLY);
  server::Log log{clock, nowhere};
  std::optional<card::MyNumberAuthorities> authorities;

  Jpki() {
    sandbox::TestPki pki(clock.now());
    good = sandbox::der(
        pki.make_card({"good", "jpki-auth", "good", "20260101ABCDEFGHIJKLMNO", "", "", {}, ""}).identity.certificate);
    revoked = sandbox::der(pki.make_card({"revoked", "jpki-auth", "revoked", "20260101ABCDEFGHIJKLMNP", "", "", {}, ""})
                               .identity.certificate);
    REQUIRE(pki.write_files(folder));
    publish();
    auto parsed = card::parse_mynumber_authorities({sandbox::pem(pki.jpki().certificate), {}, true});
    REQUIRE(parsed);
    authorities.emplace(std::move(*parsed));
  }
  ~Jpki() {
    std::filesystem::remove_all(folder);
    ::close(nowhere);
  }

  void publish() { REQUIRE(sandbox::TestPki::write_lists(folder, clock.now())); }
  std::string judge(const Bytes& card, const card::MyNumberRevocation& revocation) {
    const auto verdict = card::verify_mynumber_certificate(card, *authorities, revocation, clock.now());
    return verdict ? "good" : std::string(verdict.error().code().name());
  }
  card::MyNumberRevocation source(const MyNumberConfig& config) {
    return server::mynumber_revocation(config, *authorities, log);
  }
  // A shell script in place of an accredited verifier.
  MyNumberConfig command(const std::string& script) {
    const auto path = folder + "/ask.sh";
    std::ofstream(path) << script;
    MyNumberConfig config;
    config.revocation = "command";
    config.command = {"/bin/sh", path};
    return config;
  }
};

}  // namespace

TEST_CASE("without a source revocation is not judged") {
  Jpki jpki;
  CHECK(jpki.judge(jpki.revoked, jpki.source({})) == "good");
}

TEST_CASE("a list in a file: read again when it changes, stale or missing refuses") {
  Jpki jpki;
  MyNumberConfig config;
  config.revocation = "list";
  config.lists = {jpki.folder + "/jpki.crl"};
  const auto source = jpki.source(config);
  CHECK(jpki.judge(jpki.good, source) == "good");
  CHECK(jpki.judge(jpki.revoked, source) == "mynumber_revoked");

  jpki.clock.advance(std::chrono::hours(96));
  CHECK(jpki.judge(jpki.good, source) == "mynumber_revocation_unknown");
  jpki.publish();
  CHECK(jpki.judge(jpki.good, source) == "good");

  std::ofstream(config.lists[0]) << "no list";  // what is refused leaves the one before
  CHECK(jpki.judge(jpki.good, source) == "good");
  config.lists = {jpki.folder + "/nothing.crl"};
  CHECK(jpki.judge(jpki.good, jpki.source(config)) == "mynumber_revocation_unknown");
}

TEST_CASE("a command: told issuer and serial number, believed at its word, and nothing else counts") {
  Jpki jpki;
  const auto with = [&](const std::string& script) { return jpki.judge(jpki.good, jpki.source(jpki.command(script))); };
  CHECK(with("echo good") == "good");
  CHECK(with("echo revoked") == "mynumber_revoked");
  CHECK(with("echo perhaps") == "mynumber_revocation_unknown");
  CHECK(with("echo good; exit 1") == "mynumber_revocation_unknown");
  CHECK(with("exit 0") == "mynumber_revocation_unknown");
  CHECK(with("yes good") == "mynumber_revocation_unknown");
  CHECK(with("[ ${#1} = 64 ] && [ ${#2} -gt 1 ] && echo good") == "good");
  MyNumberConfig missing;
  missing.revocation = "command";
  missing.command = {jpki.folder + "/no-such-program"};
  CHECK(jpki.judge(jpki.good, jpki.source(missing)) == "mynumber_revocation_unknown");
}

TEST_CASE("a command that does not answer is ended") {
  Jpki jpki;
  const auto since = std::chrono::steady_clock::now();
  CHECK(jpki.judge(jpki.good, jpki.source(jpki.command("exec sleep 60"))) == "mynumber_revocation_unknown");
  CHECK(std::chrono::steady_clock::now() - since < std::chrono::seconds(20));
}
