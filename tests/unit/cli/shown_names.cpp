// Every door by which a text comes in that people are shown later: refused with the place, or let in as it is.
#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include "rp/cli/command/command.h"
#include "rp/cli/commands.h"
#include "rp/cli/practitioners/file.h"

using namespace tegata;

namespace {

// "row column: what" of each problem.
std::string problems_of(const std::string& name, const std::string& mail = "") {
  const auto file = tegata::cli::practitioners::parse_practitioner_file(
      "practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after,mail\r\n"
      "ZZ10000001," +
          name + ",KENSHO,Medical Doctor,TEST,7000001,2028-03-31," + mail + "\r\n",
      {{"TEST"}, {"Medical Doctor"}});
  REQUIRE(file);
  std::string out;
  for (const auto& one : file->problems) out += std::to_string(one.row) + " " + one.column + ": " + one.what;
  if (out.empty()) CHECK(file->people.at(0).name == name);
  return out;
}

struct NameRow {
  const char *name, *problem;
};

constexpr NameRow name_rows[] = {
    {"試験 一郎", ""},
    {"𠮷田 髙之", ""},
    {"葛\U000e0100城 一郎", ""},
    {"神\ufe00 一郎", ""},
    {"か\u3099 一郎", ""},
    {"試験\u200b一郎", "2 name: has U+200B at character 3, which is not seen"},
    {"試験\u202e郎一", "2 name: has U+202E at character 3, which is not seen"},
    {"\u200b\u200b", "2 name: has U+200B at character 1, which is not seen"},
    {"試験\u2028", "2 name: has U+2028 at character 3, which is not seen"},
    {"試験\xc2\x85", "2 name: has U+0085 at character 3, a control character"},
    {"試\u00ad験", "2 name: has U+00AD at character 2, which is not seen"},
    {"\u3164", "2 name: has U+3164 at character 1, which is not seen"},
    {"\u2800", "2 name: has U+2800 at character 1, which is not seen"},
    {"試\u180e験", "2 name: has U+180E at character 2, which is not seen"},
    {"\ufff9試", "2 name: has U+FFF9 at character 1, which is not seen"},
    {"試\U000e0041", "2 name: has U+E0041 at character 2, which is not seen"},
    {"\u3000", "2 name: has U+3000 at character 1, a space at the beginning"},
    {"試験\u00a0", "2 name: has U+00A0 at character 3, a space at the end"},
    {"試\ue000", "2 name: has U+E000 at character 2, which is not seen"},
    {"試\ufdd0", "2 name: has U+FDD0 at character 2, which is not seen"},
};

}  // namespace

TEST_CASE("defect: people were imported under names that nobody sees, or that read the other way round") {
  for (const auto& [name, problem] : name_rows) CHECK(problems_of(name) == problem);
}

TEST_CASE("defect: a person with a carrier's quoted mail address could not be imported") {
  CHECK(problems_of("試験 一郎", "\"\"\"hoge..k.\"\"@docomo.ne.jp\"").empty());
  CHECK(problems_of("試験 一郎", "hoge..k.@docomo.ne.jp").empty());
  CHECK(problems_of("試験 一郎", "\"\"\"hoge@docomo.ne.jp\"") == "2 mail: is no mail address");
}

TEST_CASE("defect: a reason could have what an auditor does not see") {
  const auto outcome = [](const std::string& text) -> std::string {
    CLI::App app;
    std::string reason;
    tegata::cli::command::add_reason(app, reason);
    std::vector<std::string> arguments = {text, "--reason"};  // the library takes them from the back
    try {
      app.parse(arguments);
    } catch (const CLI::ValidationError& error) {
      return error.what();
    }
    CHECK(reason == text);
    return "";
  };
  CHECK(outcome("request 42, 検証 太郎さんの電話").empty());
  CHECK(outcome("request\u202e 42") == "--reason: has U+202E at character 8, which is not seen");
  CHECK(outcome(" ") == "--reason: has U+0020 at character 1, a space at the beginning");
  CHECK(outcome("a\x1b[2J") == "--reason: has U+001B at character 2, a control character");
}

namespace {

// Of a command and those below it: whether each --reason refuses what is not seen. Gives how many there are.
int check_reasons(CLI::App& command) {
  int found = 0;
  if (auto* option = command.get_option_no_throw("--reason")) {
    INFO(command.get_name());
    ++found;
    std::string text = "request\u202e 42";
    const auto* rule = option->get_validator(0);
    REQUIRE(rule);
    CHECK((*rule)(text) == "has U+202E at character 8, which is not seen");
  }
  for (auto* below : command.get_subcommands([](const CLI::App*) { return true; })) found += check_reasons(*below);
  return found;
}

}  // namespace

TEST_CASE("defect: the reason for which an altered log was accepted could read the other way round") {
  CLI::App app;
  int exit_code = 0;
  cli::add_commands(app, exit_code, false);
  CHECK(check_reasons(app) >= 10);
}
