// How honest callers fare beside a flood of connections: the proxy as operators have it (what one source may open is
// bounded), new connections of honest people from many addresses, alone and beside the flood, in turn.
#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>

#include "rp/server/config/config.h"
#include "rp/server/haproxy_config.h"
#include "tests/bench/bench.h"
#include "tests/bench/latencies.h"
#include "tests/bench/people.h"

namespace tegata::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int ports_apart = 30;  // how far this HAProxy's ports lie from the sandbox's
constexpr int hostile_connections = 5000, hostile_sources = 50, honest_sources = 100;
constexpr int edge_rounds = 3;
constexpr std::chrono::seconds round_length{6};
constexpr std::chrono::milliseconds between_calls{20};  // of each of two callers

sockaddr_in loopback(int third, int last, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl((127u << 24) + (static_cast<unsigned>(third) << 8) + static_cast<unsigned>(last));
  return out;
}

// Connections that say nothing, or what looks like the beginning of a handshake byte by byte. Each that is closed comes
// again a second later.
class Flood {
 public:
  explicit Flood(int port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)), all_(hostile_connections) {
    require(epoll_ >= 0, "no epoll");
    thread_ = std::jthread([this](const std::stop_token& ended) { run(ended); });
  }
  ~Flood() {
    thread_.request_stop();
    thread_.join();
    for (const auto& each : all_) {
      if (each.socket >= 0) ::close(each.socket);
    }
    ::close(epoll_);
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;
  int held() const { return held_; }

 private:
  struct Connection {
    int socket = -1;
    Clock::time_point opens = Clock::now();
  };

  void run(const std::stop_token& ended) {
    auto drips = Clock::now();
    while (!ended.stop_requested()) {
      const auto now = Clock::now();
      for (std::size_t i = 0; i < all_.size(); ++i) {
        if (all_[i].socket < 0 && all_[i].opens <= now) open(i);
      }
      if (now >= drips) {
        drip();
        drips = now + std::chrono::milliseconds(500);
      }
      forget_closed();
    }
  }

  void open(std::size_t index) {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    require(made >= 0, "no more descriptors: raise their limit (ulimit -n) to 12,000");
    const auto from = loopback(0, 2 + static_cast<int>(index) % hostile_sources, 0), to = loopback(0, 1, port_);
    require(::bind(made, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0, "no loopback address");
    ::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    epoll_event wanted{EPOLLRDHUP, {.u64 = index}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, made, &wanted);
    all_[index].socket = made;
    ++held_;
  }

  void drip() {
    for (std::size_t i = 1; i < all_.size(); i += 2) {
      if (all_[i].socket >= 0) ::send(all_[i].socket, "\x16", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }

  void forget_closed() {
    std::array<epoll_event, 512> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 50);
    for (int i = 0; i < count; ++i) {
      Connection& each = all_[events[static_cast<std::size_t>(i)].data.u64];
      ::close(each.socket);
      each = {-1, Clock::now() + std::chrono::seconds(1)};
      --held_;
    }
  }

  int port_, epoll_;
  std::vector<Connection> all_;
  std::atomic<int> held_{0};
  std::jthread thread_;
};

// The sandbox's configuration with ports of its own, and the bounds that operators get where they set none.
class Proxy {
 public:
  explicit Proxy(const Sandbox& sandbox) : port(port_base() + ports_apart) {
    auto config = require(server::config::load_config((sandbox.directory / "config.toml").string()));
    const server::config::HaproxyConfig usual;
    config.haproxy.source_connections = usual.source_connections;
    config.haproxy.source_rate = usual.source_rate;
    for (auto* one : {&config.public_origin, &config.card_origin_pattern, &config.facility_origin}) {
      const auto colon = one->rfind(':') + 1;
      *one = one->substr(0, colon) + std::to_string(std::stoi(one->substr(colon)) + ports_apart);
    }
    config.mynumber_origin_pattern.clear();
    const auto file = sandbox.directory / "edge.cfg";
    std::ofstream(file) << require(server::haproxy_config(config));
    child_ = std::make_unique<Child>(std::vector<std::string>{"/usr/sbin/haproxy", "-db", "-f", file.string()},
                                     sandbox.directory / "edge.log");
  }
  int port;

 private:
  std::unique_ptr<Child> child_;
};

// A connection with its handshake, and one request on it.
bool come_once(const Json& facts, int port, int person) {
  httplib::SSLClient client("localhost", port);
  client.set_hostname_addr_map({{"localhost", "127.0.0.1"}});
  client.set_ca_cert_path(facts["tls_ca"].get<std::string>());
  client.enable_server_certificate_verification(true);
  client.set_interface("127.0.1." + std::to_string(1 + person % honest_sources));
  const auto answer = client.Get("/jwks");
  return answer && answer->status == 200;
}

void come_and_go(const Json& facts, int port, Latencies& latencies) {
  std::atomic<int> people{0};
  const auto caller = [&] {
    const auto end = Clock::now() + round_length;
    for (auto next = Clock::now(); next < end; next += between_calls) {
      std::this_thread::sleep_until(next);
      latencies.time([&] { require(come_once(facts, port, ++people), "an honest caller was not served"); });
    }
  };
  std::jthread one(caller), other(caller);
}

void allow_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void edge() {
  allow_descriptors();
  Sandbox sandbox;
  Proxy proxy(sandbox);
  for (int i = 0; !come_once(sandbox.facts, proxy.port, 0); ++i) {
    require(i < 100, "the proxy did not come up");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  Latencies alone, beside;
  int held = 0;
  for (int round = 0; round < edge_rounds; ++round) {
    come_and_go(sandbox.facts, proxy.port, alone);
    Flood flood(proxy.port);
    std::this_thread::sleep_for(std::chrono::seconds(2));
    come_and_go(sandbox.facts, proxy.port, beside);
    held = flood.held();
  }
  std::printf(
      "honest callers, each with a handshake: alone p50 %.1f p99 %.1f ms (%zu), beside %d hostile connections (%d of "
      "them "
      "held) p50 %.1f p99 %.1f ms (%zu): ratio of p99 %.2f (aim at most 2)\n",
      alone.quantile(0.5), alone.quantile(0.99), alone.count(), hostile_connections, held, beside.quantile(0.5),
      beside.quantile(0.99), beside.count(), beside.quantile(0.99) / alone.quantile(0.99));
  std::fflush(stdout);
}

}  // namespace tegata::bench
