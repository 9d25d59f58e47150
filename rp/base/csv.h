// Tables as spreadsheets write them: RFC 4180, UTF-8, strict. The first record names the columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rp/base/result.h"

namespace tegata {

struct CsvRow {
  std::size_t line = 0;  // of the file, from 1, where the record begins: what an operator looks for
  std::vector<std::string> fields;
};

struct Csv {
  std::vector<std::string> columns;
  std::vector<CsvRow> rows;

  bool has(std::string_view column) const;
  // Empty where there is no such column. REQUIRES: `row` is one of rows.
  std::string field(const CsvRow& row, std::string_view column) const;
};

// The records alone, the first among them, without judging their lengths, names or characters.
// Error: csv_malformed, whose detail names the line.
Result<std::vector<CsvRow>> parse_csv_records(std::string_view text);

// Lines end with CR LF or LF; the last may go without. One byte order mark at the beginning is skipped. Refused: bad
// UTF-8, a quote inside a field that does not begin with one, text behind a closing quote, an open quote at the end, a
// control character outside quotes, records that are shorter or longer than the first, empty or repeated column names,
// no record at all. Error: csv_malformed, whose detail names the line.
Result<Csv> parse_csv(std::string_view text);

}  // namespace tegata
