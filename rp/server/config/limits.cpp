#include "rp/server/config/limits.h"

#include <algorithm>

namespace tegata::server::config {
namespace {

Status read_known_network(Section section, std::vector<Network>& known, KnownNetworkConfig& out) {
  section.strings("addresses", out.addresses);
  section.number("factor", out.factor, 1, 10'000);
  if (!section.has("factor")) section.fail("factor", "is missing");
  if (out.addresses.empty()) section.fail("addresses", "is missing or empty");
  for (const auto& text : out.addresses) {
    const auto network = Network::parse(text);
    if (!network) {
      section.fail("addresses", "has " + text + ", which is no address and no network such as 203.0.113.0/24");
    } else if (std::ranges::find(known, *network) != known.end()) {
      section.fail("addresses", "has " + text + " a second time");
    } else {
      known.push_back(*network);
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
  std::vector<Network> known;
  for (const auto& network : networks) {
    TEGATA_TRY(read_known_network(network, known, out.networks.emplace_back()));
  }
  return {};
}

KnownNetworks known_networks(const LimitsConfig& limits) {
  KnownNetworks out;
  for (const auto& each : limits.networks) {
    for (const auto& text : each.addresses) {
      if (const auto network = Network::parse(text)) out.add(*network, each.factor);
    }
  }
  return out;
}

}  // namespace tegata::server::config
