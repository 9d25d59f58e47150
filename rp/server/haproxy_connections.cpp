#include "rp/server/haproxy_connections.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "rp/base/network.h"

namespace tegata::server {
namespace {

// A /48 of IPv6 has 65,536 sources of a /64; it may have as much as four of them.
constexpr std::int64_t sources_of_network = 4;
// What is left to each source while an origin is three quarters full: enough for a browser to load a page.
constexpr std::int64_t pressed = 16;

constexpr const char* from_balancer = "{ var(sess.balancer) -m found }";

std::string table_of(const char* kind, const ConnectionShare& share) { return kind + ("_" + share.frontend); }

std::string joined(const std::vector<std::string>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += " " + address;
  return out;
}

// Rules of one kind: "connection" ones stand before every handshake, "session" ones behind them.
class Rules {
 public:
  Rules(std::ostream& out, const char* kind, std::string condition)
      : out_(out), kind_(kind), condition_(std::move(condition)) {}

  void set(const char* variable, const std::string& value, const std::string& condition = "") {
    write("set-var(sess." + std::string(variable) + ") " + value, condition);
  }
  // `counter` of the bucket has reached `bound` times what the source's network may have.
  void refuse(const std::string& variable, const std::string& counter, std::int64_t bound, const char* also = "") {
    write("reject",
          also + ("{ var(sess." + variable + ")," + counter + ",div(sess.factor) ge " + std::to_string(bound) + " }"));
  }
  void write(const std::string& action, const std::string& condition = "") {
    out_ << "    tcp-request " << kind_ << " " << action;
    if (!condition_.empty() || !condition.empty()) out_ << " if";
    for (const auto& each : {condition_, condition}) out_ << (each.empty() ? "" : " ") << each;
    out_ << "\n";
  }

 private:
  std::ostream& out_;
  const char* kind_;
  std::string condition_;
};

std::vector<std::pair<std::string, std::int64_t>> widest_first(const std::vector<config::KnownNetworkConfig>& known) {
  std::vector<std::pair<std::string, std::int64_t>> all;
  for (const auto& each : known) {
    for (const auto& text : each.addresses) all.emplace_back(text, each.factor);
  }
  const auto bits = [](const auto& each) { return Network::parse(each.first)->bits(); };
  std::stable_sort(all.begin(), all.end(), [&](const auto& one, const auto& other) { return bits(one) < bits(other); });
  return all;
}

// As source_of in rp/base/source.h: IPv4 whole, also where it is written as IPv6 (ipmask sees to that); IPv6 by /64 and
// /48.
void write_buckets(Rules& rules, const config::Config& config) {
  rules.set("source", "src,ipmask(32,64)");
  rules.set("network", "src,ipmask(32,48)");
  rules.set("factor", "int(1)");
  // The last one that holds stays: the narrowest.
  for (const auto& [text, factor] : widest_first(config.limits.networks))
    rules.set("factor", "int(" + std::to_string(factor) + ")", "{ src " + text + " }");
}

void write_source_rules(Rules rules, const ConnectionShare& share, const config::Config& config) {
  const auto& proxy = config.haproxy;
  const auto sources = table_of("sources", share), networks = table_of("networks", share);
  const auto counter = [](const char* what, const std::string& table) { return what + ("(" + table + ")"); };
  write_buckets(rules, config);
  rules.refuse("source", counter("table_conn_cur", sources), proxy.source_connections);
  rules.refuse("source", counter("table_conn_rate", sources), proxy.source_rate);
  rules.refuse("network", counter("table_conn_cur", networks), proxy.source_connections * sources_of_network);
  rules.refuse("network", counter("table_conn_rate", networks), proxy.source_rate * sources_of_network);
  const auto nearly_full = "{ fe_conn(" + share.frontend + ") gt " + std::to_string(share.connections * 3 / 4) + " } ";
  rules.refuse("source", counter("table_conn_cur", sources),
               std::max<std::int64_t>(proxy.source_connections / pressed, 1), nearly_full.c_str());
  // Refused ones are not counted: who slows down is served at once.
  rules.write("track-sc0 var(sess.source) table " + sources);
  rules.write("track-sc1 var(sess.network) table " + networks);
}

}  // namespace

std::int64_t page_share(const config::HaproxyConfig& proxy) { return proxy.maxconn / 2; }
std::int64_t facility_share(const config::HaproxyConfig& proxy) { return proxy.maxconn / 4; }
std::int64_t card_share(const config::HaproxyConfig& proxy, int card_origins) {
  return std::max<std::int64_t>(proxy.maxconn / 4 / card_origins, 1);
}

void write_source_tables(std::ostream& out, const ConnectionShare& share) {
  for (const char* kind : {"sources", "networks"}) {
    out << "backend " << table_of(kind, share)
        << "\n    stick-table type ipv6 size 100k expire 30s store conn_cur,conn_rate(10s)\n\n";
  }
}

void write_connection_rules(std::ostream& out, const ConnectionShare& share, const config::Config& config) {
  out << "    maxconn " << share.connections << "\n";
  const auto& balancers = config.haproxy.balancers;
  if (!balancers.empty()) {
    const auto source = "{ src" + joined(balancers) + " }";
    out << "    tcp-request connection set-var(sess.balancer) bool(true) if " << source << "\n"
        << "    tcp-request connection expect-proxy layer4 if " << source << "\n"
        << "    tcp-request connection accept if " << source << "\n";
  }
  write_source_rules({out, "connection", ""}, share, config);
  if (!balancers.empty()) write_source_rules({out, "session", from_balancer}, share, config);
}

}  // namespace tegata::server
