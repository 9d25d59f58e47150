// Doors of what an operator brings: files and options.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rp/cli/facilities/facility.h"
#include "rp/cli/practitioners/file.h"
#include "rp/cli/practitioners/practitioner.h"
#include "rp/pass/client_key.h"
#include "rp/server/compose.h"
#include "tests/readers/doors.h"
#include "tests/support/begun_store.h"
#include "tests/support/client_signer.h"
#include "tests/support/still_world.h"

namespace tegata::test {
namespace {

// An operator's machine with a facility and a person.
class ReaderDesk {
 public:
  ReaderDesk() : folder_(std::filesystem::temp_directory_path() / ("tegata-readers-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    config_.public_origin = "https://tegata.example";
    config_.database = (folder_ / "db").string();
    config_.audit_key = (folder_ / "audit.key").string();
    config_.authorities.emplace_back().name = "TEST";
    cli::facilities::FacilityOrder facility;
    facility.code = "1312345679";
    facility.name = "検証中央病院";
    ready_ = open_store(server::store_options(config_), clock_, random_).has_value() &&
             cli::facilities::add_facility(by(), facility, false).has_value() && import_person();
  }
  ~ReaderDesk() { std::filesystem::remove_all(folder_); }

  cli::practitioners::Operator by(bool dry_run = false) {
    return {config_, clock_, random_, "operator:uid-1", dry_run};
  }
  std::string file(const std::string& text) const {
    const auto path = (folder_ / "file").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  // Nothing is kept: every row finds the desk as it was.
  Opened bring_keys(const std::string& text) {
    if (!ready_) return {"the desk is not ready"};
    cli::facilities::ClientOrder order;
    order.client.client_id = "ehr";
    order.client.facility_code = "1312345679";
    order.client.audiences = {"https://sign.example"};
    order.client.auth_method = "private_key_jwt";
    order.jwks_file = file(text);
    const auto done = cli::facilities::add_client(by(), order, true);
    return opened(done, done ? std::to_string((*done)["jwks"]["keys"].size()) + " of " +
                                   std::to_string((*done)["jwks"]["keys"].size() + (*done)["keys_passed_over"].size())
                             : "");
  }
  Opened link(const std::string& fingerprint, const std::string& until) {
    if (!ready_) return {"the desk is not ready"};
    return opened(
        cli::practitioners::link_mynumber(by(true), "AB1234", {"", fingerprint, "2020-01-01T00:00:00Z", until}));
  }
  Opened name_facility(const std::string& name) {
    cli::facilities::FacilityOrder order;
    order.code = "1312345687";
    order.name = name;
    return opened(cli::facilities::add_facility(by(), order, true));
  }
  Opened revoke(const std::string& thumbprint) {
    const auto done = cli::facilities::revoke_certificate(by(), thumbprint, "test", true);
    // Of no certificate here; what was wrong with the text is told.
    const bool read = !done && done.error().detail() == thumbprint;
    return {read ? "good" : done ? "revoked" : std::string(done.error().code().name())};
  }

 private:
  bool import_person() {
    cli::command::Progress silent(false);
    const auto people = file(
        "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after\n"
        "AB1234,検証 太郎,KENSHO,,,,\n");
    const auto report = cli::practitioners::import_practitioners(by(), people, false, silent);
    return report && report->imported;
  }

  std::filesystem::path folder_;
  server::config::Config config_;
  StillClock clock_;
  RepeatableRandom random_;
  bool ready_ = false;
};

Opened people_file(const std::string& text) {
  const auto read = cli::practitioners::parse_practitioner_file(text, {{"TEST"}, {"Medical Doctor"}});
  if (!read) return opened(read.error());
  if (!read->problems.empty()) return {"problem_" + read->problems.front().column};
  const auto& end = read->people.front().second_certificate_not_after;
  return {"good", end ? format_rfc3339(*end) : ""};
}

// The end of a second certificate, as the file of people says it.
Opened in_people_file(const std::string& end) {
  const std::string text =
      "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after\n"
      "AB1234,検証 太郎,KENSHO,Medical Doctor,TEST,77,\"" +
      end + "\"\n";
  return people_file(text);
}

// @1 and @2: keys of clients; @rsa: another.
std::string with_keys(std::string text) {
  static const ClientSigner one, two, rsa("RS256");
  for (const auto& [name, signer] : {std::pair("@1", &one), std::pair("@2", &two), std::pair("@rsa", &rsa)}) {
    text = filled(text, name, members_of(signer->jwk()));
  }
  return text;
}

}  // namespace

std::vector<Door> desk_doors() {
  const auto desk = std::make_shared<ReaderDesk>();
  const std::string good_print = base64url(Bytes(32, 'a')), far = "2099-01-01T00:00:00Z";
  return {
      {"jwk set", "tegata facility client add", "", [=](auto& text) { return desk->bring_keys(with_keys(text)); }},
      {"thumbprint", "tegata practitioner link-mynumber", "cli_option_invalid",
       [=](auto& text) { return desk->link(text, far); }},
      {"thumbprint", "tegata facility certificate revoke", "facility_certificate_unknown",
       [=](auto& text) { return desk->revoke(text); }},
      {"shown text", "tegata facility add", "facility_malformed",
       [=](auto& text) { return desk->name_facility(text); }},
      {"instant", "tegata practitioner link-mynumber", "cli_option_invalid",
       [=](auto& text) { return desk->link(good_print, text); }},
      {"instant", "people file", "problem_second_certificate_not_after", in_people_file},
      {"people file", "tegata practitioner import", "", people_file},
      {"date", "people file", "problem_second_certificate_not_after", in_people_file},
  };
}

std::vector<Door> client_doors() {
  return {{"jwk set", "reader", "", [](auto& text) {
             const auto json = parse_json(with_keys(text));
             if (!json) return Opened{"facility_client_malformed"};
             return opened(pass::parse_brought_keys(*json));
           }}};
}

}  // namespace tegata::test
