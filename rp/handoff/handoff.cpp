#include "rp/handoff/handoff.h"

namespace tegata::handoff {
namespace {

struct Row {
  Kind kind;
  State from;
  Event event;
};

using enum State;
using enum Event;
constexpr auto enrollment = Kind::enrollment;
constexpr auto activation = Kind::activation;

constexpr Row table[] = {
    {enrollment, created, claim},     {enrollment, claimed, confirm},    {enrollment, confirmed, fulfil},
    {enrollment, fulfilled, close},   {enrollment, created, deny},       {enrollment, claimed, deny},
    {enrollment, confirmed, deny},    {enrollment, created, cancel},     {enrollment, claimed, cancel},
    {enrollment, confirmed, cancel},  {enrollment, created, expire},     {enrollment, claimed, expire},
    {enrollment, confirmed, expire},

    {activation, created, claim},     {activation, claimed, fulfil},     {activation, fulfilled, close},
    {activation, created, deny},      {activation, claimed, deny},       {activation, created, cancel},
    {activation, claimed, cancel},    {activation, fulfilled, cancel},   {activation, created, expire},
    {activation, claimed, expire},    {activation, fulfilled, expire},
};

template <typename T, std::size_t N>
std::optional<T> find_by_name(const T (&all)[N], std::string_view wanted) {
  for (const T candidate : all) {
    if (name(candidate) == wanted) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::optional<State> advance(Kind kind, State state, Event event) {
  for (const auto& row : table) {
    if (row.kind == kind && row.from == state && row.event == event) return target(event);
  }
  return std::nullopt;
}

std::vector<State> sources(Kind kind, Event event) {
  std::vector<State> out;
  for (const auto& row : table) {
    if (row.kind == kind && row.event == event) out.push_back(row.from);
  }
  return out;
}

State target(Event event) {
  switch (event) {
    case claim: return claimed;
    case confirm: return confirmed;
    case fulfil: return fulfilled;
    case close: return closed;
    case deny: return denied;
    case cancel: return cancelled;
    case expire: return expired;
  }
  return expired;
}

bool is_final(Kind kind, State state) {
  for (const auto& row : table) {
    if (row.kind == kind && row.from == state) return false;
  }
  return true;
}

std::string_view name(Kind kind) { return kind == enrollment ? "enrollment" : "activation"; }

std::string_view name(State state) {
  constexpr std::string_view names[] = {"created", "claimed", "confirmed", "fulfilled",
                                        "closed",  "denied",  "cancelled", "expired"};
  return names[static_cast<int>(state)];
}

std::string_view name(Event event) {
  constexpr std::string_view names[] = {"claim", "confirm", "fulfil", "close", "deny", "cancel", "expire"};
  return names[static_cast<int>(event)];
}

std::optional<State> parse_state(std::string_view wanted) { return find_by_name(all_states, wanted); }

std::optional<Kind> parse_kind(std::string_view wanted) {
  constexpr Kind all[] = {enrollment, activation};
  return find_by_name(all, wanted);
}

std::string_view shown(Kind kind, State state) {
  constexpr std::string_view of_enrollment[] = {"waiting", "opened",   "confirmed", "registered",
                                                "done",    "rejected", "rejected",  "expired"};
  constexpr std::string_view of_activation[] = {"created",  "scanned", "scanned",   "approved",
                                                "redeemed", "denied",  "cancelled", "expired"};
  return (kind == enrollment ? of_enrollment : of_activation)[static_cast<int>(state)];
}

}  // namespace tegata::handoff
