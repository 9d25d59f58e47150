// A ticket's password as people type and paste it: a table of texts, each with what is compared.
#include "enroll/password.h"

#include <catch2/catch.hpp>

using namespace tegata::enroll;

namespace {

struct TypedRow {
  std::string typed, plain;
  const char* what;
};

const TypedRow typed_rows[] = {
    {"k7mw-3x9p-htbv", "k7mw3x9phtbv", "as printed"},
    {"K7MW 3X9P HTBV", "k7mw3x9phtbv", "capitals, spaces"},
    {"ｋ７ｍｗ－３ｘ９ｐ－ｈｔｂｖ", "k7mw3x9phtbv", "full width"},
    {"k7mwー3x9p―htbv", "k7mw3x9phtbv", "the long-vowel mark, a horizontal bar"},
    {"k7mw\u20113x9p\u2212htbv", "k7mw3x9phtbv", "a hyphen that does not break, a minus sign"},
    {"k7mw\u3000-\u00a03x9p-\thtbv\r\n", "k7mw3x9phtbv", "spaces of all kinds"},
    {"k7mw-\u200b3x9p-\u200bhtbv", "k7mw3x9phtbv", "mail programs: a place where a line may break"},
    {"k7mw\u00ad3x9p\u00adhtbv", "k7mw3x9phtbv", "word processors: soft hyphens"},
    {"\u200ek7mw-3x9p-htbv\u200e", "k7mw3x9phtbv", "a mark of direction, copied along"},
    {"\u202ak7mw-3x9p-htbv\u202c", "k7mw3x9phtbv", "an embedding, copied along"},
    {"\ufeffk7mw-3x9p-htbv", "k7mw3x9phtbv", "a byte order mark"},
    {"k7mw\u2060-3x9p-htbv", "k7mw3x9phtbv", "a word joiner"},
    {"k7mw-3x9p-htbv\ufe0f", "k7mw3x9phtbv", "a variation selector"},
    {"\"k7mw-3x9p-htbv\"", "k7mw3x9phtbv", "quotes"},
    {"'k7mw-3x9p-htbv'", "k7mw3x9phtbv", "single ones"},
    {"\u201ck7mw-3x9p-htbv\u201d", "k7mw3x9phtbv", "those of word processors"},
    {"\u00abk7mw-3x9p-htbv\u00bb", "k7mw3x9phtbv", "French ones"},
    {"「k7mw-3x9p-htbv」", "k7mw3x9phtbv", "Japanese ones"},
    {"『k7mw-3x9p-htbv』", "k7mw3x9phtbv", "Japanese double ones"},
    {"k7mw\u3164-3x9p-htbv", "k7mw3x9phtbv", "a filler, which is a letter to Unicode"},
    {"k7mw.3x9p", "k7mw.3x9p", "a full stop is a mistake, and stays one"},
    {"k7mw/3x9p", "k7mw/3x9p", "likewise"},
    {"k\u03017mw", "\u1e317mw", "another letter stays another"},
    {"к7mw", "к7mw", "also a Cyrillic one"},
    {"kk7mw", "kk7mw", "no letter is dropped"},
    {"", "", "nothing"},
    {"\" - \u200b\"", "", "nothing of a password"},
    {"k7\xff", "k7\xff", "not UTF-8: as it is, and wrong"},
};

}  // namespace

TEST_CASE("defect: a password was wrong with what mail programs and word processors put in and around it") {
  for (const auto& [typed, plain, what] : typed_rows) {
    INFO(what);
    CHECK(plain_password(typed) == plain);
    CHECK(plain_password(plain) == plain);
  }
}
