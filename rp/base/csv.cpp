#include "rp/base/csv.h"

#include <algorithm>
#include <span>

#include "rp/base/errors.h"
#include "rp/base/json.h"

namespace tegata {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }

  Result<CsvRow> record() {
    CsvRow row;
    row.line = line_;
    for (;;) {
      TEGATA_ASSIGN(auto field, next() == '"' ? quoted() : plain());
      row.fields.push_back(std::move(field));
      if (take(',')) continue;
      if (at_end() || take_line_end()) return row;
      return wrong("text behind a closing quote");
    }
  }

 private:
  char next() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool take_line_end() {
    const auto here = text_.substr(at_);
    const std::size_t size = here.starts_with("\r\n") ? 2 : here.starts_with("\n") ? 1 : 0;
    at_ += size;
    line_ += size > 0;
    return size > 0;
  }

  Result<std::string> plain() {
    std::string out;
    for (; !at_end() && next() != ',' && next() != '\n' && !text_.substr(at_).starts_with("\r\n"); ++at_) {
      if (next() == '"') return wrong("a quote inside a field");
      if (static_cast<unsigned char>(next()) < 0x20) return wrong("a control character");
      out += next();
    }
    return out;
  }

  Result<std::string> quoted() {
    std::string out;
    for (++at_; !at_end(); ++at_) {
      if (next() == '"') {
        ++at_;
        if (next() != '"') return out;
      }
      line_ += next() == '\n';
      out += next();
    }
    return wrong("a quote that is never closed");
  }

  Error wrong(const char* what) const {
    return Error(errors::csv_malformed, "line " + std::to_string(line_) + ": " + what);
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1;
};

Status check_columns(const std::vector<std::string>& columns) {
  for (auto it = columns.begin(); it != columns.end(); ++it) {
    if (it->empty()) return Error(errors::csv_malformed, "line 1: a column without a name");
    if (std::find(columns.begin(), it, *it) != it)
      return Error(errors::csv_malformed, "line 1: two columns named " + *it);
  }
  return {};
}

}  // namespace

bool Csv::has(std::string_view column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::string Csv::field(const CsvRow& row, std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? std::string() : row.fields[static_cast<std::size_t>(found - columns.begin())];
}

Result<std::vector<CsvRow>> parse_csv_records(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.empty()) return Error(errors::csv_malformed, "empty");
  Reader reader(text);
  std::vector<CsvRow> out;
  while (!reader.at_end()) {
    TEGATA_ASSIGN(auto row, reader.record());
    out.push_back(std::move(row));
  }
  return out;
}

Result<Csv> parse_csv(std::string_view text) {
  if (!is_utf8(text)) return Error(errors::csv_malformed, "not UTF-8");
  TEGATA_ASSIGN(auto records, parse_csv_records(text));
  TEGATA_TRY(check_columns(records.front().fields));
  Csv out{std::move(records.front().fields), {}};
  for (auto& row : std::span(records).subspan(1)) {
    if (row.fields.size() != out.columns.size()) {
      return Error(errors::csv_malformed, "line " + std::to_string(row.line) + ": " +
                                              std::to_string(row.fields.size()) + " fields instead of " +
                                              std::to_string(out.columns.size()));
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

}  // namespace tegata
