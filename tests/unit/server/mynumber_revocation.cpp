// Where answers on revoked My Number cards come from: nowhere, a list in a file, a command.
#include "rp/server/revocation/mynumber_revocation.h"

#include <fcntl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "enroll/card/errors.h"
#include "rp/sandbox/test_pki/crl.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;
using tegata::server::config::MyNumberConfig;

namespace {

// JPKI in a folder, with a good card and one that is on its list.
struct Jpki {
  StillClock clock;
  std::string folder =
      (std::filesystem::temp_directory_path() / ("tegata-jpki-" + std::to_string(::getpid()))).string();
  Bytes good, revoked;
  int nowhere = ::open("/dev/null", O_WRONLY);
  tegata::server::running::Log log{clock, nowhere};
  std::optional<card::MyNumberAuthorities> authorities;
  tegata::sandbox::test_pki::TestPki pki{clock.now()};

  Jpki() {
    good = tegata::sandbox::test_pki::der(
        pki.make_card({"good", "jpki-auth", "good", "20260101ABCDEFGHIJKLMNO", "", "", {}, ""}).identity.certificate);
    revoked = tegata::sandbox::test_pki::der(
        pki.make_card({"revoked", "jpki-auth", "revoked", "20260101ABCDEFGHIJKLMNP", "", "", {}, ""})
            .identity.certificate);
    REQUIRE(pki.write_files(folder));
    publish();
    auto parsed = card::parse_mynumber_authorities({tegata::sandbox::test_pki::pem(pki.jpki().certificate), {}, true});
    REQUIRE(parsed);
    authorities.emplace(std::move(*parsed));
  }
  ~Jpki() {
    std::filesystem::remove_all(folder);
    ::close(nowhere);
  }

