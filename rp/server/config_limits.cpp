#include "rp/server/config_limits.h"

namespace tegata::server {
namespace {

constexpr std::int64_t largest_factor = 1000;

Status read_network(Section section, KnownNetworks& out) {
  std::vector<std::string> addresses;
  std::int64_t factor = 0;
  section.strings("addresses", addresses);
  section.number("factor", factor, 1, largest_factor);
  if (addresses.empty()) section.fail("addresses", "is missing or empty");
  for (const auto& text : addresses) {
    const auto network = Network::parse(text);
    if (!network) {
      section.fail("addresses", "has " + text + ", which is no address and no network such as 203.0.113.0/24");
    } else if (!out.add(*network, factor)) {
      section.fail("addresses", "has " + text + " a second time");
    }
  }
  return section.finish();
}

}  // namespace

Status read_limits(Section section, LimitsConfig& out) {
  duration(section, "ticket_minutes", out.ticket, 24 * 60);
  duration(section, "activation_seconds", out.activation, 600);
  duration(section, "start_seconds", out.start, 3600);
  duration(section, "session_seconds", out.session, 24 * 3600);
  section.number("phones", out.phones, 1, 1000);
  duration(section, "step_up_seconds", out.step_up, 24 * 3600);
  section.number("facility_starts_per_minute", out.facility_starts_per_minute, 1, 1'000'000);
  const auto networks = section.list("network");
  TEGATA_TRY(section.finish());
  for (const auto& network : networks) TEGATA_TRY(read_network(network, out.networks));
  return {};
}

}  // namespace tegata::server
