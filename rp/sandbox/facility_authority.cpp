#include "rp/sandbox/facility_authority.h"

#include <filesystem>

#include "rp/facility/certificate_authority.h"
#include "rp/host/private_file.h"
#include "rp/host/public_file.h"
#include "rp/server/config/config.h"

namespace tegata::sandbox {

Status make_facility_authority(const Layout& layout, Instant now) {
  const auto file = [&layout](const std::string& name) { return layout.file("facility-ca/" + name); };
  if (std::filesystem::exists(file("advertised.pem"))) return {};
  TEGATA_TRY(host::make_private_directory(layout.file("facility-ca")));
  TEGATA_ASSIGN(const auto made, facility::make_facility_ca("TEST Tegata", 10, now));
  TEGATA_ASSIGN(const auto others, host::read_public_file(layout.file("pki/facility-advertise.pem")));
  TEGATA_TRY(host::write_private_file(file("ca.key"), made.key, false));
  TEGATA_TRY(host::write_public_file(file("ca.pem"), made.certificate));
  return host::write_public_file(file("advertised.pem"), made.certificate + others);
}

}  // namespace tegata::sandbox
