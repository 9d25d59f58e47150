// What names may hold: tables of inputs, each with the right answer and where that is said.
#include "rp/base/shown_text.h"

#include <unictype.h>
#include <unistr.h>

#include <array>
#include <catch2/catch.hpp>

using namespace tegata;

namespace {

struct Good {
  const char* text;
  const char* what;
};

constexpr Good good[] = {
    {"", "no text is no fault: whether it may be missing is the caller's rule"},
    {"検証 太郎", "a space between"},
    {"検証\u3000太郎", "an ideographic space between"},
    {"検証\u00a0太郎", "a no-break space between is seen as one"},
    {"𠮷田", "U+20BB7, plane 2"},
    {"髙橋", "U+9AD9"},
    {"﨑山", "U+FA11, among the compatibility ideographs and none"},
    {"神\ufa19", "U+FA19, a compatibility ideograph"},
    {"葛\U000e0100城", "an Ideographic Variation Sequence (UTS 37)"},
    {"辻\U000e0101", "the same at the end"},
    {"邉\U000e0110", "further sequences of Moji_Joho"},
    {"神\ufe00", "a standardized variant of a han character (UCD, StandardizedVariants)"},
    {"\U00031350", "a han character of Unicode 15"},
    {"\U000323b0", "a han character of Unicode 17"},
    {"が", "composed"},
    {"か\u3099", "a combining dakuten"},
    {"ハ\u309a", "a combining handakuten"},
    {"ﾊﾝｶｸ", "half-width katakana"},
    {"〆木 々", "iteration and closing marks are letters (Lo, Lm)"},
    {"ジョン・スミス", "a middle dot"},
    {"O'Brien-Smith, Jr.", "ASCII"},
    {"Nguyễn Văn Đức", "Vietnamese, composed"},
    {"Nguye\u0302\u0303n", "two marks on one letter"},
    {"Łukasz Ślązak", "Latin Extended-A"},
    {"김철수", "Hangul"},
    {"王小明", "han"},
    {"ส\u0e31ญญา", "Thai, with marks"},
    {"नी\u0932", "Devanagari with a spacing mark"},
    {"שלום", "a script from right to left, by its letters"},
    {"محمد", "likewise"},
    {"受付📱1", "a pictograph"},
    {"診察室❤\ufe0f", "a pictograph with its selector (UTS 51)"},
    {"第①診察室", "No"},
    {"㈱検証", "So"},
    {"12-3号室（南）", "full-width brackets"},
    {"A&B <東>", "what HTML escapes is for pages to escape"},
};

struct Bad {
  std::string text;
  const char* fault;
  const char* source;
};

const Bad bad[] = {
    {"試験\u200b一郎", "has U+200B at character 3, which is not seen", "Cf: zero width space"},
    {"\u200b\u200b", "has U+200B at character 1, which is not seen", "nothing else in it"},
    {"試験\u202e郎一", "has U+202E at character 3, which is not seen", "UAX 9: override"},
    {"試験\u2066郎\u2069", "has U+2066 at character 3, which is not seen", "UAX 9: isolate"},
    {"\u200e検証", "has U+200E at character 1, which is not seen", "UAX 9: mark"},
    {"検証\u061c", "has U+061C at character 3, which is not seen", "UAX 9: Arabic letter mark"},
    {"検\u2028証", "has U+2028 at character 2, which is not seen", "Zl"},
    {"検\u2029証", "has U+2029 at character 2, which is not seen", "Zp"},
    {"検\xc2\x85証", "has U+0085 at character 2, a control character", "Cc: next line"},
    {"検\n証", "has U+000A at character 2, a control character", "Cc"},
    {"検\t証", "has U+0009 at character 2, a control character", "Cc"},
    {std::string("検\0証", 7), "has U+0000 at character 2, a control character", "Cc"},
    {"検証\x7f", "has U+007F at character 3, a control character", "Cc"},
    {"検証\x1b[2J", "has U+001B at character 3, a control character", "Cc: what a terminal obeys"},
    {"検\u00ad証", "has U+00AD at character 2, which is not seen", "Cf: soft hyphen"},
    {"検\u3164証", "has U+3164 at character 2, which is not seen", "Lo, default ignorable: Hangul filler"},
    {"\u115f", "has U+115F at character 1, which is not seen", "Lo, default ignorable"},
    {"\uffa0", "has U+FFA0 at character 1, which is not seen", "Lo, default ignorable: half-width filler"},
    {"検\u2800証", "has U+2800 at character 2, which is not seen", "So that draws nothing: braille blank"},
    {"検\u180e証", "has U+180E at character 2, which is not seen", "Cf: Mongolian vowel separator"},
    {"検\u180b証", "has U+180B at character 2, which is not seen", "a selector of Mongolian"},
    {"検\ufff9証", "has U+FFF9 at character 2, which is not seen", "Cf: interlinear annotation"},
    {"検\U000e0041証", "has U+E0041 at character 2, which is not seen", "Cf: tags"},
    {"検\U000e0001", "has U+E0001 at character 2, which is not seen", "Cf: language tag"},
    {"検\ufeff証", "has U+FEFF at character 2, which is not seen", "Cf: byte order mark inside"},
    {"検\u2060証", "has U+2060 at character 2, which is not seen", "Cf: word joiner"},
    {"検\u2065証", "has U+2065 at character 2, which is not seen", "unassigned, default ignorable"},
    {"検\u034f証", "has U+034F at character 2, which is not seen", "Mn, default ignorable: grapheme joiner"},
    {"👩\u200d⚕", "has U+200D at character 2, which is not seen", "Cf: joiner, also between pictographs"},
    {"検\U0001d173", "has U+1D173 at character 2, which is not seen", "Cf: musical format"},
    {"検\U0001d159", "has U+1D159 at character 2, which is not seen", "So that draws nothing: null notehead"},
    {"検\ufffc", "has U+FFFC at character 2, which is not seen", "a place for an object"},
    {"検\ufffd", "has U+FFFD at character 2, which is not seen", "what is left of a broken text"},
    {"検\ue000", "has U+E000 at character 2, which is not seen", "Co: another sign on every machine"},
    {"検\U000f0000", "has U+F0000 at character 2, which is not seen", "Co"},
    {"検\ufdd0", "has U+FDD0 at character 2, which is not seen", "no character"},
    {"検\uffff", "has U+FFFF at character 2, which is not seen", "no character"},
    {"検\U0002fffe", "has U+2FFFE at character 2, which is not seen", "no character, also among the han planes"},
    {"検\u0378", "has U+0378 at character 2, which is not seen", "Cn"},
    {"検\ufe0f\ufe0f", "has U+FE0F at character 3, which is not seen", "a second selector"},
    {"か\ufe00", "has U+FE00 at character 2, which is not seen", "a selector behind what has no variants"},
    {"第1\ufe0f", "has U+FE0F at character 3, which is not seen", "a digit is an emoji for keycaps alone"},
    {"#\ufe0e", "has U+FE0E at character 2, which is not seen", "likewise"},
    {"A\U000e0100", "has U+E0100 at character 2, which is not seen", "likewise"},
    {"\U000e0100", "has U+E0100 at character 1, which is not seen", "behind nothing"},
    {" 検証", "has U+0020 at character 1, a space at the beginning", "ends"},
    {"検証 ", "has U+0020 at character 3, a space at the end", "ends"},
    {"検証\u3000", "has U+3000 at character 3, a space at the end", "ends"},
    {"\u00a0検証", "has U+00A0 at character 1, a space at the beginning", "ends"},
    {"検証\u00a0", "has U+00A0 at character 3, a space at the end", "ends"},
    {"検証\u2003", "has U+2003 at character 3, a space at the end", "ends, any of Zs"},
    {" ", "has U+0020 at character 1, a space at the beginning", "nothing but spaces"},
    {"\u3000\u3000", "has U+3000 at character 1, a space at the beginning", "nothing but spaces"},
    {"\u3099か", "has U+3099 at character 1, a mark with nothing to stand on", "UAX 29"},
    {"検 \u0301", "has U+0301 at character 3, a mark with nothing to stand on", "UAX 29"},
    {"a\u0300\u0300\u0300\u0300\u0300", "has U+0300 at character 6, one mark too many", "a heap"},
    {"\xff", "is not UTF-8", "RFC 3629"},
    {"検\xed\xa0\x80", "is not UTF-8", "RFC 3629: a surrogate"},
    {"\xc0\x80", "is not UTF-8", "RFC 3629: too long"},
};

std::string utf8(char32_t c) {
  std::array<std::uint8_t, 6> bytes{};
  const int size = u8_uctomb(bytes.data(), c, bytes.size());
  return std::string(reinterpret_cast<char*>(bytes.data()), size > 0 ? static_cast<std::size_t>(size) : 0);
}

}  // namespace

