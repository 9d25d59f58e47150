// The sheet on which the password of an issued certificate reaches the facility, apart from the file.
#pragma once

#include <optional>
#include <string>

#include "rp/base/instant.h"

namespace tegata::cli::facilities {

struct PasswordSheet {
  std::string facility_code, facility_name, client_id;
  std::string thumbprint;  // base64url
  std::string password;
  Instant not_after{};
  std::string file_name;                   // of the .p12
  std::optional<Instant> link_expires_at;  // where the file is fetched by a link
};

// One page of HTML to print, in Japanese with English beside it; needs nothing from anywhere.
std::string password_sheet(const PasswordSheet&);

}  // namespace tegata::cli::facilities
