#include "rp/base/rate_limit.h"

#include <algorithm>

#include "rp/base/source.h"

namespace tegata {

using std::chrono::milliseconds;

Buckets::Time Buckets::wait(const std::string& name, Time now, std::int64_t factor) const {
  const auto found = full_at_.find(name);
  if (found == full_at_.end()) return Time(0);
  const Time lacking = std::max(found->second - now, Time(0));
  return std::max(lacking + cost(factor) - Time(rate_.interval) * rate_.burst, Time(0));
}

void Buckets::take(const std::string& name, Time now, std::int64_t factor) {
  const auto found = full_at_.find(name);
  put(name, std::max(found == full_at_.end() ? now : found->second, now) + cost(factor), now);
}

void Buckets::give_back(const std::string& name, Time now, std::int64_t factor) {
  const auto found = full_at_.find(name);
  if (found != full_at_.end()) put(name, found->second - cost(factor), now);
}

void Buckets::put(const std::string& name, Time full_at, Time now) {
  if (const auto old = full_at_.find(name); old != full_at_.end()) drop(old);
  const auto gives_way = [&] { return fullest_.begin()->first <= now || full_at_.size() >= most_; };
  while (!fullest_.empty() && gives_way()) drop(full_at_.find(std::string(fullest_.begin()->second)));
  if (full_at <= now) return;
  const auto entry = full_at_.emplace(name, full_at).first;
  fullest_.emplace(full_at, entry->first);
}

void Buckets::drop(Entry entry) {
  fullest_.erase({entry->second, entry->first});
  full_at_.erase(entry);
}

SourceLimit::SourceLimit(Rates rates, std::shared_ptr<const KnownNetworks> known)
    : known_(std::move(known)),
      networks_({rates.address.burst * rates.network, rates.address.interval / rates.network}, rates.most),
      addresses_(rates.address, rates.most),
      own_(rates.own, rates.most) {}

std::vector<SourceLimit::Taken> SourceLimit::buckets_of(const Call& call) {
  std::vector<Taken> out;
  if (!call.own.empty()) out.push_back({&own_, call.own, 1});
  if (call.address.empty()) return out;
  const Source source = source_of(call.address);
  const std::int64_t factor = known_ ? known_->factor_of(call.address) : 1;
  if (!source.network.empty()) out.push_back({&networks_, source.network, factor});
  out.push_back({&addresses_, source.address, factor});
  return out;
}

milliseconds SourceLimit::wait(const Call& call, milliseconds now) {
  const std::lock_guard lock(mutex_);
  const auto buckets = buckets_of(call);
  Buckets::Time longest(0);
  for (const auto& each : buckets) longest = std::max(longest, each.table->wait(each.name, now, each.factor));
  if (longest.count() > 0) return std::chrono::ceil<milliseconds>(longest);
  for (const auto& each : buckets) each.table->take(each.name, now, each.factor);
  return milliseconds(0);
}

void SourceLimit::give_back(const Call& call, milliseconds now) {
  const std::lock_guard lock(mutex_);
  for (const auto& each : buckets_of(call)) each.table->give_back(each.name, now, each.factor);
}

milliseconds SourceLimit::wait_in_turn(const Call& call, milliseconds now) {
  if (call.own.empty()) return wait(call, now);
  const auto own = wait({"", call.own}, now);
  return own.count() == 0 ? own : std::min(own, wait({call.address, ""}, now));
}

std::string retry_after(milliseconds wait) {
  return std::to_string(std::max(std::chrono::ceil<std::chrono::seconds>(wait).count(), std::int64_t{1}));
}

}  // namespace tegata
