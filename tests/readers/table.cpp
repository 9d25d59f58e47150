// Every input of tests/readers/table.json through every door of its reader (doors.h). How rows are written stands at
// the head of the table.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "tests/readers/doors.h"
#include "tests/support/vectors.h"

using namespace tegata;
using namespace tegata::test;

namespace {

const Json& readers() {
  static const Json table = Json::parse(vectors::read_file(TEGATA_READER_TABLE));
  return table["readers"];
}

const std::vector<Door>& all_doors() {
  static const std::vector<Door> doors = [] {
    std::vector<Door> out;
    for (auto make :
         {json_doors, attestation_doors, token_doors, http_doors, client_doors, time_doors, desk_doors, shown_doors}) {
      for (auto& door : make()) out.push_back(std::move(door));
    }
    return out;
  }();
  return doors;
}

std::filesystem::path cases() { return vectors::folder().parent_path() / "cases"; }

// Nothing where the input is a file that lies outside, and is not there.
std::optional<std::string> text_of(const Json& row) {
  if (row.contains("text")) return row["text"].get<std::string>();
  if (row.contains("lines")) {
    std::string out;
    for (const auto& line : row["lines"]) out += (out.empty() ? "" : "\n") + line.get<std::string>();
    return out;
  }
  if (row.contains("json")) return row["json"].dump();
  if (row.contains("hex")) return std::string(as_text(*parse_hex(row["hex"].get<std::string>())));
  const auto path = cases() / row.at("case").get<std::string>();
  if (!std::filesystem::exists(path)) return std::nullopt;
  return vectors::read_file(path);
}

std::string expected(const Json& row, const Door& door) {
  const Json own = row.value("doors", Json::object());
  if (own.contains(door.name)) return own[door.name];
  // An error code is a refusal, in the words of the door.
  const std::string answer = row["answer"];
  return answer.find('_') != answer.npos && !door.refusal.empty() ? door.refusal : answer;
}

// Whether a row is for that door.
bool goes_through(const Json& row, const Door& door) {
  if (!row.contains("only")) return true;
  return std::ranges::any_of(row["only"], [&](const Json& name) { return name == door.name; });
}

}  // namespace

TEST_CASE("each input of the table gets its one answer at every door") {
  std::size_t inputs = 0, opened_doors = 0, skipped = 0;
  for (const auto& reader : readers()) {
    const std::string name = reader["reader"];
    for (const auto& row : reader["rows"]) {
      const auto text = text_of(row);
      if (!text) {
        ++skipped;
        continue;
      }
      ++inputs;
      std::size_t doors = 0;
      for (const auto& door : all_doors()) {
        if (door.reader != name || !goes_through(row, door)) continue;
        ++doors;
        INFO(name << ": " << row["what"] << " at " << door.name);
        const auto got = door.open(*text);
        CHECK(got.verdict == expected(row, door));
        if (row.contains("value") && !got.value.empty()) CHECK(got.value == row["value"]);
      }
      INFO(name << ": " << row["what"]);
      CHECK(doors > 0);
      opened_doors += doors;
    }
  }
  CHECK(inputs + skipped >= 150);
  WARN(inputs << " inputs, " << opened_doors << " answers, " << skipped << " skipped: their files are not here");
}

TEST_CASE("the table and the doors know the same readers, and each row cites a section") {
  std::set<std::string> in_table, at_doors;
  for (const auto& reader : readers()) {
    CHECK(in_table.insert(reader["reader"]).second);
    CHECK(reader["section"].get<std::string>().find('#') != std::string::npos);
    std::set<std::string> names, doors;
    for (const auto& door : all_doors()) {
      if (door.reader == reader["reader"]) CHECK(doors.insert(door.name).second);
    }
    for (const auto& row : reader["rows"]) {
      INFO(row["what"]);
      CHECK(names.insert(row["what"]).second);
      CHECK(row.value("section", std::string("a#b")).find('#') != std::string::npos);
      const Json only = row.value("only", Json::array()), own = row.value("doors", Json::object());
      for (const auto& door : only) CHECK(doors.contains(door));
      for (const auto& [door, answer] : own.items()) CHECK(doors.contains(door));
    }
  }
  for (const auto& door : all_doors()) at_doors.insert(door.reader);
  CHECK(in_table == at_doors);
}