  void publish() { REQUIRE(tegata::sandbox::test_pki::TestPki::write_lists(folder, clock.now())); }
  std::string judge(const Bytes& card, const card::MyNumberRevocation& revocation) {
    const auto verdict = card::verify_mynumber_certificate(card, *authorities, revocation, clock.now());
    return verdict ? "good" : std::string(verdict.error().code().name());
  }
  card::MyNumberRevocation source(const MyNumberConfig& config) {
    return tegata::server::revocation::mynumber_revocation(config, *authorities, log).answer;
  }
  // A list of that number in a file of its own, in force for 96 hours from `ago` before now.
  std::string list(const std::string& name, std::uint64_t number, const std::vector<Bytes>& named,
                   std::chrono::hours ago) {
    std::vector<tegata::sandbox::test_pki::CrlEntry> entries;
    for (const auto& der : named) {
      const unsigned char* cursor = der.data();
      const auto length = static_cast<long>(der.size());
      entries.push_back(
          {tegata::sandbox::test_pki::Certificate(d2i_X509(nullptr, &cursor, length), X509_free), clock.now() - ago});
    }
    const auto text = tegata::sandbox::test_pki::issue_crl(
        tegata::sandbox::test_pki::crl_profile(clock.now() - ago, number, entries), pki.jpki());
    const auto path = folder + "/" + name;
    std::ofstream(path, std::ios::binary) << as_text(text);
    return path;
  }
  static MyNumberConfig lists(const std::vector<std::string>& paths) {
    MyNumberConfig config;
    config.revocation = "list";
    config.lists = paths;
    return config;
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

TEST_CASE("defect: lists of My Number cards had no figures") {
  Jpki jpki;
  const auto list = jpki.list("one.crl", 1, {}, std::chrono::hours(1)), none = jpki.folder + "/none.crl";
  const auto source =
      tegata::server::revocation::mynumber_revocation(Jpki::lists({list, none}), *jpki.authorities, jpki.log);
  const auto in = [](const std::string& file) { return "{file=\"" + file + "\"} "; };
  const auto end = std::to_string(unix_seconds(jpki.clock.now() + std::chrono::hours(95)));
  CHECK(source.figures(jpki.clock.now()) ==
        "# TYPE tegata_mynumber_list_fresh gauge\ntegata_mynumber_list_fresh" + in(list) +
            "1\ntegata_mynumber_list_fresh" + in(none) +
            "0\n# TYPE tegata_mynumber_list_next_update_seconds gauge\ntegata_mynumber_list_next_update_seconds" +
            in(list) + end + "\n");
  CHECK(source.warnings(jpki.clock.now()) == "warning card_revocation_unknown JPKI " + none + "\n");
  jpki.clock.advance(std::chrono::hours(95));
  CHECK_THAT(source.figures(jpki.clock.now()), Catch::Matchers::Contains("fresh" + in(list) + "0\n"));
  CHECK_THAT(source.warnings(jpki.clock.now()), Catch::Matchers::Contains("card_revocation_stale JPKI " + list));
}

TEST_CASE("defect: of two lists the old one stood first, and a card revoked in the newer alone passed") {
  Jpki jpki;
  const auto older = jpki.list("older.crl", 1, {}, std::chrono::hours(2));
  const auto newer = jpki.list("newer.crl", 2, {jpki.good}, std::chrono::hours(1));
  for (const auto& order : {std::vector{older, newer}, std::vector{newer, older}}) {
    const auto source = jpki.source(Jpki::lists(order));
    CHECK(jpki.judge(jpki.good, source) == "mynumber_revoked");
    CHECK(jpki.judge(jpki.revoked, source) == "good");  // neither of these two names it
  }
}

TEST_CASE("defect: a list whose time is over told nothing of the cards that it names") {
  Jpki jpki;
  const auto over = jpki.list("over.crl", 1, {jpki.good}, std::chrono::hours(97));
  const auto alone = jpki.source(Jpki::lists({over}));
  CHECK(jpki.judge(jpki.good, alone) == "mynumber_revoked");
  CHECK(jpki.judge(jpki.revoked, alone) == "mynumber_revocation_unknown");  // it vouches for nobody
  const auto fresh = jpki.list("fresh.crl", 2, {}, std::chrono::hours(1));
  const auto both = jpki.source(Jpki::lists({fresh, over}));
  CHECK(jpki.judge(jpki.good, both) == "mynumber_revoked");
  CHECK(jpki.judge(jpki.revoked, both) == "good");

  // In one file: what came in time answers on for those that are not named, and those that are stay out.
  const auto first = jpki.list("one.crl", 3, {}, std::chrono::hours(1));
  const auto one = jpki.source(Jpki::lists({first}));
  CHECK(jpki.judge(jpki.good, one) == "good");
  jpki.list("one.crl", 4, {}, std::chrono::hours(1));
  jpki.clock.advance(std::chrono::hours(94));
  CHECK(jpki.judge(jpki.good, one) == "good");
  jpki.clock.advance(std::chrono::hours(2));
  CHECK(jpki.judge(jpki.good, one) == "mynumber_revocation_unknown");
  jpki.list("one.crl", 5, {jpki.good}, std::chrono::hours(98));
  CHECK(jpki.judge(jpki.good, one) == "mynumber_revocation_unknown");  // older than what is known: refused
  jpki.list("one.crl", 6, {}, std::chrono::hours(1));
  CHECK(jpki.judge(jpki.good, one) == "good");
}

TEST_CASE("operators hear of a My Number list that is missing or over") {
  Jpki jpki;
  const auto path = jpki.list("one.crl", 1, {}, std::chrono::hours(1));
  const auto missing = jpki.folder + "/nothing.crl";
  const auto source =
      tegata::server::revocation::mynumber_revocation(Jpki::lists({path, missing}), *jpki.authorities, jpki.log);
  CHECK(source.warnings(jpki.clock.now()) == "warning card_revocation_unknown JPKI " + missing + "\n");
  jpki.clock.advance(std::chrono::hours(96));
  CHECK(source.warnings(jpki.clock.now()) ==
        "warning card_revocation_stale JPKI " + path + "\nwarning card_revocation_unknown JPKI " + missing + "\n");
  CHECK(tegata::server::revocation::mynumber_revocation({}, *jpki.authorities, jpki.log)
            .warnings(jpki.clock.now())
            .empty());
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
