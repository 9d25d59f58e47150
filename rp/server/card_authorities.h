// The authorities of a configuration, read off their files.
#pragma once

#include <vector>

#include "enroll/card_authorities.h"
#include "rp/server/config.h"

namespace tegata::server {

// Errors: config_invalid, card_authority_malformed.
Result<std::vector<card::CardAuthority>> read_authorities(const Config&);

// All texts, one after the other. Error: config_invalid.
Result<std::string> read_files(const std::vector<std::string>& paths);

}  // namespace tegata::server
