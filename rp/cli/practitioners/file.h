// A file of people for the directory: CSV (see rp/base/csv.h) in UTF-8 with a header that names these columns, in any
// order:
//
//   practitioner_id               本人ID: 4 to 32 letters, digits and "-"
//   name                          as written, e.g. 検証 太郎
//   romaji                        as on the card; may be empty
//   roles                         qualifications of the second certificate, those of [cards] roles, with ";" between
//   them authority, holder_number      a card: the name of an [[authority]] and the number by which it knows the
//   holder;
//                                 both empty for whoever has none
//   mail                          where the person is told of changes; the column may be missing: then it stays
//   second_certificate_not_after  "2028-03-31" (the whole day in Japan) or RFC 3339; empty: none issued yet
//
// and, both or neither:
//
//   registration_number, card_id  as they stand on the card of that row: the numbers by which a person may begin
//   without
//                                 a card reader, where [registration_number] has it on; both empty for a card without.
//                                 A file that has these columns says all that its people have
//
// Somebody with several cards has a row for each, alike but for the card and its numbers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "enroll/registration_number.h"
#include "rp/base/json.h"
#include "rp/store/directory.h"

namespace tegata::cli::practitioners {

// What is wrong in one place. The header is row 1, as a spreadsheet counts.
struct RowProblem {
  std::size_t row = 0;
  std::string column;
  std::string what;
};
Json describe(const RowProblem&);

struct PractitionerFile {
  std::vector<store::DirectoryEntry> people;  // in the order of the file
  std::vector<RowProblem> problems;           // in the order of the file; with any, nothing is imported
  // Where each card stands, to name the row of what only the database knows.
  std::map<store::CardKey, std::size_t> row_of_card;
  // The registration numbers of each of them, and the row of each; absent: the file has no such columns.
  struct Numbered {
    enroll::RegistrationNumber number;
    std::size_t row = 0;
  };
  std::optional<std::vector<std::vector<Numbered>>> numbers;
};

struct KnownNames {
  std::set<std::string> authorities, roles;
};

// Judges every row. Error: csv_malformed, for what is no table with that header.
Result<PractitionerFile> parse_practitioner_file(std::string_view text, const KnownNames& known);

}  // namespace tegata::cli::practitioners
