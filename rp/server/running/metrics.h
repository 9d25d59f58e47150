// What operators' tools read: Prometheus text.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "rp/http/http.h"
#include "rp/store/store.h"

namespace tegata::server::running {

std::string_view origin_name(http::Origin);

// The value of a label in that text.
std::string in_label(const std::string& text);

class Metrics {
 public:
  Metrics();
  // `route` must come out of the table of routes, never out of a request: labels are kept for ever.
  void count_request(http::Origin, const std::string& route, int status, double seconds);
  void count_refusal(const std::string& cause);
  // Two verifiers disagree about a signature: one of them is wrong, or somebody found out how to make it so.
  void count_veto();
  std::string text(const store::Store::Figures&);

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Counter>& refusals_;
  prometheus::Counter& vetoes_;
};

}  // namespace tegata::server::running
