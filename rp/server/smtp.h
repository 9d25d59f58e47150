// One mail to one address. The home of libcurl.
#pragma once

#include <string>

#include "rp/server/config.h"

namespace tegata::server {

// Connects, logs in where a log-in is configured, and hands over `message`. Without TLS nothing is sent, but to this
// machine. Errors: notice_address_refused (5xx at RCPT TO), notice_undeliverable (everything else: worth another try).
Status send_mail(const SmtpConfig&, const std::string& to, const std::string& message);

}  // namespace tegata::server
