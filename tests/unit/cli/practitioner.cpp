// `tegata practitioner`: every row judged before any is imported, and what the directory does with them.
#include "rp/cli/practitioners/practitioner.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "enroll/card/errors.h"
#include "rp/base/errors.h"
#include "rp/cli/command/errors.h"
#include "rp/sandbox/test_pki/test_pki.h"
#include "rp/server/compose.h"
#include "rp/store/audit/log.h"
#include "rp/store/engine/errors.h"
#include "rp/store/notices.h"
#include "rp/store/upkeep/beginning.h"
#include "tests/support/still_world.h"

using namespace tegata;
using namespace tegata::test;

namespace {

constexpr const char* people_header =
    "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after\n";

// An operator's machine: a configuration, a folder, and files in it.
class PractitionerDesk {
 public:
  StillClock clock;
  RepeatableRandom random;
  tegata::server::config::Config config;

  PractitionerDesk() : folder_(std::filesystem::temp_directory_path() / ("tegata-desk-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config.database = (folder_ / "db").string();
    config.audit_key = (folder_ / "audit.key").string();
    REQUIRE(tegata::store::upkeep::begin(server::store_options(config), clock, random));
    for (const auto* name : {"MEDIS", "JPA"}) config.authorities.emplace_back().name = name;
  }
  ~PractitionerDesk() { std::filesystem::remove_all(folder_); }

  tegata::cli::practitioners::Operator by() { return {config, clock, random, "operator:uid-1"}; }
  std::string file(const std::string& rows, const std::string& head = people_header) {
    const auto path = (folder_ / "people.csv").string();
    std::ofstream(path, std::ios::binary) << head << rows;
    return path;
  }
  Result<tegata::cli::practitioners::ImportReport> import(const std::string& rows, bool dry_run = false) {
    tegata::cli::command::Progress silent(false);
    return tegata::cli::practitioners::import_practitioners(by(), file(rows), dry_run, silent);
  }
  // What is wrong with each row, as "row column".
  std::vector<std::string> problems(const std::string& rows) {
    const auto report = import(rows);
    REQUIRE(report);
    CHECK_FALSE(report->imported);
    std::vector<std::string> out;
    for (const auto& one : report->problems) out.push_back(std::to_string(one.row) + " " + one.column);
    return out;
  }
  std::size_t people() {
    const auto all = tegata::cli::practitioners::list_practitioners(by(), false);
    REQUIRE(all);
    return (*all)["practitioners"].size();
  }
  Json show(const std::string& id) {
    const auto one = tegata::cli::practitioners::show_practitioner(by(), id);
    REQUIRE(one);
    return *one;
  }
  std::vector<tegata::store::audit::AuditRecord> audit() {
    auto store = store::Store::open(server::store_options(config), clock);
    REQUIRE(store);
    const auto records = (*store)->read<std::vector<tegata::store::audit::AuditRecord>>(
        [](tegata::store::Reader& reader) { return tegata::store::audit::list_audit(reader, 1, 100'000); });
    REQUIRE(records);
    return *records;
  }

  // Kind and author of each notice, oldest first.
  std::vector<std::string> told() {
    auto store = store::Store::open(server::store_options(config), clock);
    REQUIRE(store);
    const auto all = (*store)->read<std::vector<store::Notice>>(
        [](tegata::store::Reader& reader) { return store::list_notices(reader, 0, 1000); });
    REQUIRE(all);
    std::vector<std::string> out;
    for (const auto& one : *all) out.push_back(one.kind + " " + one.details["by"].get<std::string>());
    return out;
  }

 private:
  std::filesystem::path folder_;
};

using Problems = std::vector<std::string>;
const std::string good = "AB1234,検証 太郎,Kensho Taro,Medical Doctor;Dentist,MEDIS,1001,2028-03-31\n";

}  // namespace

TEST_CASE("people are imported, again without effect, and changed where the file changed") {
  PractitionerDesk desk;
  const auto rows =
      good + "CD1234,検証 花子,,,,,\r\n" + "AB1234,検証 太郎,Kensho Taro,Medical Doctor;Dentist,JPA,7,2028-03-31\n";
  const auto dry = desk.import(rows, true);
  REQUIRE(dry);
  CHECK((dry->people == 2 && dry->cards == 2 && dry->added == 2));
  CHECK_FALSE(dry->imported);
  CHECK(desk.people() == 0);

  const auto first = desk.import(rows);
  REQUIRE(first);
  CHECK((first->imported && first->added == 2 && first->problems.empty()));
  const auto shown = desk.show("AB1234");
  CHECK(shown["second_certificate_not_after"] == "2028-03-31T15:00:00.000Z");  // the whole day in Japan
  CHECK(shown["roles"] == Json({"Medical Doctor", "Dentist"}));
  CHECK(shown["cards"].size() == 2);
  CHECK(desk.show("CD1234")["second_certificate_not_after"].is_null());

  const auto again = desk.import(rows);
  REQUIRE(again);
  CHECK((again->added == 0 && again->changed == 0 && again->unchanged == 2));
  const auto changed = desk.import("CD1234,検証 花子,Kensho Hanako,Pharmacist,JPA,8,2027-01-01T00:00:00Z\n");
  REQUIRE(changed);
  CHECK((changed->changed == 1 && changed->added == 0));
  CHECK(desk.show("CD1234")["second_certificate_not_after"] == "2027-01-01T00:00:00.000Z");

  std::map<std::string, int> kinds;
  for (const auto& record : desk.audit()) ++kinds[record.event.kind];
  CHECK(kinds["practitioner_added"] == 2);
  CHECK(kinds["practitioner_changed"] == 1);
  CHECK(kinds["practitioners_imported"] == 3);
}

TEST_CASE("a file with three bad rows changes nothing and names all of them") {
  PractitionerDesk desk;
  const auto wrong = desk.problems(good + "EF 12,検証 三郎,,,,,\n" + "GH1234,検証 四郎,,Astronaut,,,\n" +
                                   "IJ1234,検証 五郎,,,,,\n" + "KL1234,検証 六郎,,Dentist,NOBODY,1,2028-02-30\n");
  CHECK(wrong == Problems{"3 practitioner_id", "4 roles", "6 second_certificate_not_after", "6 authority"});
  CHECK(desk.people() == 0);
}

TEST_CASE("every rule of a row") {
  PractitionerDesk desk;
  CHECK(desk.problems("AB1234,n,,,,\n") == Problems{"2 practitioner_id"});  // a field is missing
  CHECK(desk.problems("AB1,n,,,,,\n") == Problems{"2 practitioner_id"});
  CHECK(desk.problems("AB1234,,,,,,\n") == Problems{"2 name"});
  CHECK(desk.problems("AB1234, n,,,,,\n") == Problems{"2 name"});
  CHECK(desk.problems("AB1234,n\u3000,,,,,\n") == Problems{"2 name"});
  CHECK(desk.problems("AB1234,\x82\xa0,,,,,\n") == Problems{"2 name"});  // Shift_JIS
  CHECK(desk.problems("AB1234,\"a\nb\",,,,,\n") == Problems{"2 name"});
  CHECK(desk.problems("AB1234,n,検証,,,,\n") == Problems{"2 romaji"});
  CHECK(desk.problems("AB1234,n,,Dentist;Dentist,,,\n") == Problems{"2 roles"});
  CHECK(desk.problems("AB1234,n,,,,,2028-03-31\n") == Problems{"2 roles"});  // a second certificate for nothing
  CHECK(desk.problems("AB1234,n,,,MEDIS,,\n") == Problems{"2 holder_number"});
  CHECK(desk.problems("AB1234,n,,,,1001,\n") == Problems{"2 authority"});
  CHECK(desk.problems("AB1234,n,,,MEDIS,1 1,\n") == Problems{"2 holder_number"});
  CHECK(desk.problems("AB1234,n,,Dentist,,,2028-13-01\n") == Problems{"2 second_certificate_not_after"});
  CHECK(desk.problems("AB1234,n,,,MEDIS,1,\nCD1234,m,,,MEDIS,1,\n") == Problems{"3 holder_number"});
  CHECK(desk.problems("AB1234,n,,,MEDIS,1,\nAB1234,m,,,MEDIS,2,\n") == Problems{"3 name"});
  CHECK(desk.problems("AB1234,n,,,,,\nAB1234,n,,,,,\n") == Problems{"3 holder_number"});
  CHECK(desk.people() == 0);
}

TEST_CASE("a card of somebody else in the directory is a problem of its row, and moves nowhere") {
  PractitionerDesk desk;
  REQUIRE(desk.import(good));
  CHECK(desk.problems("CD1234,検証 花子,,,JPA,1,\nEF1234,検証 三郎,,,MEDIS,1001,\n") == Problems{"3 holder_number"});
  CHECK(desk.people() == 1);
  CHECK(desk.show("AB1234")["cards"].size() == 1);
}

TEST_CASE("a header that is not ours") {
  PractitionerDesk desk;
  tegata::cli::command::Progress silent(false);
  const auto with = [&](const std::string& head) {
    const auto report = tegata::cli::practitioners::import_practitioners(desk.by(), desk.file("", head), false, silent);
    REQUIRE_FALSE(report);
    CHECK(report.error().code() == errors::csv_malformed);
    return report.error().detail();
  };
  CHECK(with("practitioner_id,name\n").find("romaji is missing") != std::string::npos);
  CHECK(with(std::string("name,") + people_header).find("name stands there twice") != std::string::npos);
  CHECK(with(std::string("age,") + people_header).find("age is not a known column") != std::string::npos);
  CHECK(with("\n").find("is missing") != std::string::npos);
}

TEST_CASE("suspending and resuming, each once") {
  PractitionerDesk desk;
  REQUIRE(desk.import(good));
  const auto suspended = tegata::cli::practitioners::suspend_practitioner(desk.by(), "AB1234", "request 42");
  REQUIRE(suspended);
  CHECK((*suspended)["ended"]["passes"] == 0);
  CHECK(desk.show("AB1234")["state"] == "suspended");
  CHECK(tegata::cli::practitioners::suspend_practitioner(desk.by(), "AB1234", "").error().code() ==
        errors::practitioner_state_unchanged);
  REQUIRE(desk.import(good));  // a file does not let anybody in again
  CHECK(desk.show("AB1234")["state"] == "suspended");
  REQUIRE(tegata::cli::practitioners::resume_practitioner(desk.by(), "AB1234", ""));
  CHECK(tegata::cli::practitioners::resume_practitioner(desk.by(), "AB1234", "").error().code() ==
        errors::practitioner_state_unchanged);
  CHECK(tegata::cli::practitioners::suspend_practitioner(desk.by(), "NOBODY", "").error().code() ==
        errors::practitioner_unknown);
  CHECK(tegata::cli::practitioners::show_practitioner(desk.by(), "NOBODY").error().code() ==
        errors::practitioner_unknown);
  for (const auto& record : desk.audit()) {
    if (record.event.kind == "practitioner_suspended") CHECK(record.event.details["reason"] == "request 42");
  }
}

TEST_CASE("a My Number card is linked by fingerprint, replaced, and listed before its end") {
  PractitionerDesk desk;
  REQUIRE(desk.import(good + "CD1234,検証 花子,,,,,\n"));
  const auto from = [&](char digit, int days) {
    return tegata::cli::practitioners::MyNumberCertificateSource{
        "", base64url(Bytes(32, digit)), format_rfc3339(desk.clock.now()),
        format_rfc3339(desk.clock.now() + std::chrono::hours(24 * days))};
  };
  REQUIRE(tegata::cli::practitioners::link_mynumber(desk.by(), "CD1234", from('a', 91)));
  CHECK(desk.show("CD1234")["mynumber"]["linked_by"] == "operator");
  const auto ending = [&] {
    return (*tegata::cli::practitioners::list_practitioners(desk.by(), true))["practitioners"].size();
  };
  CHECK(ending() == 0);
  REQUIRE(tegata::cli::practitioners::link_mynumber(desk.by(), "CD1234", from('b', 90)));
  CHECK(ending() == 1);
  CHECK(desk.audit().back().event.details["replaces"] == base64url(Bytes(32, 'a')));

  const auto refusal = [&](const std::string& id, const tegata::cli::practitioners::MyNumberCertificateSource& source) {
    const auto answer = tegata::cli::practitioners::link_mynumber(desk.by(), id, source);
    REQUIRE_FALSE(answer);
    return answer.error().code();
  };
  CHECK(refusal("AB1234", from('b', 90)) == errors::mynumber_linked_elsewhere);
  CHECK(refusal("NOBODY", from('c', 90)) == errors::practitioner_unknown);
  CHECK(refusal("AB1234", from('c', 0)) == errors::cli_option_invalid);
  CHECK(refusal("AB1234", {"", "abc", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"}) == errors::cli_option_invalid);
  REQUIRE(tegata::cli::practitioners::suspend_practitioner(desk.by(), "AB1234", ""));
  CHECK(refusal("AB1234", from('c', 90)) == errors::practitioner_suspended);
}

TEST_CASE("a person hears of what an operator did with the link of a My Number card; a dry run does nothing") {
  PractitionerDesk desk;
  REQUIRE(desk.import(good));
  const auto source = [&](char digit) {
    return tegata::cli::practitioners::MyNumberCertificateSource{
        "", base64url(Bytes(32, digit)), format_rfc3339(desk.clock.now()),
        format_rfc3339(desk.clock.now() + std::chrono::hours(24))};
  };
  auto trying = desk.by();
  trying.dry_run = true;
  REQUIRE(tegata::cli::practitioners::link_mynumber(trying, "AB1234", source('a')));
  CHECK(desk.told().empty());
  REQUIRE(tegata::cli::practitioners::link_mynumber(desk.by(), "AB1234", source('a')));
  REQUIRE(tegata::cli::practitioners::link_mynumber(desk.by(), "AB1234", source('b')));
  const auto tried = tegata::cli::practitioners::unlink_mynumber(trying, "AB1234", "");
  REQUIRE(tried);
  CHECK((*tried)["dry_run"] == true);
  CHECK_FALSE(desk.show("AB1234")["mynumber"].is_null());
  const auto done = tegata::cli::practitioners::unlink_mynumber(desk.by(), "AB1234", "request 42");
  REQUIRE(done);
  CHECK((*done)["unlinked"]["fingerprint"] == base64url(Bytes(32, 'b')));
  CHECK(desk.show("AB1234")["mynumber"].is_null());
  const std::vector<std::string> heard = {"mynumber_linked operator", "mynumber_replaced operator",
                                          "mynumber_unlinked operator"};
  CHECK(desk.told() == heard);
  const auto record = desk.audit().back().event;
  CHECK(record.kind == "mynumber_unlinked");
  CHECK(record.actor == "operator:uid-1");
  CHECK(record.details["why"] == "request 42");
  const auto refusal = [&](const std::string& id) {
    return tegata::cli::practitioners::unlink_mynumber(desk.by(), id, "").error().code();
  };
  CHECK(refusal("AB1234") == errors::mynumber_no_link);
  CHECK(refusal("NOBODY") == errors::practitioner_unknown);
}

TEST_CASE("defect: an operator linked a certificate that the My Number lists revoke") {
  PractitionerDesk desk;
  REQUIRE(desk.import(good));
  tegata::sandbox::test_pki::TestPki pki{desk.clock.now()};
  const auto issue = [&](const std::string& state, const std::string& opaque) {
    return tegata::sandbox::test_pki::pem(
        pki.make_card({state, "jpki-auth", state, opaque, "", "", {}, ""}).identity.certificate);
  };
  const auto revoked_card = issue("revoked", "20260101ABCDEFGHIJKLMNP"),
             good_card = issue("good", "20260101ABCDEFGHIJKLMNO");
  const auto folder = std::filesystem::path(desk.config.database).parent_path() / "pki";
  REQUIRE(pki.write_files(folder.string()));
  REQUIRE(tegata::sandbox::test_pki::TestPki::write_lists(folder.string(), desk.clock.now()));
  desk.config.sandbox = true;
  desk.config.mynumber.generations = {(folder / "jpki-roots.pem").string()};
  desk.config.mynumber.revocation = "list";
  desk.config.mynumber.lists = {(folder / "jpki.crl").string()};
  const auto link = [&](const std::string& card) {
    const auto path = (folder / "card.pem").string();
    std::ofstream(path) << card;
    return tegata::cli::practitioners::link_mynumber(desk.by(), "AB1234", {path, "", "", ""});
  };
  const auto refused = link(revoked_card);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errors::mynumber_revoked);
  CHECK(desk.show("AB1234")["mynumber"].is_null());
  CHECK(link(good_card));
  // Without a list in force nobody is linked, as nobody logs in.
  desk.clock.advance(std::chrono::hours(96));
  CHECK(link(good_card).error().code() == errors::mynumber_revocation_unknown);
}

TEST_CASE("the column of mail addresses may be missing; then they stay") {
  PractitionerDesk desk;
  const std::string with_mail = std::string(people_header).substr(0, std::string(people_header).size() - 1) + ",mail\n";
  const auto import = [&](const std::string& mail) {
    tegata::cli::command::Progress silent(false);
    return tegata::cli::practitioners::import_practitioners(
        desk.by(),
        desk.file("AB1234,検証 太郎,Kensho Taro,Medical Doctor;Dentist,MEDIS,1001,2028-03-31," + mail + "\n",
                  with_mail),
        false, silent);
  };
  REQUIRE(import("kensho@hospital.example")->added == 1);
  CHECK(desk.show("AB1234")["mail"] == "kensho@hospital.example");
  CHECK(import("kensho@hospital.example")->unchanged == 1);
  REQUIRE(desk.import(good)->unchanged == 1);
  CHECK(desk.show("AB1234")["mail"] == "kensho@hospital.example");
  const auto refused = import("nobody at all");
  REQUIRE(refused->problems.size() == 1);
  CHECK(refused->problems[0].column == "mail");
  CHECK(import("")->changed == 1);
  CHECK(desk.show("AB1234")["mail"] == "");
}
