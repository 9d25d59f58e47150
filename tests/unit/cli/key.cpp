// `tegata key`: planned rotation, emergency, and what both refuse.
#include "rp/cli/key.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "rp/cli/command/errors.h"
#include "rp/pass/errors.h"
#include "rp/server/compose.h"
#include "rp/store/audit/log.h"
#include "rp/store/upkeep/beginning.h"
#include "tests/support/still_world.h"
#include "tests/unit/pass/sample_keys.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

class KeyDesk {
 public:
  StillClock clock;
  RepeatableRandom random;
  tegata::server::config::Config config;

  KeyDesk() : folder_(std::filesystem::temp_directory_path() / ("tegata-keys-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config.database = (folder_ / "db").string();
    config.audit_key = (folder_ / "audit.key").string();
    REQUIRE(tegata::store::upkeep::begin(server::store_options(config), clock, random));
    config.signing_key = (folder_ / "signing.key").string();
    config.signing_keys.directory = (folder_ / "keys").string();
    std::ofstream(config.signing_key) << first_key;
  }
  ~KeyDesk() { std::filesystem::remove_all(folder_); }

  tegata::cli::practitioners::Operator by() { return {config, clock, random, "operator:uid-1"}; }
  Json rotate(cli::Rotation rotation = {}) {
    const auto done = cli::rotate_key(by(), rotation);
    INFO((done ? "" : done.error().detail()));
    REQUIRE(done);
    return *done;
  }
  std::string refusal(cli::Rotation rotation = {}) {
    const auto done = cli::rotate_key(by(), rotation);
    REQUIRE_FALSE(done);
    return std::string(done.error().code().name());
  }
  // "state state ..." in the order of use.
  std::string states() {
    const auto all = cli::list_keys(by());
    REQUIRE(all);
    std::string out;
    for (const auto& key : (*all)["keys"]) out += (out.empty() ? "" : " ") + key["state"].get<std::string>();
    return out;
  }
  std::size_t files() {
    if (!std::filesystem::exists(folder_ / "keys")) return 0;
    const std::filesystem::directory_iterator all(folder_ / "keys");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  std::vector<std::string> kinds() {
    auto store = store::Store::open(server::store_options(config), clock);
    REQUIRE(store);
    const auto records = (*store)->read<std::vector<tegata::store::audit::AuditRecord>>(
        [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 1000); });
    REQUIRE(records);
    std::vector<std::string> out;
    for (const auto& record : *records) out.push_back(record.event.kind);
    return out;
  }

 private:
  std::filesystem::path folder_;
};

const cli::Rotation emergency{true, std::nullopt, "copied backup", false};

}  // namespace

TEST_CASE("a planned rotation publishes a key a day ahead, and refuses a second one until then") {
  KeyDesk desk;
  const auto done = desk.rotate();
  CHECK((done["rotated"] == true && done["withdrawn"].empty() && done["passes_ended"] == 0));
  CHECK(done["use_from"] == format_rfc3339(desk.clock.now() + 24h));
  CHECK(desk.states() == "active published");
  CHECK(desk.refusal() == "signing_key_rotation_waiting");
  CHECK(desk.files() == 1);  // the refused one's file is gone
  desk.clock.advance(24h);
  CHECK(desk.states() == "retiring active");
  desk.rotate();
  CHECK(desk.states() == "retiring active published");
  CHECK(desk.kinds() ==
        std::vector<std::string>{"signing_key_adopted", "signing_key_published", "signing_key_published"});
}

TEST_CASE("a dry run makes nothing and says the same") {
  KeyDesk desk;
  cli::Rotation dry;
  dry.dry_run = true;
  const auto would = desk.rotate(dry);
  CHECK((would["rotated"] == false && would["kid"].is_null()));
  CHECK(would["use_from"] == format_rfc3339(desk.clock.now() + 24h));
  CHECK(desk.files() == 0);
  desk.rotate();
  CHECK(desk.refusal(dry) == "signing_key_rotation_waiting");
  dry = emergency;
  dry.dry_run = true;
  CHECK(desk.rotate(dry)["withdrawn"].size() == 2);
  CHECK(desk.states() == "active published");
}

TEST_CASE("an emergency withdraws every key, the waiting one too, and the new one signs at once") {
  KeyDesk desk;
  desk.rotate();
  const auto done = desk.rotate(emergency);
  CHECK(done["withdrawn"].size() == 2);
  CHECK(done["use_from"] == format_rfc3339(desk.clock.now()));
  const auto keys = (*cli::list_keys(desk.by()))["keys"];
  for (const auto& key : keys) CHECK(key["state"] == (key["kid"] == done["kid"] ? "active" : "withdrawn"));
  const auto kinds = desk.kinds();
  CHECK(std::count(kinds.begin(), kinds.end(), "signing_key_withdrawn") == 2);
  CHECK(kinds.back() == "signing_key_published");
}

TEST_CASE("an emergency of one key leaves the others") {
  KeyDesk desk;
  desk.rotate();
  desk.clock.advance(1ms);
  auto one = emergency;
  one.kid = sample_key().kid();
  CHECK(desk.rotate(one)["withdrawn"] == Json{*one.kid});
  CHECK(desk.states() == "withdrawn active published");
  CHECK(desk.refusal(one) == "signing_key_unknown");  // withdrawn already
  CHECK(desk.files() == 2);
}

TEST_CASE("options that make no sense are refused") {
  KeyDesk desk;
  cli::Rotation rotation;
  rotation.kid = "x";
  CHECK(desk.refusal(rotation) == "cli_option_invalid");
  rotation = emergency;
  rotation.reason.clear();
  CHECK(desk.refusal(rotation) == "cli_option_invalid");
}

TEST_CASE("without a key in the configuration the first rotation makes the first key, in use at once") {
  KeyDesk desk;
  desk.config.signing_key.clear();
  CHECK(desk.rotate()["use_from"] == format_rfc3339(desk.clock.now()));
  CHECK(desk.states() == "active");
}
