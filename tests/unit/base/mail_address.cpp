// Mail addresses: a table of inputs, each with the mailbox that is written, and where that is said.
#include "rp/base/mail_address.h"

#include <catch2/catch.hpp>

using namespace tegata;

namespace {

struct Row {
  std::string text;
  std::string mailbox;  // empty: no mail address
  const char* source;
};

const std::string a63(63, 'a'), a64(64, 'a');

const Row rows[] = {
    {"kensho.taro@hospital.example", "kensho.taro@hospital.example", "RFC 5321 4.1.2: Dot-string"},
    {"a@b", "a@b", "a host of one label, in a hospital's own network"},
    {"o'brien+tag@x.example", "o'brien+tag@x.example", "RFC 5322 3.2.3: atext"},
    {"!#$%&'*+-/=?^_`{|}~@x.example", "!#$%&'*+-/=?^_`{|}~@x.example", "RFC 5322 3.2.3: atext"},
    {"\"hoge..k.\"@docomo.ne.jp", "\"hoge..k.\"@docomo.ne.jp", "RFC 5321 4.1.2: Quoted-string"},
    {"hoge..k.@docomo.ne.jp", "\"hoge..k.\"@docomo.ne.jp", "written quoted, as no Dot-string has it"},
    {".hoge@ezweb.ne.jp", "\".hoge\"@ezweb.ne.jp", "likewise"},
    {"hoge.@docomo.ne.jp", "\"hoge.\"@docomo.ne.jp", "likewise"},
    {"\"a b\"@x.example", "\"a b\"@x.example", "RFC 5321 4.1.2: qtextSMTP has the space"},
    {"\"a@b\"@x.example", "\"a@b\"@x.example", "qtextSMTP has the at sign"},
    {"\"a\\\"b\"@x.example", "\"a\\\"b\"@x.example", "quoted-pairSMTP"},
    {"\"a\\\\\"@x.example", "\"a\\\\\"@x.example", "quoted-pairSMTP"},
    {"\"a>b\"@x.example", "\"a>b\"@x.example", "qtextSMTP"},
    {a64 + "@x.example", a64 + "@x.example", "RFC 5321 4.5.3.1.1: 64 octets"},
    {a64 + "a@x.example", "", "RFC 5321 4.5.3.1.1"},
    {"." + a63 + "@x.example", "", "66 octets, as it must be written"},
    {"a@" + a63 + ".example", "a@" + a63 + ".example", "RFC 1035 2.3.4: a label of 63"},
    {"a@" + a64 + ".example", "", "RFC 1035 2.3.4"},
    {"a@" + a63 + "." + a63 + "." + a63 + "." + a63, "", "RFC 5321 4.5.3.1.3: 254 without the brackets"},
    {"", "", "nothing"},
    {"a", "", "no at sign"},
    {"@x.example", "", "no local part"},
    {"a@", "", "no host"},
    {"..@x.example", "", "dots alone"},
    {"\"\"@x.example", "", "an empty quoted one, which is nobody's"},
    {"\"a@x.example", "", "an open quote"},
    {"\"a\"b@x.example", "", "text behind the quote"},
    {"a\"b\"@x.example", "", "a quote inside an atom"},
    {"\"a\\\"@x.example", "", "the quote is quoted away"},
    {"\"a\nb\"@x.example", "", "RFC 5321 4.1.2: no control, no line end"},
    {"\"a\\\nb\"@x.example", "", "not behind a backslash either"},
    {"\"a\r\nBcc: x@y.example\"@x.example", "", "a header of somebody else's"},
    {"a\r\nDATA@x.example", "", "a command of somebody else's"},
    {"a b@x.example", "", "a space that is not quoted"},
    {"a,b@x.example", "", "RFC 5322: a list"},
    {"<a@x.example>", "", "brackets are not of the address"},
    {"Taro <a@x.example>", "", "a display name"},
    {"a@x.example>", "", "a bracket in the host"},
    {"a@b@x.example", "", "two at signs, not quoted"},
    {"太郎@x.example", "", "RFC 6531: no SMTPUTF8 here"},
    {"\"太郎\"@x.example", "", "likewise"},
    {"a@検証.example", "", "a host in ASCII"},
    {"a@xn--p8jn4h.example", "a@xn--p8jn4h.example", "RFC 5890: as an A-label"},
    {"a@x..example", "", "RFC 1035: no empty label"},
    {"a@.x.example", "", "likewise"},
    {"a@x.example.", "", "no dot at the end"},
    {"a@-x.example", "", "RFC 1123 2.1"},
    {"a@x-.example", "", "RFC 1123 2.1"},
    {"a@x_y.example", "", "RFC 1123 2.1"},
    {"a@[192.0.2.1]", "", "an address literal, which is no mail address of a person"},
};

}  // namespace

TEST_CASE("defect: a mail address with a quoted local part, or with a carrier's dots, was refused") {
  for (const auto& [text, mailbox, source] : rows) {
    INFO(text << ": " << source);
    CHECK(mailbox_of(text) == mailbox);
    CHECK(is_mail_address(text) == !mailbox.empty());
    if (!mailbox.empty()) CHECK(mailbox_of(mailbox) == mailbox);
  }
}
