#include "rp/sandbox/facility_authority.h"

#include <filesystem>

#include "rp/activation/facility_ca.h"
#include "rp/server/config.h"
#include "rp/server/private_file.h"

namespace tegata::sandbox {

Status make_facility_authority(const Layout& layout, Instant now) {
  const auto file = [&layout](const std::string& name) { return layout.file("facility-ca/" + name); };
  if (std::filesystem::exists(file("advertised.pem"))) return {};
  std::filesystem::create_directories(layout.file("facility-ca"));
  TEGATA_ASSIGN(const auto made, activation::make_facility_ca("TEST Tegata", 10, now));
  TEGATA_ASSIGN(const auto others, server::read_file(layout.file("pki/facility-advertise.pem")));
  TEGATA_TRY(server::write_private_file(file("ca.key"), made.key, false));
  TEGATA_TRY(server::write_private_file(file("ca.pem"), made.certificate, false));
  return server::write_private_file(file("advertised.pem"), made.certificate + others, false);
}

}  // namespace tegata::sandbox
