// A notice as a mail.
#pragma once

#include <string>

#include "rp/store/notices.h"

namespace tegata::server::notices {

// A whole message of RFC 5322 with CRLF: headers, and one text in Japanese and English. The 本人ID is masked, nothing
// in it is a secret or a link to press, and the same notice to the same address is the same message again (Message-ID),
// so that a repeat can be known. REQUIRES: both addresses pass is_mail_address.
std::string notice_mail(const store::Notice&, const std::string& from, const std::string& to,
                        const std::string& public_origin);

}  // namespace tegata::server::notices
