// Measuring as ratios inside one run: ours and the raw thing in turn, so that a change of the machine's speed meets
// both.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "rp/base/result.h"

namespace tegata::bench {

// The origin of relying parties that have none of a sandbox.
inline constexpr const char* public_origin = "https://localhost:8443";

// The value, or the end of the program: without it there is nothing to measure.
template <typename T>
T require(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "bench: %s %s\n", std::string(result.error().code().name()).c_str(),
               result.error().detail().c_str());
  std::exit(1);
}
inline void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

// Seconds of one run of `work`: on the wall, and of this process's processor time on all its threads.
struct Taken {
  double wall, processor;
};
inline double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
inline Taken measure(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const double before = processor_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          processor_seconds() - before};
}

struct Pair {
  double ours_per_second;
  double raw_per_second;
  double ratio;                                // median over the rounds of ours / raw
  double ours_microseconds, raw_microseconds;  // processor time of one operation in this process
};

// Runs both `rounds` times in turn; each call does `count` operations.
inline Pair compare(int rounds, int count, const std::function<void()>& ours, const std::function<void()>& raw) {
  std::vector<double> ratios, ours_rates, raw_rates, ours_processor, raw_processor;
  ours();
  raw();  // once each, not counted: caches, lazy loading
  for (int round = 0; round < rounds; ++round) {
    const Taken ours_taken = measure(ours);
    const Taken raw_taken = measure(raw);
    ours_rates.push_back(count / ours_taken.wall);
    raw_rates.push_back(count / raw_taken.wall);
    ratios.push_back(raw_taken.wall / ours_taken.wall);
    ours_processor.push_back(ours_taken.processor / count * 1e6);
    raw_processor.push_back(raw_taken.processor / count * 1e6);
  }
  const auto median = [](std::vector<double>& all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  };
  return {median(ours_rates), median(raw_rates), median(ratios), median(ours_processor), median(raw_processor)};
}

inline void print(const std::string& what, const Pair& pair, double aim) {
  char wanted[24] = "";  // some rows have no aim
  if (aim > 0) std::snprintf(wanted, sizeof wanted, "   (aim %.2f)", aim);
  std::printf("%-52s ours %7.0f/s   raw %7.0f/s   ratio %.2f%s   processor %.0f : %.0f us\n", what.c_str(),
              pair.ours_per_second, pair.raw_per_second, pair.ratio, wanted, pair.ours_microseconds,
              pair.raw_microseconds);
  std::fflush(stdout);
}

void registration();          // the same for registrations, and beside @simplewebauthn/server
void verification();          // assertion verification against a raw ES256 verify
void activation_core();       // verify, sign, two durable changes against the sum of the raw parts
void tickets();               // claims of strangers, and 10,000 letters from a table
void through_the_proxy();     // whole activations through HAProxy against a static answer through the same HAProxy
void edge();                  // honest callers alone, and beside 5,000 hostile connections
void beside_oidc_provider();  // introspections and tokens beside oidc-provider (npm)
void polls();                 // 3,000 open requests, each polled at its interval, and how others fare meanwhile

}  // namespace tegata::bench
