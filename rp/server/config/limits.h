// The table [limits] of the configuration file.
#pragma once

#include "rp/server/config/config.h"
#include "rp/server/config/section.h"

namespace tegata::server::config {

Status read_limits(Section section, LimitsConfig& out);

}  // namespace tegata::server::config
