// Mail addresses as we write them into a header and an SMTP command.
#pragma once

#include <string_view>

namespace tegata {

// "name@host" in visible ASCII, without anything that would have to be quoted; a host of labels. At most 254 octets.
// Narrower than RFC 5321 allows, so that nothing in it can mean anything else to a mail server.
bool is_mail_address(std::string_view text);

}  // namespace tegata
