// Registration numbers in the directory, the key by which they are kept, and commands that change nothing.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "enroll/errors.h"
#include "rp/cli/practitioners/practitioner.h"
#include "rp/cli/tickets/file.h"
#include "rp/cli/tickets/issue.h"
#include "rp/cli/tickets/ticket.h"
#include "rp/host/errors.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/server/keys/guess_key.h"
#include "rp/store/audit/log.h"
#include "rp/store/registration_numbers.h"
#include "rp/store/upkeep/beginning.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr const char* numbers_header =
    "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after,registration_number,"
    "card_id\n";
const std::string taro = "AB1234,検証 太郎,,Medical Doctor,MEDIS,1001,2028-03-31,123456,AB12-CD34\n";

struct NumbersDesk {
  StillClock clock;
  RepeatableRandom random;
  tegata::server::config::Config config;
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("tegata-numbers-" + std::to_string(::getpid()));

  NumbersDesk() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    config.public_origin = "https://localhost:8443";
    config.database = (folder / "db").string();
    config.audit_key = (folder / "audit.key").string();
    REQUIRE(tegata::store::upkeep::begin(server::store_options(config), clock, random));
    config.tickets.guess_key = (folder / "guess.key").string();
    config.authorities.emplace_back().name = "MEDIS";
  }
  ~NumbersDesk() { std::filesystem::remove_all(folder); }

  tegata::cli::practitioners::Operator by(bool dry_run = false) {
    return {config, clock, random, "operator:uid-1", dry_run};
  }
  std::string file(const std::string& text) {
    const auto path = (folder / "people.csv").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Result<tegata::cli::practitioners::ImportReport> import(const std::string& rows, bool dry_run = false,
                                                          const std::string& head = numbers_header) {
    tegata::cli::command::Progress silent(false);
    return tegata::cli::practitioners::import_practitioners(by(), file(head + rows), dry_run, silent);
  }
  std::unique_ptr<store::Store> open() {
    auto opened = store::Store::open(server::store_options(config), clock);
    REQUIRE(opened);
    return std::move(*opened);
  }
  std::size_t numbers_of(const std::string& id) {
    const auto all = open()->read<std::vector<store::NumberPair>>(
        [&](tegata::store::Reader& reader) { return store::list_number_pairs(reader, id); });
    REQUIRE(all);
    return all->size();
  }
  std::size_t records() {
    const auto all = open()->read<std::vector<tegata::store::audit::AuditRecord>>(
        [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 100'000); });
    REQUIRE(all);
    return all->size();
  }
};

}  // namespace

TEST_CASE("a file with numbers says all that its people have; one without leaves them") {
  NumbersDesk desk;
  const auto dry = desk.import(taro, true);
  REQUIRE(dry);
  CHECK(dry->added == 1);
  CHECK_FALSE(std::filesystem::exists(desk.config.tickets.guess_key));  // a dry run makes no key
  REQUIRE(desk.import(taro));
  CHECK(desk.numbers_of("AB1234") == 1);
  CHECK(desk.import(taro)->unchanged == 1);
  CHECK(desk.import(taro, true)->unchanged == 1);
  // A second card of the same person, then a new one in place of both.
  const auto two = taro + "AB1234,検証 太郎,,Medical Doctor,MEDIS,1002,2028-03-31,123456,EF56-0001\n";
  CHECK(desk.import(two)->changed == 1);
  CHECK(desk.numbers_of("AB1234") == 2);
  CHECK(desk.import("AB1234,検証 太郎,,Medical Doctor,MEDIS,1001,2028-03-31,123456,ZZZZ9999\n")->changed == 1);
  CHECK(desk.numbers_of("AB1234") == 1);
  const std::string head = "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after\n";
  CHECK(desk.import("AB1234,検証 太郎,,Medical Doctor,MEDIS,1001,2028-03-31\n", false, head)->unchanged == 1);
  CHECK(desk.numbers_of("AB1234") == 1);
  CHECK(desk.import("AB1234,検証 太郎,,Medical Doctor,MEDIS,1001,2028-03-31,,\n")->changed == 1);
  CHECK(desk.numbers_of("AB1234") == 0);
}

TEST_CASE("nothing of the numbers stands in the database as it was typed") {
  NumbersDesk desk;
  REQUIRE(desk.import("AB1234,検証 太郎,,Medical Doctor,MEDIS,1001,2028-03-31,98765432,QQWWEERR\n"));
  for (const auto& entry : std::filesystem::directory_iterator(desk.folder)) {
    if (entry.path().filename() == "people.csv") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    INFO(entry.path());
    CHECK(text.find("98765432") == std::string::npos);
    CHECK(text.find("qqwweerr") == std::string::npos);
    CHECK(text.find("QQWWEERR") == std::string::npos);
  }
}

TEST_CASE("what is wrong with numbers is named by row") {
  NumbersDesk desk;
  const auto wrong = [&](const std::string& rows) {
    const auto report = desk.import(rows);
    REQUIRE(report);
    CHECK_FALSE(report->imported);
    REQUIRE(report->problems.size() == 1);
    return std::to_string(report->problems[0].row) + " " + report->problems[0].column;
  };
  CHECK(wrong("AB1234,n,,,MEDIS,1,,12x,ABCD\n") == "2 registration_number");
  CHECK(wrong("AB1234,n,,,MEDIS,1,,123,\n") == "2 registration_number");
  CHECK(wrong("AB1234,n,,,MEDIS,1,,,ABCD\n") == "2 registration_number");
  CHECK(wrong("AB1234,n,,,MEDIS,1,,123,ABCD\nCD1234,m,,,MEDIS,2,,0123,ab-cd\n") == "3 registration_number");
  REQUIRE(desk.import(taro));
  CHECK(wrong("CD1234,m,,,MEDIS,2,,123456,ab12cd34\n") == "2 registration_number");
  CHECK(desk.numbers_of("CD1234") == 0);
  const auto half =
      desk.import("", false, std::string(numbers_header).substr(0, std::string(numbers_header).rfind(',')) + "\n");
  REQUIRE_FALSE(half);  // one column without the other
}

TEST_CASE("a database is never taken for that of another guess key") {
  NumbersDesk desk;
  const auto& path = desk.config.tickets.guess_key;
  const auto store = desk.open();
  const auto first = tegata::server::keys::open_guess_key(path, *store, desk.random);
  REQUIRE(first);
  CHECK(*tegata::server::keys::open_guess_key(path, *store, desk.random) == *first);
  const auto copy = (desk.folder / "copy.key").string();
  REQUIRE(tegata::server::keys::copy_guess_key(path, copy));
  CHECK(tegata::server::keys::copy_guess_key(path, copy).error().code() == errors::file_not_written);
  std::filesystem::remove(path);
  SECTION("missing: refused, and none is made") {
    const auto refused = tegata::server::keys::open_guess_key(path, *store, desk.random);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == errors::guess_key_missing);
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SECTION("another: refused") {
    std::ofstream(path, std::ios::binary) << std::string(32, 'x');
    CHECK(tegata::server::keys::open_guess_key(path, *store, desk.random).error().code() == errors::guess_key_other);
    CHECK(tegata::server::keys::find_guess_key(path, *store).error().code() == errors::guess_key_other);
  }
  SECTION("brought back from its copy: taken") {
    std::filesystem::copy_file(copy, path);
    CHECK(*tegata::server::keys::open_guess_key(path, *store, desk.random) == *first);
    const auto kept = tegata::server::keys::renew_guess_key(path, *store, desk.random, "operator:test");
    REQUIRE(kept);  // nothing was lost, so nothing is given up
    CHECK_FALSE(kept->made);
    CHECK(*tegata::server::keys::open_guess_key(path, *store, desk.random) == *first);
  }
  SECTION("given up: a new one, and the numbers are forgotten") {
    std::filesystem::copy_file(copy, path);
    REQUIRE(desk.import(taro));
    std::filesystem::remove(path);
    const auto renewed = tegata::server::keys::renew_guess_key(path, *store, desk.random, "operator:test");
    REQUIRE(renewed);
    CHECK(renewed->made);
    CHECK(renewed->numbers_forgotten == 1);
    CHECK(*tegata::server::keys::open_guess_key(path, *store, desk.random) != *first);
    CHECK(desk.numbers_of("AB1234") == 0);
  }
}

TEST_CASE("dry runs of operators' commands answer as the command would, and change nothing") {
  NumbersDesk desk;
  REQUIRE(desk.import(taro));
  const tegata::cli::tickets::TicketIssue order{"AB1234", "", "mailed", "", "", false, "operator:uid-1"};
  const auto issued = tegata::cli::tickets::issue_one(desk.config, order, desk.clock, desk.random);
  REQUIRE(issued);
  const std::string ticket = (*issued)["ticket"];
  const auto state = [&] {
    const auto all = tegata::cli::tickets::list_tickets(desk.config, {}, desk.clock);
    REQUIRE(all);
    return (*all)[0]["state"].get<std::string>();
  };
  const auto before = desk.records();
  for (const auto act : {tegata::cli::tickets::TicketAct::revoke, tegata::cli::tickets::TicketAct::unlock}) {
    const auto would =
        tegata::cli::tickets::act_on_ticket(desk.config, {act, ticket, "operator:uid-1", true}, desk.clock);
    REQUIRE(would);
    CHECK((*would)["dry_run"] == true);
  }
  const auto suspended = tegata::cli::practitioners::suspend_practitioner(desk.by(true), "AB1234", "");
  REQUIRE(suspended);
  CHECK((*suspended)["dry_run"] == true);
  const tegata::cli::practitioners::MyNumberCertificateSource card{
      "", base64url(Bytes(32, 'a')), format_rfc3339(desk.clock.now()),
      format_rfc3339(desk.clock.now() + std::chrono::hours(24))};
  REQUIRE(tegata::cli::practitioners::link_mynumber(desk.by(true), "AB1234", card));
  CHECK(state() == "live");
  const auto shown = tegata::cli::practitioners::show_practitioner(desk.by(), "AB1234");
  CHECK((*shown)["state"] == "active");
  CHECK((*shown)["mynumber"].is_null());
  CHECK(desk.records() == before);
  // Refusals are those of the command itself.
  CHECK(tegata::cli::practitioners::suspend_practitioner(desk.by(true), "NOBODY", "").error().code().name() ==
        std::string("practitioner_unknown"));
  CHECK(tegata::cli::practitioners::resume_practitioner(desk.by(true), "AB1234", "").error().code().name() ==
        std::string("practitioner_state_unchanged"));
  const auto ended = tegata::cli::tickets::act_on_ticket(
      desk.config, {tegata::cli::tickets::TicketAct::revoke, ticket, "operator:uid-1"}, desk.clock);
  REQUIRE(ended);
  CHECK((*ended)["dry_run"] == false);
  CHECK(state() == "ended");
  const auto again = tegata::cli::tickets::act_on_ticket(
      desk.config, {tegata::cli::tickets::TicketAct::revoke, ticket, "operator:uid-1", true}, desk.clock);
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == errors::ticket_not_live);
}

