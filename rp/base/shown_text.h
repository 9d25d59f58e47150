// Text that people read on a page, a letter or a list: names, labels, reasons. What stands in it is seen, and where.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tegata {

// Why a text may not be shown, in words that follow its name: "has U+200B at character 3, which is not seen"; nothing
// for a good one, the empty one among them. Refused, by properties of Unicode rather than by a list: what is no UTF-8,
// controls, separators of lines, formats (zero-width, bidi, soft hyphens, tags), other default ignorables, what draws
// nothing, surrogates, private use, what is unassigned or no character, a space at an end, a mark with nothing before
// it to stand on, more than four marks on one character. Let pass: letters, marks, digits, punctuation and symbols of
// all scripts, spaces inside, one variation selector behind a han character or a pictograph, and what the han planes 2
// and 3 may come to hold. Source: Unicode Standard Annexes 44 (general category, default ignorable code point) and 31
// (variation selectors).
std::optional<std::string> fault_of_shown_text(std::string_view text);

// The same text without what it would be refused for: for what others wrote and signed, and nobody can correct (names
// in certificates, words of makers). Not UTF-8, or nothing left: empty.
std::string shown_part(std::string_view text);

// Whether the character draws something wherever it stands: neither a space nor a variation selector does.
bool is_drawn(char32_t character);

}  // namespace tegata
