// What every byte of a registration is, by name, and which of them nobody signs.
#pragma once

#include <string>
#include <vector>

#include "tests/mutation/ceremonies.h"

namespace tegata::mutation {

enum class Part { client_data, attestation_object };

// The field that each byte of a part belongs to: "client_data.challenge", "client_data.rest", "auth_data.flags",
// "auth_data.sign_count", "statement.x5c.leaf", "structure", ...
std::vector<std::string> fields_of(const Registration&, Part);

// Why a changed byte of that field may still be accepted; nullptr where nothing may.
const char* unsigned_because(const Registration&, const std::string& field);

}  // namespace tegata::mutation
