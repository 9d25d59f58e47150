#include "rp/server/running/metrics.h"

#include <prometheus/text_serializer.h>

namespace tegata::server::running {
namespace {

const prometheus::Histogram::BucketBoundaries buckets = {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3};

void add_figure(std::string& text, const char* name, const char* kind, std::uint64_t value) {
  const std::string full = std::string("tegata_store_") + name;
  text += "# TYPE " + full + " " + kind + "\n" + full + " " + std::to_string(value) + "\n";
}

}  // namespace

std::string in_label(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string_view origin_name(http::Origin origin) {
  switch (origin) {
    case http::Origin::public_pages:
      return "public";
    case http::Origin::card:
      return "card";
    case http::Origin::mynumber:
      return "mynumber";
    case http::Origin::facility:
      return "facility";
    case http::Origin::operations:
      return "operations";
  }
  return "unknown";
}

Metrics::Metrics()
    : requests_(prometheus::BuildCounter().Name("tegata_requests_total").Help("Requests answered").Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("tegata_request_seconds")
                     .Help("Time from request to answer inside the server")
                     .Register(registry_)),
      refusals_(
          prometheus::BuildCounter().Name("tegata_refusals_total").Help("Refusals by their cause").Register(registry_)),
      vetoes_(prometheus::BuildCounter()
                  .Name("tegata_second_verifier_veto_total")
                  .Help("Registrations that the second verifier refuted: look into each")
                  .Register(registry_)
                  .Add({})) {}

void Metrics::count_request(http::Origin origin, const std::string& route, int status, double seconds) {
  const std::string name{origin_name(origin)};
  requests_.Add({{"origin", name}, {"route", route}, {"status", std::to_string(status / 100) + "xx"}}).Increment();
  durations_.Add({{"origin", name}}, buckets).Observe(seconds);
}

void Metrics::count_refusal(const std::string& cause) { refusals_.Add({{"cause", cause}}).Increment(); }

void Metrics::count_veto() { vetoes_.Increment(); }

std::string Metrics::text(const store::Store::Figures& figures) {
  auto text = prometheus::TextSerializer().Serialize(registry_.Collect());
  add_figure(text, "commits_total", "counter", figures.commits);
  add_figure(text, "operations_total", "counter", figures.operations);
  add_figure(text, "failed_operations_total", "counter", figures.failed_operations);
  add_figure(text, "failed_commits_total", "counter", figures.failed_commits);
  add_figure(text, "queued", "gauge", figures.queued);
  add_figure(text, "audit_records", "gauge", figures.audit_records);
  add_figure(text, "audit_left_out_total", "counter", figures.audit_left_out);
  return text;
}

}  // namespace tegata::server::running
