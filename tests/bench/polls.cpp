// 3,000 requests wait for their people, each polled at its interval, while others go about their work.
#include <atomic>
#include <queue>
#include <thread>

#include "tests/bench/bench.h"
#include "tests/bench/latencies.h"
#include "tests/bench/people.h"

namespace tegata::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int open_requests = 3000;
constexpr int pollers = 30;  // connections: a facility's server polls for its terminals
constexpr std::chrono::seconds interval{2};
constexpr std::chrono::seconds duration{20};

struct Code {
  Clock::time_point next;
  std::string device_code;
  bool operator>(const Code& other) const { return next > other.next; }
};

// One connection with its share of the codes; each is polled again `interval` after its answer came.
class Poller {
 public:
  Poller(const Json& facts, int index)
      : client_("client_id=" + facts["facilities"][0]["client_id"].get<std::string>()),
        peer_(facts, facts["facility_origin"], &facts["facilities"][0]) {
    for (int i = 0; i < open_requests / pollers; ++i) {
      const auto terminal = std::to_string(index) + "-" + std::to_string(i);
      const Json asked =
          peer_.post("/device_authorization", client_ + "&scope=openid%20hpki.sign&terminal_id=poll-" + terminal, form);
      codes_.push_back(asked["device_code"]);
    }
  }

  void run(Clock::time_point start) {
    std::priority_queue<Code, std::vector<Code>, std::greater<>> queue;
    // The first polls are spread over one interval, as people come one by one.
    for (std::size_t i = 0; i < codes_.size(); ++i)
      queue.push({start + i * std::chrono::duration_cast<Clock::duration>(interval) / codes_.size(), codes_[i]});
    while (queue.top().next < start + duration) {
      Code code = queue.top();
      queue.pop();
      std::this_thread::sleep_until(code.next);
      latencies.time([&] { poll(code.device_code); });
      code.next = Clock::now() + interval;
      queue.push(std::move(code));
    }
  }
  static Latencies latencies;
  static std::atomic<int> errors;

 private:
  void poll(const std::string& code) {
    const auto answer = peer_.send(
        "/token", client_ + "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=" + code, form);
    if (answer.status == 400 && answer.body.find("authorization_pending") != std::string::npos) return;
    if (++errors <= 5) std::fprintf(stderr, "bench: poll: %d %s\n", answer.status, answer.body.c_str());
  }
  std::string client_;
  Peer peer_;
  std::vector<std::string> codes_;
};
Latencies Poller::latencies;
std::atomic<int> Poller::errors{0};

// A signature service that introspects 50 times a second, and a person who activates 5 times a second.
class Others {
 public:
  explicit Others(const Json& facts)
      : person_(facts, 0),
        service_(facts, facts["facility_origin"], &facts["signature_service"]),
        question_("client_id=" + facts["signature_service"]["client_id"].get<std::string>() +
                  "&token=" + person_.pass()) {}

  void run(std::chrono::seconds life) {
    std::thread introspecting([&] {
      paced(life, std::chrono::milliseconds(20), introspections, [&] {
        if (!service_.post("/introspect", question_, form)["active"].get<bool>()) fail("inactive");
      });
    });
    paced(life, std::chrono::milliseconds(200), activations, [&] { person_.activate(); });
    introspecting.join();
  }
  Latencies introspections, activations;

 private:
  template <typename Work>
  static void paced(std::chrono::seconds life, std::chrono::milliseconds pace, Latencies& latencies, Work&& work) {
    const auto end = Clock::now() + life;
    for (auto next = Clock::now(); next < end; next += pace) {
      std::this_thread::sleep_until(next);
      latencies.time(work);
    }
  }
  Person person_;
  Peer service_;
  std::string question_;
};

void print_others(const char* when, Others& others) {
  std::printf("    others %s: introspection p50 %.1f p99 %.1f ms (%zu), activation p50 %.1f p99 %.1f ms (%zu)\n", when,
              others.introspections.quantile(0.5), others.introspections.quantile(0.99), others.introspections.count(),
              others.activations.quantile(0.5), others.activations.quantile(0.99), others.activations.count());
  others.introspections.clear();
  others.activations.clear();
}

}  // namespace

void polls() {
  Sandbox sandbox;
  Others others(sandbox.facts);
  others.run(duration / 2);
  print_others("alone", others);
  std::vector<std::unique_ptr<Poller>> all(pollers);
  std::vector<std::thread> threads;
  for (int i = 0; i < pollers; ++i)
    threads.emplace_back([&, i] { all[static_cast<std::size_t>(i)] = std::make_unique<Poller>(sandbox.facts, i); });
  for (auto& thread : threads) thread.join();
  threads.clear();
  const auto start = Clock::now();
  for (auto& poller : all) threads.emplace_back([&] { poller->run(start); });
  others.run(duration);
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("%d open requests, each polled every %lld s: %.0f polls/s, %d errors, p50 %.1f p99 %.1f ms\n",
              open_requests, static_cast<long long>(interval.count()),
              static_cast<double>(Poller::latencies.count()) / seconds, Poller::errors.load(),
              Poller::latencies.quantile(0.5), Poller::latencies.quantile(0.99));
  print_others("beside the polls", others);
  std::fflush(stdout);
  if (Poller::errors > 0) fail("polls were refused");
}

}  // namespace tegata::bench
