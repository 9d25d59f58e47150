// Mail addresses as we write them into a header and an SMTP command.
#pragma once

#include <string>
#include <string_view>

namespace tegata {

// "name@host" in ASCII as RFC 5321 section 4.1.2 has a Mailbox: a dotted or a quoted local part of at most 64 octets, a
// host of labels, at most 254 octets. Also the addresses that Japanese carriers gave out, whose dots no local part may
// have unquoted ("a..b@docomo.ne.jp", "a.@ezweb.ne.jp").
bool is_mail_address(std::string_view text);

// The same mailbox as it must be written in a command and a header: what has such dots is quoted. Without line ends and
// controls, whatever is in it. Empty for what is no mail address.
std::string mailbox_of(std::string_view address);

}  // namespace tegata