TEST_CASE("a name may have what names need") {
  for (const auto& [text, what] : good) {
    INFO(text << ": " << what);
    CHECK(fault_of_shown_text(text).value_or("") == "");
    CHECK(shown_part(text) == text);
  }
}

TEST_CASE("defect: what is not seen, or turns the text, could stand in a name") {
  for (const auto& [text, fault, source] : bad) {
    INFO(source);
    CHECK(fault_of_shown_text(text).value_or("") == fault);
  }
}

TEST_CASE("of a text that others signed, what may be shown is left, and that alone") {
  for (const auto& [text, fault, source] : bad) {
    INFO(source);
    CHECK(fault_of_shown_text(shown_part(text)).value_or("") == "");
  }
  CHECK(shown_part("試験\u200b一\u202e郎\n") == "試験一郎");
  CHECK(shown_part(" \u3000Kensho\u00a0Taro \t ") == "Kensho\u00a0Taro");
  CHECK(shown_part("葛\U000e0100城\U000e0100\U000e0101") == "葛\U000e0100城\U000e0100");
  CHECK(shown_part("\xff").empty());
}

TEST_CASE("every character alone: shown where its category draws, and never where Unicode says to ignore it") {
  int shown = 0, refused = 0;
  for (char32_t c = 0x20; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const bool ignorable = uc_is_property_default_ignorable_code_point(c);
    const bool other = uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
    const bool fault = fault_of_shown_text(utf8(c)).has_value();
    const bool han_plane = c >= 0x20000 && c < 0x40000 && !uc_is_property_not_a_character(c);
    if ((ignorable || (other && !han_plane)) && !fault) FAIL("U+" << std::hex << static_cast<unsigned>(c) << " passed");
    if (uc_is_property_alphabetic(c) && !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M) && !ignorable &&
        !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C) && fault && c != 0x13441 && c != 0x13442)
      FAIL("U+" << std::hex << static_cast<unsigned>(c) << " was refused");
    ++(fault ? refused : shown);
  }
  CHECK(shown > 200'000);
  CHECK(refused > 800'000);
}
