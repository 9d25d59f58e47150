// One mail to one address. The home of libcurl.
#pragma once

#include <string>

#include "rp/server/config/config.h"

namespace tegata::server::notices {

// Connects, logs in where a log-in is configured, and hands over `message`. Without TLS nothing is sent, but to this
// machine. Errors: notice_address_refused (5xx at RCPT TO), notice_undeliverable (everything else: worth another try).
Status send_mail(const config::SmtpConfig&, const std::string& to, const std::string& message);

// Whether the file of the log-in, where there is one, can be used. Errors: those of a private file
// (rp/host/private_file.h), notice_undeliverable (no two lines).
Status verify_login(const config::SmtpConfig&);

}  // namespace tegata::server::notices
