// Comma-separated values as RFC 4180 has them, strictly: a quote stands at the ends of a field or doubled inside it,
// every line ends with CRLF or LF, the last one too or not. A byte order mark in front is dropped, as spreadsheets
// write it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rp/base/result.h"

namespace tegata::cli {

using CsvRow = std::vector<std::string>;

// All rows, the header among them. A line without a character is a row with one empty field.
// Error: csv_malformed, whose detail names the row (the first one is 1) and the field.
Result<std::vector<CsvRow>> parse_csv(std::string_view text);

}  // namespace tegata::cli
