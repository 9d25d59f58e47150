// Test data of others: recorded ceremonies, names of models. The folder is found when the build is configured.
#pragma once

#include <filesystem>
#include <string>

#include "rp/base/bytes.h"
#include "rp/base/json.h"

namespace tegata::vectors {

// Empty where there is none: what needs it then skips, and says so.
const std::filesystem::path& folder();
bool present();

// Empty where there is no such file.
std::string read_file(const std::filesystem::path& path);
// A file of the folder, by its path in there; an empty object where it is absent.
Json read_json(const std::string& name);

// A member that is bytes in hex, or in base64url.
Bytes hex_at(const Json& json, const char* member);
Bytes base64url_at(const Json& json, const char* member);

}  // namespace tegata::vectors
