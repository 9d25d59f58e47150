#include "rp/activation/begin.h"

#include "rp/activation/errors.h"
#include "rp/activation/lost_standing.h"
#include "rp/activation/oauth_error.h"

namespace tegata::activation {
namespace {

namespace e = errors;

constexpr int most_attempts = 8;  // each with new letters; a collision is rare even with thousands of live codes
constexpr std::int64_t most_forgotten = 4;
constexpr std::chrono::minutes unproved_kept{10};  // after its end: longer than its page may ask
constexpr std::int64_t most_expired = 100;         // per start; each start adds one, so overdue ones cannot pile up

Status cancel(store::Transaction& transaction, const http::Request& request, const store::Handoff& open) {
  store::Change change;
  change.reason = std::string(e::activation_replaced.name());
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, handoff::Kind::activation, open.id, handoff::Event::cancel, {}, change));
  if (moved) {
    audit_request(transaction, open,
                  event(request, deed_of_client(open.client_id, subject_of(open)), "activation_cancelled",
                        Json::object(), e::activation_replaced.name()));
  }
  return {};
}

// Room for one more: this terminal's open request goes, and the oldest ones above the ceiling of this person here. What
// a browser asked for unproved makes room among its like alone.
Status make_room(store::Transaction& transaction, const Services& services, const http::Request& request,
                 const store::Handoff& next) {
  if (!next.terminal_id.empty()) {
    TEGATA_ASSIGN(const auto open, store::open_activations_of_terminal(transaction, next.client_id, next.terminal_id,
                                                                       transaction.now()));
    for (const auto& one : open) TEGATA_TRY(cancel(transaction, request, one));
  }
  if (next.login_hint.empty()) return {};
  TEGATA_ASSIGN(auto open, store::open_activations_of_practitioner(transaction, next.facility_code, next.login_hint,
                                                                   transaction.now()));
  std::erase_if(open, [&](const store::Handoff& one) { return one.unproved != next.unproved; });
  const std::size_t keep = services.settings.most_open_per_practitioner - 1;
  for (std::size_t i = 0; i + keep < open.size(); ++i) TEGATA_TRY(cancel(transaction, request, open[i]));
  return {};
}

// Strangers share what browsers may begin at a facility; who is known was counted by a bucket of his own (verify_pace),
// so that no stranger takes it from him.
Status count(store::Transaction& transaction, const Services& services, const http::Request& request,
             const store::Handoff& next) {
  if (next.unproved && !services.browsers.person(request, transaction.now()).empty()) return {};
  const auto starter = next.unproved ? store::Starter::browser : store::Starter::client;
  TEGATA_ASSIGN(const bool within,
                store::count_start(transaction, next.facility_code, services.settings.most_starts_per_minute, starter));
  if (!within) return Error(e::activation_start_quota, next.facility_code);
  return {};
}

// The letters of overdue requests come free. An unproved one has no letters; it clears away its like, for good.
Result<std::int64_t> clear_away(store::Transaction& transaction, const store::Handoff& next) {
  if (!next.unproved) return store::expire_overdue(transaction, most_expired);
  TEGATA_TRY(store::forget_unproved(transaction, transaction.now() - unproved_kept, most_forgotten));
  return std::int64_t{0};
}

// Whoever proves nothing is one address among many, whichever client it names.
Deed asker(const http::Request& request, const store::Handoff& next) {
  Deed deed = deed_of_client(next.client_id, subject_of(next));
  if (next.unproved) deed.source = request.remote_address;
  return deed;
}

}  // namespace

void audit_request(store::Transaction& transaction, const store::Handoff& handoff, store::AuditEvent event) {
  if (handoff.unproved && handoff.practitioner_id.empty()) return transaction.audit_unproven(std::move(event));
  transaction.audit(std::move(event));
}

std::string make_number(Random& random) {
  const std::uint32_t number = random_below(random, 100);
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

std::string make_user_code(Random& random) {
  std::string out;
  for (std::size_t i = 0; i < user_code_length; ++i) {
    if (i == user_code_length / 2) out += '-';
    out += user_code_letters[random_below(random, static_cast<std::uint32_t>(user_code_letters.size()))];
  }
  return out + "-" + make_number(random);
}

Result<store::Handoff> begin(store::Transaction& transaction, const Services& services, const http::Request& request,
                             store::Handoff next) {
  TEGATA_TRY(count(transaction, services, request, next));
  TEGATA_ASSIGN(const auto freed, clear_away(transaction, next));
  TEGATA_TRY(make_room(transaction, services, request, next));
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    TEGATA_ASSIGN(const bool inserted, store::insert_handoff(transaction, next));
    if (inserted) {
      audit_request(transaction, next,
                    event(request, asker(request, next), "activation_requested",
                          {{"facility", next.facility_code}, {"terminal", next.terminal_id}, {"flow", next.flow}}));
      return next;
    }
    TEGATA_ASSIGN(const auto lost, store::lost_standing(transaction, next, transaction.now()));
    if (lost) return lost_standing(*lost, next.client_id);
    if (next.user_code.empty()) break;  // nothing of it could be taken but by a miracle
    next.user_code = make_user_code(services.random);
    next.number = next.user_code.substr(next.user_code.size() - 2);
  }
  // The letters that came free stay free for the next; without any, nothing is kept and nothing is to be audited.
  if (freed > 0) transaction.keep_effects();
  return Error(e::activation_codes_exhausted, next.client_id);
}

std::string seconds_to_next_minute(Instant now) { return std::to_string(60 - unix_seconds(now) % 60); }

http::Response start_refusal(const Services& services, const http::Request& request, const std::string& subject,
                             const Error& error) {
  auto response = oauth_refusal(refuse(services, request, deed_of_phone(request, "unknown", subject), error));
  if (error.code() == e::activation_start_quota) {
    response.headers.emplace("Retry-After", seconds_to_next_minute(services.clock.now()));
  }
  return response;
}

}  // namespace tegata::activation
