// How the watch over revocation lists shows itself to operators.
#include "enroll/card/errors.h"
#include "rp/server/revocation/card_watch.h"
#include "rp/server/running/metrics.h"

namespace tegata::server::revocation {
namespace {

// The number of a list as far as a figure can say it.
double as_figure(const Bytes& number) {
  double out = 0;
  for (const auto octet : number) out = out * 256 + octet;
  return out;
}

class Figures {
 public:
  Figures(const char* name, const char* kind) : name_(name), text_("# TYPE " + name_ + " " + kind + "\n") {}
  void add(const std::string& labels, double value) {
    text_ += name_ + "{" + labels + "} " + Json(value).dump() + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string name_, text_;
};

}  // namespace

std::string CardWatch::figures() const {
  Figures fresh("tegata_revocation_list_fresh", "gauge"), number("tegata_revocation_list_number", "gauge"),
      age("tegata_revocation_list_age_seconds", "gauge"), next("tegata_revocation_list_next_update_seconds", "gauge"),
      entries("tegata_revocation_list_entries", "gauge"), fetched("tegata_revocation_list_fetched_seconds", "gauge"),
      failures("tegata_revocation_fetch_failures_total", "counter");
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  for (const auto& authority : trust_->authorities) {
    for (const auto& address : authority.revocation_addresses) {
      const auto& publisher = publishers_.at(address);
      const auto labels =
          "authority=\"" + running::in_label(authority.name) + "\",address=\"" + running::in_label(address) + "\"";
      const auto& list = publisher.list;
      fresh.add(labels, list && list->is_fresh(now) ? 1 : 0);
      failures.add(labels, static_cast<double>(publisher.failures));
      if (!list) continue;
      number.add(labels, as_figure(list->mark().number));
      age.add(labels, static_cast<double>(unix_seconds(now) - unix_seconds(list->this_update())));
      next.add(labels, static_cast<double>(unix_seconds(list->next_update())));
      entries.add(labels, static_cast<double>(list->size()));
      fetched.add(labels, static_cast<double>(unix_seconds(*publisher.fetched_at)));
    }
  }
  std::string all;
  for (const auto* each : {&fresh, &number, &age, &next, &entries, &fetched, &failures}) all += each->text();
  return all;
}

std::string CardWatch::warnings() const {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const auto& authority : trust_->authorities) {
    for (const auto& address : authority.revocation_addresses) {
      const auto& list = publishers_.at(address).list;
      if (list && list->is_fresh(now)) continue;
      const auto code = list ? errors::card_revocation_stale : errors::card_revocation_unknown;
      all += "warning " + std::string(code.name()) + " " + authority.name + " " + address + "\n";
    }
  }
  return all;
}

}  // namespace tegata::server::revocation
