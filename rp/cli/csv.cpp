#include "rp/cli/csv.h"

#include "rp/cli/errors.h"

namespace tegata::cli {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (rest_.starts_with(mark)) rest_.remove_prefix(mark.size());
  }

  Result<std::vector<CsvRow>> all() {
    while (!rest_.empty()) TEGATA_TRY(read_row());
    return std::move(rows_);
  }

 private:
  Status read_row() {
    rows_.emplace_back();
    for (;;) {
      TEGATA_TRY(read_field());
      if (take_line_end() || rest_.empty()) return {};
      if (rest_.front() != ',') return malformed("a character behind the closing quote");
      rest_.remove_prefix(1);
    }
  }

  Status read_field() { return take('"') ? read_quoted() : read_plain(); }

  Status read_quoted() {
    std::string field;
    for (;;) {
      const auto quote = rest_.find('"');
      if (quote == std::string_view::npos) return malformed("a quote that never closes");
      field += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!take('"')) break;
      field += '"';
    }
    rows_.back().push_back(std::move(field));
    return {};
  }

  Status read_plain() {
    const auto end = rest_.find_first_of(",\"\r\n");
    const auto field = rest_.substr(0, end);
    rest_.remove_prefix(field.size());
    if (!rest_.empty() && rest_.front() == '"') return malformed("a quote inside a field without quotes");
    if (!rest_.empty() && rest_.front() == '\r' && !rest_.starts_with("\r\n")) return malformed("a CR without LF");
    rows_.back().emplace_back(field);
    return {};
  }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_line_end() {
    const auto size = rest_.starts_with("\r\n") ? 2u : (rest_.starts_with("\n") ? 1u : 0u);
    rest_.remove_prefix(size);
    return size > 0;
  }

  Error malformed(const char* what) const {
    return Error(errors::csv_malformed, "row " + std::to_string(rows_.size()) + ", field " +
                                            std::to_string(rows_.back().size() + 1) + ": " + what);
  }

  std::string_view rest_;
  std::vector<CsvRow> rows_;
};

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view text) { return Reader(text).all(); }

}  // namespace tegata::cli
