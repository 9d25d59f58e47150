#include "rp/base/shown_text.h"

#include <unictype.h>
#include <unistr.h>

#include <cstdio>
#include <utility>

#include "rp/base/json.h"

namespace tegata {
namespace {

constexpr int most_marks = 4;  // of one character: more are a heap that covers its neighbours; Vietnamese has two

bool is_of(char32_t c, std::uint32_t categories) { return uc_is_general_category_withtable(c, categories); }
bool is_space(char32_t c) { return is_of(c, UC_CATEGORY_MASK_Zs); }
bool is_mark(char32_t c) { return is_of(c, UC_CATEGORY_MASK_M); }

// New han characters come every few years, and names are written with them: no other kind is put into these planes.
bool is_han_to_come(char32_t c) { return c >= 0x20000 && c < 0x40000 && !uc_is_property_not_a_character(c); }

// Of what draws nothing (or the sign that something was lost), those that no property tells: braille's blank, the null
// notehead, Khitan's filler, Egyptian blanks, the places of an object and of a broken character.
bool is_blank(char32_t c) {
  return c == 0x2800 || c == 0x1d159 || c == 0x16fe4 || c == 0x13441 || c == 0x13442 || c == 0xfffc || c == 0xfffd;
}

// Those of Mongolian choose no form of anything in these names.
bool is_selector(char32_t c) { return c >= 0xfe00 && uc_is_property_variation_selector(c); }

// A selector chooses a form of a han character (Ideographic Variation Database) or of a pictograph. Unicode counts
// digits, # and * among emoji, for keycaps; alone they look the same with one.
bool takes_selector(char32_t c) {
  return uc_is_property_ideographic(c) || is_han_to_come(c) || (c >= 0x80 && uc_is_property_emoji(c));
}

// What stands before a character decides on selectors, marks and spaces.
class Walk {
 public:
  // Why `c` may not come next; nothing: it may, and has been taken.
  const char* refuse(char32_t c) {
    if (is_selector(c)) {
      if (!last_ || !takes_selector(last_)) return "which is not seen";
      last_ = 0;
      return nullptr;
    }
    if (is_space(c)) {
      if (!begun_) return "a space at the beginning";
      last_ = marks_ = 0;
      bare_ = true;
      return nullptr;
    }
    if (!is_drawn(c)) return is_of(c, UC_CATEGORY_MASK_Cc) ? "a control character" : "which is not seen";
    if (is_mark(c) && bare_) return "a mark with nothing to stand on";
    if (is_mark(c) && ++marks_ > most_marks) return "one mark too many";
    if (!is_mark(c)) marks_ = 0;
    last_ = c;
    begun_ = true;
    bare_ = false;
    return nullptr;
  }

 private:
  char32_t last_ = 0;  // what a selector would belong to
  int marks_ = 0;
  bool begun_ = false, bare_ = true;
};

// REQUIRES: UTF-8. `take(character, its octets, why it is refused or null)`.
template <typename Take>
void each_character(std::string_view text, Take take) {
  Walk walk;
  while (!text.empty()) {
    ucs4_t c = 0;
    const auto size =
        static_cast<std::size_t>(u8_mbtouc(&c, reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    take(static_cast<char32_t>(c), text.substr(0, size), walk.refuse(c));
    text.remove_prefix(size);
  }
}

std::string place(char32_t c, std::size_t position) {
  char out[64];
  std::snprintf(out, sizeof out, "U+%04X at character %zu", static_cast<unsigned>(c), position);
  return out;
}

}  // namespace

bool is_drawn(char32_t c) {
  constexpr std::uint32_t seen =
      UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_S;
  if (is_blank(c) || uc_is_property_default_ignorable_code_point(c)) return false;
  return is_of(c, seen) || is_han_to_come(c);
}

std::optional<std::string> fault_of_shown_text(std::string_view text) {
  if (!is_utf8(text)) return "is not UTF-8";
  std::optional<std::string> fault;
  std::size_t position = 0;
  char32_t last = 0;
  each_character(text, [&](char32_t c, std::string_view, const char* why) {
    ++position;
    last = c;
    if (why && !fault) fault = "has " + place(c, position) + ", " + why;
  });
  if (!fault && is_space(last)) fault = "has " + place(last, position) + ", a space at the end";
  return fault;
}

std::string shown_part(std::string_view text) {
  if (!is_utf8(text)) return {};
  std::string out, spaces;
  each_character(text, [&](char32_t c, std::string_view octets, const char* why) {
    if (why) return;
    if (is_space(c)) {
      spaces += octets;
    } else {
      out += std::exchange(spaces, {});
      out += octets;
    }
  });
  return out;
}

}  // namespace tegata
