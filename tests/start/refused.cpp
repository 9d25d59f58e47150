// Broken configurations and installations: `tegata check` and `tegata serve` refuse each in the same words.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "tests/start/installation.h"

namespace tegata::test {
namespace {

namespace fs = std::filesystem;
constexpr uid_t nobody = 65534;

struct Broken {
  const char* name;
  std::function<void(const Installation&)> break_it;
  const char* code;
  const char* words;  // in the detail
  bool as_root = false;
};

auto mode(const char* name, mode_t bits) {
  return [=](const Installation& it) { REQUIRE(::chmod(it.file(name).c_str(), bits) == 0); };
}
auto content(const char* name, const char* text) {
  return [=](const Installation& it) { it.write(name, text); };
}
auto gone(const char* name) {
  return [=](const Installation& it) { REQUIRE(fs::remove_all(it.file(name)) > 0); };
}
auto other(const char* from, const char* to) {
  return [=](const Installation& it) { it.configure(from, to); };
}
auto more(const char* text) {
  return [=](const Installation& it) { it.configure_more(text); };
}
auto owner(const char* name, uid_t user) {
  return [=](const Installation& it) { REQUIRE(::lchown(it.file(name).c_str(), user, user) == 0); };
}
// In the file's place a link to it, which somebody else has put there.
auto linked(const char* name, uid_t user) {
  return [=](const Installation& it) {
    fs::rename(it.file(name), it.file(name) + ".real");
    fs::create_symlink(it.file(name) + ".real", it.file(name));
    REQUIRE(::lchown(it.file(name).c_str(), user, user) == 0);
  };
}
auto folder_instead(const char* name) {
  return [=](const Installation& it) {
    fs::remove_all(it.file(name));
    fs::create_directory(it.file(name));
  };
}
auto key_of(const char* name, std::vector<std::string> kind) {
  return [=](const Installation& it) {
    std::vector<std::string> words = {"/usr/bin/openssl", "genpkey"};
    words.insert(words.end(), kind.begin(), kind.end());
    it.write(name, run(words).out);
  };
}
auto sql(const char* statements) {
  return [=](const Installation& it) { it.sql(statements); };
}
// A file of that content and these rights, named by a setting.
auto named(const char* name, const char* text, mode_t bits, const char* setting) {
  return [=](const Installation& it) {
    it.write(name, text);
    REQUIRE(::chmod(it.file(name).c_str(), bits) == 0);
    it.configure_more(setting);
  };
}
void put_other_tls_key(const Installation& it) {
  const auto pem = it.text("pki/server.pem");
  it.write("pki/server.pem", pem.substr(0, pem.find("-----BEGIN PRIVATE KEY")) + it.text("signing.key"));
}
void lose_published_key(const Installation& it) {
  REQUIRE(it.tegata({"key", "rotate"}).code == 0);
  for (const auto& entry : fs::directory_iterator(it.file("data/signing-keys"))) fs::remove(entry.path());
}
void open_published_key(const Installation& it) {
  REQUIRE(it.tegata({"key", "rotate"}).code == 0);
  for (const auto& entry : fs::directory_iterator(it.file("data/signing-keys"))) ::chmod(entry.path().c_str(), 0604);
}

void neither_database_nor_key(const Installation& it) {
  folder_instead("data")(it);
  gone("audit.key")(it);
}
// A database from before there were epochs.
void no_folder_for_the_first_epoch(const Installation& it) {
  it.sql("DELETE FROM meta WHERE name = 'is_copy'");
  it.configure_more("\n[audit]\nepoch_file = \"nowhere/epoch\"\n");
}
void only_the_log(const Installation& it) {
  folder_instead("data")(it);
  it.write("data/tegata.db-wal", "x");
}

const std::vector<std::string> p384 = {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"};
const std::vector<std::string> rsa = {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"};
constexpr const char* mynumber = "\n[mynumber]\ngenerations = [\"jpki.pem\"]\n";
constexpr const char* token = "\n[signing_keys]\nmodule = \"/nowhere/module.so\"\ntoken = \"t\"\npin_file = \"pin\"\n";
constexpr const char* smtp =
    "\n[notices.smtp]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\nto = \"c@d.example\"\nlogin = \"login\"\n";
constexpr const char* deployed =
    "\n[deployed_profile]\nfacility = \"1399999999\"\nredirect_uri = \"http://ehr.example/\"\n"
    "audience = \"https://sign.example\"\n";

const std::vector<Broken> broken = {
    // The file of the configuration
    {"no configuration", gone("tegata.toml"), "file_unreadable", "tegata.toml: cannot be opened"},
    {"a configuration that anybody may write", mode("tegata.toml", 0666), "file_open_to_others", "chmod o-w"},
    {"no TOML", content("tegata.toml", "= 1"), "config_invalid", "line 1"},
    {"an unknown setting", more("\n[server]\nworker = 3\n"), "config_invalid", "server.worker is not a known key"},
    {"an unknown table", more("\n[sever]\nworkers = 3\n"), "config_invalid", "sever is not a known key"},
    {"a key twice", other("sockets =", "public_origin = \"https://a.example\"\nsockets ="), "config_invalid", "line 4"},
    {"no public origin", other("public_origin = \"https://localhost:8443\"", ""), "config_invalid", "public_origin"},
    {"an origin over http", other("https://localhost:8443", "http://localhost:8443"), "config_invalid",
     "must begin with https://"},
    {"an origin with a path", other("https://localhost:8445", "https://localhost:8445/"), "config_invalid",
     "facility_origin"},
    {"a pattern for the public origin", other("https://localhost:8443", "https://*.localhost:8443"), "config_invalid",
     "must name one host"},
    {"a number that is a text", more("\n[server]\nworkers = \"64\"\n"), "config_invalid", "wrong kind"},
    {"more connections than workers", more("\n[server]\nworkers = 8\n"), "config_invalid", "server_maxconn"},
    {"no authority", other("[[authority]]\nname = \"TEST\"", "[cards]"), "config_invalid", "authority is missing"},
    {"a proxy user that nobody is", other("user = \"\"", "user = \"no-such-user\""), "config_invalid", "no-such-user"},
    {"a proxy user that is no name", other("user = \"\"", "user = \"a b\""), "config_invalid", "haproxy.user"},
    {"a proxy group without a user", other("user = \"\"", "user = \"\"\ngroup = \"root\""), "config_invalid",
     "haproxy.group"},
    // The audit key and its head
    {"an audit key for everybody to read", mode("audit.key", 0644), "file_open_to_others", "chmod 0600"},
    {"an audit key for a group to write", mode("audit.key", 0660), "file_open_to_others", "may write it"},
    {"an audit key of somebody else", owner("audit.key", nobody), "file_open_to_others",
     "or run this as nobody if tegata does", true},
    {"an audit key behind somebody's link", linked("audit.key", nobody), "file_open_to_others", "chown -h", true},
    {"a folder for an audit key", folder_instead("audit.key"), "file_unreadable", "is no regular file"},
    {"an audit key that is none", content("audit.key", "no key"), "store_audit_broken", "no private key"},
    {"an audit key of another kind", key_of("audit.key", p384), "store_audit_broken", "no private key on P-256"},
    {"another audit key", key_of("audit.key", {"-algorithm", "ED25519"}), "store_audit_broken", "no right signature"},
    {"a lost audit key", gone("audit.key"), "store_audit_broken", "audit key is missing"},
    {"a head for everybody to read", mode("data/tegata.db.audit-head", 0644), "file_open_to_others", "audit-head"},
    {"a damaged head", content("data/tegata.db.audit-head", "{}"), "store_audit_broken", "no right signature"},
    {"a lost head", gone("data/tegata.db.audit-head"), "store_audit_stopped", "signed head is missing"},
    // The database
    {"a database for everybody to read", mode("data/tegata.db", 0644), "file_open_to_others", "tegata.db (mode 0644"},
    {"a database of somebody else", owner("data/tegata.db", nobody), "file_open_to_others", "owner nobody", true},
    {"a folder for a database", folder_instead("data/tegata.db"), "file_unreadable", "is no regular file"},
    {"a database that is none", content("data/tegata.db", "nothing of the kind, and long enough to be looked at"),
     "store_damaged", "not a database"},
    {"a database of a later program", sql("UPDATE schema_version SET version = 999"), "store_schema_newer", "999"},
    {"a log that was cut off", sql("DROP TRIGGER IF EXISTS x; DELETE FROM audit"), "store_put_back", "tegata restore"},
    {"a log that was altered", sql("UPDATE audit SET actor = 'x' WHERE number = (SELECT max(number) FROM audit)"),
     "store_audit_stopped", "tegata audit verify"},
    {"a planted write-ahead log", named("data/tegata.db-wal", "x", 0666, ""), "file_open_to_others", "db-wal"},
    {"a folder that anybody may write", mode("data", 0777), "file_open_to_others", "chmod o-w"},
    {"no folder for the database", other("data/tegata.db", "nowhere/tegata.db"), "store_absent", "nowhere"},
    {"a disk that is not mounted", folder_instead("data"), "store_absent", "while its audit key is there"},
    {"neither database nor key", neither_database_nor_key, "store_absent", "If this installation is new: `tegata init"},
    {"a head without its database", gone("data/tegata.db"), "store_absent", "audit-head belongs to one"},
    {"a log without its database", only_the_log, "store_absent", "db-wal belongs to one"},
    {"no folder for the first epoch", no_folder_for_the_first_epoch, "file_not_written", "nowhere"},
    // The keys of webhooks
    {"a webhook key for everybody",
     named("data/tegata.db.webhook-key", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0644,
           "\n[notices]\nwebhook = \"https://notify.example/\"\n"),
     "file_open_to_others", "webhook-key (mode 0644"},
    {"a webhook key that is none",
     named("data/tegata.db.heads-webhook-key", "secret", 0600,
           "\n[audit]\nheads_webhook = \"https://notify.example/\"\n"),
     "config_invalid", "is not whsec_ and base64"},
    // The guess key
    {"a guess key for everybody", mode("data/tegata.db.guess-key", 0666), "file_open_to_others", "mode 0666"},
    {"a lost guess key", gone("data/tegata.db.guess-key"), "guess_key_missing", "tegata guess-key renew"},
    {"another guess key", content("data/tegata.db.guess-key", "0123456789abcdef0123456789abcdef"), "guess_key_other",
     "tegata guess-key renew"},
    {"half a guess key", content("data/tegata.db.guess-key", "0123456789abcdef"), "config_invalid", "32 bytes"},
    {"a guess key behind somebody's link", linked("data/tegata.db.guess-key", nobody), "file_open_to_others",
     "chown -h", true},
    // Signing keys
    {"a signing key for everybody", mode("signing.key", 0644), "file_open_to_others", "chmod 0600"},
    {"a signing key that is none", content("signing.key", "no key"), "signing_key_unusable", "signing.key"},
    {"a signing key of another kind", key_of("signing.key", rsa), "signing_key_unusable", "signing.key"},
    {"another signing key", key_of("signing.key", {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}),
     "signing_key_unusable", "holds another key"},
    {"a lost signing key", gone("signing.key"), "signing_key_unusable", "cannot be opened"},
    {"a lost published key", lose_published_key, "signing_key_unusable", "cannot be opened"},
    {"a published key for others", open_published_key, "file_open_to_others", "mode 0604"},
    {"a token's module that is missing", named("pin", "1234", 0600, token), "file_unreadable", "/nowhere/module.so"},
    {"a PIN for everybody",
     [](const Installation& it) {
       named("pin", "1234", 0644, token)(it);
       it.configure("/nowhere/module.so", "/etc/hostname");
     },
     "file_open_to_others", "pin (mode 0644"},
    // What HAProxy is given
    {"a TLS key for everybody", mode("pki/server.pem", 0644), "file_open_to_others", "chmod 0600"},
    {"a TLS certificate that is none", content("pki/server.pem", "garbage"), "tls_file_unusable", "no certificate"},
    {"a TLS key of another certificate", put_other_tls_key, "tls_file_unusable", "not its certificate's"},
    {"no TLS certificate", gone("pki/server.pem"), "file_unreadable", "server.pem"},
    {"card authorities that are none", content("pki/hpki-advertise.pem", "garbage"), "card_authority_malformed",
     "hpki-advertise.pem"},
    {"authorities for facilities that are none", content("facility-ca/advertised.pem", "garbage"), "tls_file_unusable",
     "advertised.pem"},
    {"an authority that was not made", gone("facility-ca/ca.key"), "facility_ca_missing", "facility ca init"},
    {"an authority's key for everybody", mode("facility-ca/ca.key", 0644), "file_open_to_others", "ca.key"},
    // Who is believed
    {"roots that are missing", gone("pki/hpki-roots.pem"), "file_unreadable", "hpki-roots.pem"},
    {"roots that are none", content("pki/hpki-roots.pem", "garbage"), "card_authority_malformed", ""},
    {"roots that anybody may write", mode("pki/hpki-roots.pem", 0666), "file_open_to_others", "chmod o-w"},
    {"My Number authorities that are none", named("jpki.pem", "garbage", 0644, mynumber),
     "mynumber_authority_malformed", ""},
    {"anchors that are missing", more("\n[metadata]\nanchors = [\"nowhere.pem\"]\n"), "file_unreadable", "nowhere.pem"},
    // Notices
    {"a mail password for everybody", named("login", "user\npassword\n", 0644, smtp), "file_open_to_others", "login"},
    {"a mail password that is missing", named("login", "user\n", 0600, smtp), "notice_undeliverable", "two lines"},
    {"a folder of notices that is a file", more("\n[notices]\nfolder = \"audit.key\"\n"), "file_unreadable",
     "audit.key"},
    {"authorities of the webhook that are missing",
     more("\n[notices]\nwebhook = \"https://a.example/\"\nwebhook_ca = \"nowhere.pem\"\n"), "file_unreadable",
     "nowhere.pem"},
    // The rest
    {"a profile for a facility that is none", more(deployed), "activation_facility_inactive", "1399999999"},
    {"sockets in a file", other("\"sockets\"", "\"audit.key\""), "server_socket_unusable", "is no folder"},
    {"sockets in somebody's folder",
     [](const Installation& it) {
       fs::create_directory(it.file("sockets"));
       owner("sockets", nobody)(it);
     },
     "server_socket_unusable", "somebody else", true},
    {"sockets too deep",
     other("\"sockets\"", "\"ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss\""),
     "server_socket_unusable", "longer than 99"},
};

}  // namespace

// Whether it says where it is and what to do.
bool helps(const std::string& sentence) {
  const bool path = sentence.find('/') != std::string::npos;
  for (const char* step : {"chmod ", "chown ", "`tegata ", "tegata guess-key", "tegata key", "put ", "bring ", "look ",
                           "correct ", "give ", "add ", "write ", "install ", "make ", "stop ", "raise "}) {
    if (path && sentence.find(step) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("defect: check was good with installations on which serve refuses, or should") {
  std::size_t skipped = 0;
  std::set<std::string> sentences;
  for (const auto& each : broken) {
    if (each.as_root && ::geteuid() != 0) {
      ++skipped;
      continue;
    }
    const Installation it;
    each.break_it(it);
    const auto before = it.picture();
    const auto checked = it.checked(), served = it.served();
    INFO(each.name);
    CHECK(checked == served);
    CHECK(checked.substr(0, checked.find(' ')) == each.code);
    CHECK_THAT(checked, Catch::Matchers::Contains(each.words));
    INFO(checked);
    CHECK(helps(checked));
    const bool of_store = checked.starts_with("store_");
    CHECK((!of_store || checked.find("/data") != std::string::npos || checked.find("audit.key") != std::string::npos ||
           checked.find("nowhere") != std::string::npos));
    sentences.insert(checked);
    CHECK(it.picture() == before);
  }
  CHECK(sentences.size() >= 40);
  if (skipped > 0) WARN("SKIPPED " << skipped << ": not root");
}

TEST_CASE("a database on a disk that is mounted read-only refuses a start, with its path") {
  if (::geteuid() != 0) {
    WARN("SKIPPED 1: not root");
    return;
  }
  const Installation it;
  const auto data = it.file("data");
  for (const std::string command : {"check", "serve"}) {
    const auto answer = run({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                             "mount --bind " + data + " " + data + " && mount -o remount,ro,bind " + data +
                                 " && exec " + TEGATA_PROGRAM + " " + command + " --config " + it.config()});
    INFO(answer.err);
    CHECK(answer.code == 1);
    CHECK_THAT(answer.err, Catch::Matchers::Contains("store_unavailable: " + data) &&
                               Catch::Matchers::Contains("Read-only file system"));
    CHECK(helps(answer.err));
  }
}

TEST_CASE("defect: a reload took what check and a start refuse") {
  const Installation it;
  const Started server(
      {"/bin/sh", "-c",
       std::string("exec ") + TEGATA_PROGRAM + " serve --config " + it.config() + " 2> " + it.file("log")});
  const auto comes = [&](const char* event) {
    for (int i = 0; i < 3000 && it.text("log").find(event) == std::string::npos; ++i) ::usleep(10'000);
    return it.text("log").find(event) != std::string::npos;
  };
  REQUIRE(comes("\"event\":\"started\""));
  content("pki/hpki-advertise.pem", "garbage")(it);
  const auto checked = it.checked();
  CHECK_THAT(checked, Catch::Matchers::StartsWith("card_authority_malformed "));
  REQUIRE(::kill(server.pid(), SIGHUP) == 0);
  REQUIRE(comes("\"event\":\"reload"));
  CHECK(comes("\"event\":\"reload_refused\""));
  CHECK_THAT(it.text("log"), Catch::Matchers::Contains("card_authority_malformed"));
  server.stop();
  CHECK(server.wait() == 0);
}

TEST_CASE("all that is wrong is told at once, by both") {
  const Installation it;
  for (const char* name :
       {"audit.key", "data/tegata.db.guess-key", "signing.key", "pki/server.pem", "facility-ca/ca.key"})
    ::chmod(it.file(name).c_str(), 0644);
  const auto checked = it.tegata({"check"}), served = it.tegata({"serve"});
  CHECK(checked.code == 1);
  CHECK(checked.err == served.err);
  const auto json = parse_json(it.tegata({"check", "--json"}).out);
  REQUIRE(json);
  for (const char* name : {"audit.key", "guess-key", "server.pem", "ca.key"}) {
    CHECK_THAT(checked.err, Catch::Matchers::Contains(std::string(name) + " (mode 0644"));
    CHECK_THAT(dump_json((*json)["problems"]), Catch::Matchers::Contains(name));
  }
}

}  // namespace tegata::test
