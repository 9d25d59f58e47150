// Keys that a running server has in memory, and whose files the next start would refuse.
#pragma once

#include <string>
#include <vector>

#include "rp/base/error.h"
#include "rp/server/config/config.h"
#include "rp/server/keys/key_watch.h"

namespace tegata::server {

// The paths of the configuration's keys, without those of the signing keys, which KeyWatch knows.
std::vector<std::string> key_files_of(const config::Config&);

// What is wrong with each, and what to do. May wait for a disk.
std::vector<Error> lost_keys(const std::vector<std::string>& paths, keys::KeyWatch& signing);

}  // namespace tegata::server