TEST_CASE("a tickets file carries the number of tries, and one from before means five") {
  NumbersDesk desk;
  desk.config.tickets.mailed.tries = 3;
  REQUIRE(desk.import(taro));
  const tegata::cli::tickets::TicketIssue order{"AB1234", "", "mailed", "", "", false, "operator:uid-1"};
  const auto issued = tegata::cli::tickets::issue_one(desk.config, order, desk.clock, desk.random);
  REQUIRE(issued);
  CHECK((*issued)["tries"] == 3);
  const auto all = tegata::cli::tickets::list_tickets(desk.config, {}, desk.clock);
  CHECK((*all)[0]["tries_left"] == 3);
  tegata::cli::tickets::TicketsFile file{"b", "d", desk.config.public_origin, desk.clock.now(), {}, {}};
  enroll::PreparedTicket ticket;
  ticket.tries = 3;
  file.tickets = {ticket};
  file.names = {"検証 太郎"};
  auto text = tegata::cli::tickets::tickets_text(file);
  CHECK(tegata::cli::tickets::parse_tickets(text)->tickets[0].tries == 3);
  const std::string member = "\"tries\":3,";
  REQUIRE(text.find(member) != std::string::npos);
  text.erase(text.find(member), member.size());
  CHECK(tegata::cli::tickets::parse_tickets(text)->tickets[0].tries == 5);
}
