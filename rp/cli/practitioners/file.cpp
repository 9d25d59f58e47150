#include "rp/cli/practitioners/file.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rp/base/csv.h"
#include "rp/base/errors.h"
#include "rp/base/mail_address.h"
#include "rp/base/shown_text.h"
#include "rp/base/split.h"

namespace tegata::cli::practitioners {
namespace {

// Those behind the needed ones may be missing; of the last two, both or neither.
enum Column {
  id,
  name,
  romaji,
  roles,
  authority,
  holder_number,
  not_after,
  needed_columns,
  mail = needed_columns,
  registration_number,
  card_id,
  columns
};
constexpr std::array<const char*, columns> column_names = {"practitioner_id",
                                                           "name",
                                                           "romaji",
                                                           "roles",
                                                           "authority",
                                                           "holder_number",
                                                           "second_certificate_not_after",
                                                           "mail",
                                                           "registration_number",
                                                           "card_id"};

// Where each column stands in a row, if it does.
struct Places {
  std::array<std::optional<std::size_t>, columns> at{};
  std::size_t width = 0;  // fields of a row

  bool has(Column column) const { return at[column].has_value(); }
};

Error no_column(std::size_t column, const char* what) {
  return Error(errors::csv_malformed, std::string("row 1: the column ") + column_names[column] + what);
}

Result<Places> parse_header(const std::vector<std::string>& header) {
  Places places;
  places.width = header.size();
  for (std::size_t i = 0; i < columns; ++i) {
    const auto count = std::ranges::count(header, column_names[i]);
    if (count > 1) return no_column(i, " stands there twice");
    if (count == 1)
      places.at[i] = static_cast<std::size_t>(std::ranges::find(header, column_names[i]) - header.begin());
  }
  for (std::size_t i = 0; i < needed_columns; ++i) {
    if (!places.at[i]) return no_column(i, " is missing");
  }
  if (places.has(registration_number) != places.has(card_id)) {
    return no_column(places.has(card_id) ? registration_number : card_id, " is missing");
  }
  for (const auto& column : header) {
    if (std::ranges::find(column_names, column) == column_names.end())
      return Error(errors::csv_malformed,
                   "row 1: " + (is_utf8(column) ? column : "a column") + " is not a known column");
  }
  return places;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_visible(char c) { return c > ' ' && c < 0x7f; }

// "2028-03-31" as the end of that day in Japan, or a moment.
Result<Instant> parse_end(const std::string& text) {
  if (text.size() != 10) return parse_rfc3339(text);
  TEGATA_ASSIGN(const auto day, parse_rfc3339(text + "T00:00:00+09:00"));
  return day + std::chrono::hours(24);
}

class FileReader {
 public:
  FileReader(const Places& places, const KnownNames& known) : places_(places), known_(known) {
    if (places_.has(registration_number)) out_.numbers.emplace();
  }

  void add(const std::vector<std::string>& row) {
    ++row_;
    if (row.size() != places_.width)
      return problem(id, "has " + std::to_string(row.size()) + " fields instead of " + std::to_string(places_.width));
    const auto before = out_.problems.size();
    store::DirectoryEntry entry;
    const auto field = [&](Column column) -> const std::string& {
      static const std::string none;
      return places_.has(column) ? row[*places_.at[column]] : none;
    };
    if (!read_texts(field, entry)) return;
    read_roles(field(roles), entry);
    read_end(field(not_after), entry);
    if (places_.has(mail)) read_mail(field(mail), entry);
    read_card(field(authority), field(holder_number), entry);
    std::optional<enroll::RegistrationNumber> number;
    if (places_.has(registration_number)) number = read_number(field(registration_number), field(card_id));
    if (entry.second_certificate_not_after && field(roles).empty())
      problem(roles, "is empty, but there is a second certificate");
    if (out_.problems.size() == before) keep(std::move(entry), number);
  }

  PractitionerFile take() { return std::move(out_); }

 private:
  void problem(Column column, std::string what) {
    out_.problems.push_back({row_, column_names[column], std::move(what)});
  }

  // False where the row cannot be judged any further.
  template <typename Field>
  bool read_texts(const Field& field, store::DirectoryEntry& entry) {
    for (int column = 0; column < columns; ++column) {
      const auto& text = field(static_cast<Column>(column));
      const auto fault = fault_of_shown_text(text);
      if (!fault) continue;
      problem(static_cast<Column>(column), *fault);
      return false;
    }
    entry.id = field(id);
    entry.name = field(name);
    entry.romaji = field(romaji);
    const bool good_id = entry.id.size() >= 4 && entry.id.size() <= 32 &&
                         std::ranges::all_of(entry.id, [](char c) { return is_letter_or_digit(c) || c == '-'; });
    if (!good_id) problem(id, "must be 4 to 32 letters, digits and hyphens");
    if (entry.name.empty() || code_points(entry.name) > 100) problem(name, "must have 1 to 100 characters");
    const bool plain = std::ranges::all_of(entry.romaji, [](char c) { return c == ' ' || is_visible(c); });
    if (!plain || entry.romaji.size() > 100) problem(romaji, "must be at most 100 characters of ASCII");
    return true;
  }

  void read_roles(const std::string& text, store::DirectoryEntry& entry) {
    for (const auto& role : split(text, ';')) {
      if (!known_.roles.contains(role)) return problem(roles, "names a role that [cards] roles has not: " + role);
      if (std::ranges::find(entry.roles, role) != entry.roles.end()) return problem(roles, "names " + role + " twice");
      entry.roles.push_back(role);
    }
  }

  void read_end(const std::string& text, store::DirectoryEntry& entry) {
    if (text.empty()) return;
    const auto end = parse_end(text);
    if (!end) return problem(not_after, "must be a date like 2028-03-31, or RFC 3339");
    entry.second_certificate_not_after = *end;
  }

  void read_mail(const std::string& text, store::DirectoryEntry& entry) {
    if (!text.empty() && !is_mail_address(text)) return problem(mail, "is no mail address");
    entry.mail = text;
  }

  void read_card(const std::string& whose, const std::string& number, store::DirectoryEntry& entry) {
    if (whose.empty() && number.empty()) return;
    if (!known_.authorities.contains(whose))
      return problem(authority, whose.empty() ? "is empty, but there is a holder number"
                                              : "names no [[authority]] of the configuration: " + whose);
    if (number.empty() || number.size() > 64 || !std::ranges::all_of(number, is_visible))
      return problem(holder_number, "must have 1 to 64 characters of ASCII without spaces");
    const store::CardKey card{whose, number};
    const auto [place, fresh] = out_.row_of_card.emplace(card, row_);
    if (!fresh) return problem(holder_number, "is the same card as in row " + std::to_string(place->second));
    entry.cards = {card};
  }

  std::optional<enroll::RegistrationNumber> read_number(const std::string& number, const std::string& card) {
    if (number.empty() && card.empty()) return std::nullopt;
    const auto read = enroll::parse_registration_number(number, card);
    if (!read) {
      problem(registration_number, "must have 1 to 10 digits, with a card_id of 4 to 32 letters and digits");
      return std::nullopt;
    }
    const auto [place, fresh] = row_of_number_.emplace(std::pair(read->number, read->card_id), row_);
    if (!fresh) problem(registration_number, "is with its card_id the same as in row " + std::to_string(place->second));
    return *read;
  }

  // The first row of a person, or a further card of that person.
  void keep(store::DirectoryEntry entry, const std::optional<enroll::RegistrationNumber>& number) {
    const auto [place, fresh] = places_of_people_.emplace(entry.id, Place{out_.people.size(), row_});
    if (out_.numbers && fresh) out_.numbers->emplace_back();
    if (number) (*out_.numbers)[place->second.index].push_back({*number, row_});
    if (fresh) {
      out_.people.push_back(std::move(entry));
      return;
    }
    auto& first = out_.people[place->second.index];
    const auto differs = [&](bool same, Column column) {
      if (!same) problem(column, "differs from row " + std::to_string(place->second.row) + ", the same person");
    };
    differs(first.name == entry.name, name);
    differs(first.romaji == entry.romaji, romaji);
    differs(first.roles == entry.roles, roles);
    differs(first.second_certificate_not_after == entry.second_certificate_not_after, not_after);
    differs(first.mail == entry.mail, mail);
    if (entry.cards.empty())
      problem(holder_number,
              "is empty, but the person stands in row " + std::to_string(place->second.row) + " already");
    first.cards.insert(first.cards.end(), entry.cards.begin(), entry.cards.end());
  }

  struct Place {
    std::size_t index, row;
  };
  const Places& places_;
  const KnownNames& known_;
  std::size_t row_ = 1;
  std::map<std::string, Place> places_of_people_;
  std::map<std::pair<std::string, std::string>, std::size_t> row_of_number_;
  PractitionerFile out_;
};

}  // namespace

Json describe(const RowProblem& problem) {
  return {{"row", problem.row}, {"column", problem.column}, {"problem", problem.what}};
}

Result<PractitionerFile> parse_practitioner_file(std::string_view text, const KnownNames& known) {
  TEGATA_ASSIGN(const auto rows, parse_csv_records(text));
  TEGATA_ASSIGN(const auto places, parse_header(rows.front().fields));
  FileReader reader(places, known);
  for (std::size_t i = 1; i < rows.size(); ++i) reader.add(rows[i].fields);
  return reader.take();
}

}  // namespace tegata::cli::practitioners
