// The rules of tickets as the configuration has them: for the server, and for operators' commands.
#pragma once

#include <optional>

#include "enroll/registration_number.h"
#include "enroll/ticket_origin.h"
#include "rp/server/config/config.h"

namespace tegata::server {

enroll::OriginRules ticket_origins(const config::Config&);

// Nothing where that way is off.
std::optional<enroll::RegistrationNumberSettings> registration_number(const config::Config&, const Bytes& guess_key);

}  // namespace tegata::server
