// The rules of tickets as the configuration has them: for the server, and for operators' commands.
#pragma once

#include "enroll/ticket_origin.h"
#include "rp/server/config.h"

namespace tegata::server {

enroll::OriginRules ticket_origins(const Config&);

}  // namespace tegata::server
