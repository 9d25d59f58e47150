#include "enroll/sign_in_number.h"

#include <algorithm>

#include "enroll/errors.h"
#include "enroll/sign_in.h"
#include "enroll/ticket_rules.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

struct SignedIn {
  std::string session;  // the cookie; empty where a letter goes out instead
};

std::optional<ErrorCode> refusal_of(store::NumberTry outcome) {
  switch (outcome) {
    case store::NumberTry::number_is_full:
      return e::registration_number_limited;
    case store::NumberTry::address_is_full:
      return e::registration_address_limited;
    case store::NumberTry::all_is_full:
      return e::registration_all_limited;
    case store::NumberTry::reserved:
      break;
  }
  return std::nullopt;
}

// Whoever the numbers lead to. The same statements for nobody as for somebody.
struct FoundByNumber {
  std::optional<store::NumberOwner> owner;
  std::optional<store::Practitioner> person;
  bool has_phone = false;  // one that may confirm
};

Result<FoundByNumber> find(store::Reader& reader, const store::NumberPair& pair) {
  FoundByNumber out;
  TEGATA_ASSIGN(out.owner, store::find_number_owner(reader, pair));
  const auto id = out.owner ? out.owner->practitioner_id : std::string();
  TEGATA_ASSIGN(out.person, store::find_practitioner(reader, id));
  TEGATA_ASSIGN(const auto phones, store::list_credentials(reader, id));
  TEGATA_ASSIGN(const auto stopped, store::stopped_credentials(reader, id));
  out.has_phone = std::ranges::any_of(phones, [&](const auto& phone) { return !stopped.contains(phone.record.id); });
  return out;
}

std::optional<ErrorCode> refusal_of(const FoundByNumber& found, Instant now) {
  if (!found.owner) return e::registration_number_unknown;
  if (!found.owner->pair_matches) return e::registration_card_id_wrong;
  if (!found.person || !in_good_standing(*found.person, now)) return e::registration_person_not_in_good_standing;
  return std::nullopt;
}

bool by_letter(const RegistrationNumberSettings& settings, const FoundByNumber& found) {
  if (settings.confirmation == NumberConfirmation::letter) return true;
  return settings.confirmation == NumberConfirmation::bound_phone && !found.has_phone;
}

Status begin_session(const Services& services, const http::Request& request, store::Transaction& transaction,
                     const std::string& practitioner_id, const std::string& secret) {
  store::Session session;
  session.cookie = sha256(secret);
  session.practitioner_id = practitioner_id;
  session.purpose = purpose_enrol;
  session.method = method_registration_number;
  session.expires_at = transaction.now() + services.settings.session_life;
  TEGATA_ASSIGN(session.basis, store::basis_of_number(transaction, practitioner_id));
  return replace_session(transaction, request, session);
}

// A known network may try more often; one number, and all together, may not.
store::NumberLimits limits_of(const Services& services, const http::Request& request, store::NumberLimits limits) {
  const auto factor = services.limits->known->factor_of(request.remote_address);
  limits.of_address *= factor;
  limits.of_network = limits.of_address * Limits::of_network;
  return limits;
}

Result<SignedIn> sign_in(store::Transaction& transaction, const Services& services, const http::Request& request,
                         const RegistrationNumberSettings& settings, const store::NumberPair& pair) {
  const auto source = source_of_try(settings.key, request.remote_address);
  const auto limits = limits_of(services, request, settings.limits);
  TEGATA_ASSIGN(const auto reserved, store::reserve_number_try(transaction, pair.number, source, limits));
  if (const auto full = refusal_of(reserved)) return Error(*full);
  TEGATA_ASSIGN(const auto found, find(transaction, pair));
  // The same number is known again in the log, and nothing else of it.
  const auto subject = "registration-number:" + hex(pair.number).substr(0, 16);
  if (const auto refusal = refusal_of(found, transaction.now())) {
    transaction.audit(
        event(request, "registration_number_refused", "unknown", subject, Json::object(), refusal->name()));
    transaction.keep_effects();
    return Error(*refusal);
  }
  const auto who = "practitioner:" + found.person->id;
  if (by_letter(settings, found)) {
    TEGATA_ASSIGN(const bool fresh, store::order_letter(transaction, found.person->id));
    transaction.audit(event(request, "letter_ordered", who, subject, {{"new", fresh}}));
    return SignedIn{};
  }
  SignedIn out{random_secret(services.random, 32)};
  TEGATA_TRY(begin_session(services, request, transaction, found.person->id, out.session));
  transaction.audit(event(request, "registration_number_login", who, subject));
  return out;
}

Result<RegistrationNumber> parse_call(const http::Request& request) {
  TEGATA_ASSIGN(const auto body, http::json_body(request));
  TEGATA_ASSIGN(const auto number, json_string(body, "registration_number"));
  TEGATA_ASSIGN(const auto card_id, json_string(body, "card_id"));
  return parse_registration_number(number, card_id);
}

}  // namespace

http::Response sign_in_by_number(const Services& services, const http::Request& request) {
  const auto kind = "registration_number_refused";
  const auto& settings = services.settings.registration_number;
  if (!settings) return http::problem(request, refuse(services, request, kind, Error(e::registration_number_off)));
  const auto typed = parse_call(request);
  if (!typed) return turn_away(services, request, typed.error());
  const auto pair = pair_of(settings->key, *typed);
  const auto done = write<SignedIn>(services, request, kind, [&](store::Transaction& transaction) {
    return sign_in(transaction, services, request, *settings, pair);
  });
  if (!done) return http::problem(request, done.error());
  if (done->session.empty()) return http::json_response(200, {{"next", "letter"}});
  auto response = http::json_response(200, {{"next", "qr"}});
  http::set_cookie(response, session_cookie, done->session);
  return response;
}

}  // namespace tegata::enroll
