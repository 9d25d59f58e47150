// The table [limits] of the configuration file.
#pragma once

#include "rp/server/config.h"
#include "rp/server/config_section.h"

namespace tegata::server {

Status read_limits(Section section, LimitsConfig& out);

}  // namespace tegata::server
