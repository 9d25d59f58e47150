// The authorities of a configuration, read off their files.
#pragma once

#include <set>
#include <vector>

#include "enroll/card/authorities.h"
#include "rp/server/config/config.h"

namespace tegata::server::revocation {

// Errors: card_authority_malformed, those of a public file (rp/host/public_file.h).
Result<std::vector<card::CardAuthority>> read_authorities(const config::Config&);

// Every address at which one of them publishes a revocation list.
std::set<std::string> revocation_addresses(const config::Config&);

// All texts, one after the other. Errors: those of a public file (rp/host/public_file.h).
Result<std::string> read_files(const std::vector<std::string>& paths);

}  // namespace tegata::server::revocation
