// The letter that brings a person a ticket: two sheets, which may travel apart. One carries the QR, the other the
// password; each is Japanese, with English overleaf. Four pages of A4.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "rp/base/instant.h"

namespace tegata::letter {

struct Letter {
  std::int64_t line = 0;  // of the batch; 0 for a single ticket
  std::string ticket;     // public id, printed as the reference
  std::string name;
  std::string url;
  std::string password;
  Instant expires_at{};
  std::int64_t tries = 5;  // the last wrong one locks
};

struct Sender {
  std::string name;     // who writes, e.g. the certification authority
  std::string contact;  // whom to ask: telephone, hours
};

// A tickets file as `tegata ticket issue` writes it, or one ticket as it prints it. Error: letter_tickets_malformed.
Result<std::vector<Letter>> parse_letters(std::string_view text);

// What stands on a page, from top to bottom. Texts are the same for PDF and HTML.
struct Page {
  std::string language;  // "ja", "en"
  std::string title;
  std::string addressee;
  std::vector<std::string> paragraphs;  // below the title
  std::string qr;                       // the text of the code, if the page has one
  std::string password;                 // if the page has it
  std::vector<std::string> steps;       // numbered
  std::vector<std::string> warnings;
  std::vector<std::string> foot;
};
// QR sheet, its back, password sheet, its back.
std::vector<Page> pages_of(const Letter&, const Sender&);

// One printable document of several letters, in their order. Errors: letter_glyph_missing, letter_not_written,
// qr_too_long.
Status write_pdf(const std::string& path, const std::vector<Letter>&, const Sender&);
Result<std::string> html(const std::vector<Letter>&, const Sender&);

}  // namespace tegata::letter
