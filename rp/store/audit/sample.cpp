#include "rp/store/audit/sample.h"

#include <algorithm>
#include <cmath>

#include "rp/base/source.h"

namespace tegata::store::audit {
namespace {

constexpr std::chrono::minutes minute{1};
// Memory stays bounded. A source for which there is no place counts as a new one each time; the logarithm bounds those.
constexpr std::size_t most_places = 32'768, most_sources = 16'384;
constexpr std::size_t sources_of_network = 4, told_sources = 3;

const std::string& cause_of(const AuditEvent& event) { return event.code.empty() ? event.kind : event.code; }

std::string place_of(const std::string& source, const AuditEvent& event) {
  return source + '\n' + event.kind + '\n' + event.code;
}

Json loudest(const LeftOut& left_out) {
  std::vector<std::pair<std::int64_t, std::string>> by_count;
  for (const auto& [source, count] : left_out.sources) by_count.emplace_back(-count, source);
  const auto end = by_count.begin() + static_cast<std::ptrdiff_t>(std::min(told_sources, by_count.size()));
  std::partial_sort(by_count.begin(), end, by_count.end());
  Json out = Json::array();
  for (auto it = by_count.begin(); it != end; ++it) out.push_back({{"source", it->second}, {"count", -it->first}});
  return out;
}

}  // namespace

AuditEvent describe(const LeftOut& left_out) {
  return {"records_left_out",
          "system",
          "audit",
          "",
          {{"since", format_rfc3339(left_out.since)},
           {"count", left_out.count},
           {"causes", left_out.causes},
           {"sources", left_out.sources.size()},
           {"loudest", loudest(left_out)}},
          "",
          ""};
}

// A repair of the clock ends a minute of the future.
bool AuditSample::is_over(Instant now) const { return now < begun_ || now >= begun_ + minute; }

// What was left out is taken first: until then the minute goes on.
void AuditSample::begin_minute(Instant now) {
  if (!is_over(now) || has_left_out()) return;
  begun_ = now;
  firsts_ = firsts_kept_ = others_kept_ = 0;
  seen_.clear();
}

// The how-manieth of its place this one is.
std::size_t AuditSample::count(const std::string& place) {
  if (const auto found = seen_.find(place); found != seen_.end()) return ++found->second;
  if (seen_.size() < most_places) seen_.emplace(place, 1);
  return 1;
}

double AuditSample::room_for_firsts() const {
  const auto most = static_cast<double>(per_minute_);
  return most * (1 + std::log(std::max(1.0, static_cast<double>(firsts_) / most)));
}

bool AuditSample::has_room(std::size_t position) const {
  if (position == 1) return static_cast<double>(firsts_kept_) < room_for_firsts();
  return others_kept_ * position < per_minute_;
}

std::optional<AuditSample::Kept> AuditSample::keep(const AuditEvent& event, Instant now) {
  begin_minute(now);
  const auto source = source_of(event.source);
  Kept kept{place_of(source.address, event), source.network.empty() ? "" : place_of(source.network, event)};
  std::size_t position = count(kept.place);
  if (!kept.network.empty()) {
    position = std::max(position, (count(kept.network) + sources_of_network - 1) / sources_of_network);
  }
  kept.first = position == 1;
  if (kept.first) ++firsts_;
  if (!has_room(position)) return leave_out(event, now), std::nullopt;
  ++(kept.first ? firsts_kept_ : others_kept_);
  return kept;
}

void AuditSample::leave_out(const AuditEvent& event, Instant now) {
  begin_minute(now);
  if (left_out_.count++ == 0) left_out_.since = begun_;
  ++left_out_in_all_;
  ++left_out_.causes[cause_of(event)];
  auto source = source_of(event.source).address;
  if (left_out_.sources.size() < most_sources || left_out_.sources.contains(source)) ++left_out_.sources[source];
}

void AuditSample::undo(const std::vector<Kept>& records) {
  for (const auto& kept : records) {
    auto& used = kept.first ? firsts_kept_ : others_kept_;
    if (used > 0) --used;
    if (kept.first && firsts_ > 0) --firsts_;
    for (const auto* place : {&kept.place, &kept.network}) {
      const auto found = seen_.find(*place);
      if (found != seen_.end() && --found->second == 0) seen_.erase(found);
    }
  }
}

std::optional<LeftOut> AuditSample::take(Instant now, bool everything) {
  if (!has_left_out() || (!everything && !is_over(now))) return std::nullopt;
  return std::exchange(left_out_, LeftOut{});
}

void AuditSample::give_back(LeftOut lost) {
  if (!has_left_out()) {
    left_out_ = std::move(lost);
    return;
  }
  left_out_.since = std::min(left_out_.since, lost.since);
  left_out_.count += lost.count;
  for (const auto& [cause, count] : lost.causes) left_out_.causes[cause] += count;
  for (const auto& [source, count] : lost.sources) left_out_.sources[source] += count;
}

}  // namespace tegata::store::audit
