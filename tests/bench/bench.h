// Measuring as ratios inside one run: ours and the raw thing in turn, so that a change of the machine's speed meets
// both.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace tegata::bench {

// Seconds of one run of `work`.
inline double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Pair {
  double ours_per_second;
  double raw_per_second;
  double ratio;  // median over the rounds of ours / raw
};

// Runs both `rounds` times in turn; each call does `count` operations.
inline Pair compare(int rounds, int count, const std::function<void()>& ours, const std::function<void()>& raw) {
  std::vector<double> ratios, ours_rates, raw_rates;
  ours();
  raw();  // once each, not counted: caches, lazy loading
  for (int round = 0; round < rounds; ++round) {
    const double ours_rate = count / seconds(ours);
    const double raw_rate = count / seconds(raw);
    ours_rates.push_back(ours_rate);
    raw_rates.push_back(raw_rate);
    ratios.push_back(ours_rate / raw_rate);
  }
  const auto median = [](std::vector<double>& all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  };
  return {median(ours_rates), median(raw_rates), median(ratios)};
}

inline void print(const std::string& what, const Pair& pair, double aim) {
  std::printf("%-44s ours %9.0f/s   raw %9.0f/s   ratio %.2f   (aim %.2f)\n", what.c_str(), pair.ours_per_second,
              pair.raw_per_second, pair.ratio, aim);
  std::fflush(stdout);
}

void verification();       // assertion verification against a raw ES256 verify
void activation_core();    // verify, sign, two durable changes against the sum of the raw parts
void through_the_proxy();  // whole activations through HAProxy against a static answer through the same HAProxy

}  // namespace tegata::bench
