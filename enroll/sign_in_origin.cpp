#include "enroll/sign_in_origin.h"

#include <algorithm>

#include "enroll/card/errors.h"
#include "enroll/errors.h"
#include "rp/base/errors.h"
#include "rp/http/refusal_page.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

// What may have been wrong with a card.
constexpr ErrorCode card_refusals[] = {e::card_missing,
                                       e::card_resumed_session,
                                       e::card_unknown_person,
                                       e::card_person_suspended,
                                       e::card_malformed,
                                       e::card_untrusted,
                                       e::card_authority_expired,
                                       e::card_weak,
                                       e::card_policy,
                                       e::card_critical_extension,
                                       e::card_signing_certificate,
                                       e::card_key_usage,
                                       e::card_revoked,
                                       e::card_authority_revoked,
                                       e::card_revocation_unknown,
                                       e::card_expired,
                                       e::card_not_yet_valid,
                                       e::card_no_role,
                                       e::card_role_not_eligible,
                                       e::card_no_second_certificate,
                                       e::card_second_certificate_ended,
                                       e::mynumber_malformed,
                                       e::mynumber_untrusted,
                                       e::mynumber_weak,
                                       e::mynumber_critical_extension,
                                       e::mynumber_signature_certificate,
                                       e::mynumber_key_usage,
                                       e::mynumber_policy,
                                       e::mynumber_expired,
                                       e::mynumber_not_yet_valid,
                                       e::mynumber_authority_expired,
                                       e::mynumber_revoked,
                                       e::mynumber_revocation_unknown,
                                       e::mynumber_not_linked};

struct Page {
  const char *purpose, *path;
};
constexpr Page pages[] = {{purpose_enrol, "/enroll"}, {purpose_devices, "/enroll"}, {purpose_link, "/mynumber"}};

// Of a hand-off: hexadecimal, base64url in those of older releases; never longer than it is made.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

const std::string& pattern_of(const Settings& settings, const std::string& method) {
  return method == method_mynumber ? settings.mynumber_origin_pattern : settings.card_origin_pattern;
}

bool fresh_hosts(const Settings& settings, const std::string& method) {
  return pattern_of(settings, method).find('*') != std::string::npos;
}

std::string nonce_of(const Settings& settings, const http::Request& request, const std::string& method) {
  return fresh_hosts(settings, method) ? request.host.substr(0, request.host.find('.')) : "";
}

// What the code will hand over: the person, or why there is none.
Result<store::CardLogin> make_login(store::Transaction& transaction, const Services& services,
                                    const http::Request& request, const std::string& method,
                                    const Result<Found>& found) {
  store::CardLogin login;
  login.expires_at = transaction.now() + services.settings.code_life;
  if (found) {
    login.practitioner_id = found->practitioner_id;
    login.card = found->card;
    login.basis = found->basis;
    const auto person = "practitioner:" + found->practitioner_id;
    transaction.audit(event(request, found->audit_as, person, person, login.card));
    return login;
  }
  if (refusal_named(std::string(found.error().code().name())) == e::internal) return found.error();
  login.refusal = std::string(found.error().code().name());
  transaction.audit_unproven(event(request, method + "_refused", "unknown", "card", Json::object(), login.refusal));
  services.report(request, found.error());
  return login;
}

struct Login {
  std::string code, purpose;
};

Result<Login> use_start(store::Transaction& transaction, const Services& services, const http::Request& request,
                        const std::string& method, const std::string& asked, const Find& find) {
  const Error unknown(e::sign_in_start_unknown, request.host);
  TEGATA_ASSIGN(const auto start, store::find_start(transaction, sha256(asked), transaction.now()));
  if (!start) return unknown;
  Login out{random_secret(services.random, 32), start->purpose};
  TEGATA_ASSIGN(auto login, make_login(transaction, services, request, method, find(transaction, *start)));
  login.code = sha256(out.code);
  login.start_id = start->id;
  TEGATA_ASSIGN(const bool finished,
                store::finish_start(transaction, login, nonce_of(services.settings, request, method), method));
  if (!finished) return unknown;
  return out;
}

// The card origin has no page of its own to go back to: this one says how to begin again.
http::Response stranded(const Services& services, const http::Request& request, const Error& error) {
  return http::refusal_page(request, error, services.settings.public_origin + "/");
}

}  // namespace

std::string page_of(const std::string& purpose) {
  for (const auto& page : pages) {
    if (purpose == page.purpose) return std::string(page.path) + "#";
  }
  if (!purpose.starts_with(purpose_authorize)) return {};
  const auto id = purpose.substr(std::string_view(purpose_authorize).size());
  return is_id(id) ? "/authorize/choose#x=" + id + "&" : std::string();
}

bool is_offered(const Settings& settings, const std::string& method) {
  if (method == method_card) return true;
  return method == method_mynumber && settings.mynumber && !settings.mynumber_origin_pattern.empty();
}

std::string make_nonce(const Services& services, const std::string& method) {
  return fresh_hosts(services.settings, method) ? hex(random_bytes(services.random, 16)) : std::string();
}

std::string login_url(const Settings& settings, const std::string& method, const std::string& nonce,
                      const std::string& start) {
  auto origin = pattern_of(settings, method);
  if (const auto star = origin.find('*'); star != std::string::npos) origin.replace(star, 1, nonce);
  return origin + "/login?s=" + start;
}

http::Response log_in(const Services& services, const http::Request& request, const std::string& method,
                      const Find& find) {
  // A question about the address alone must not spend the start record.
  if (request.method != "GET") return http::method_not_allowed(request, "GET");
  const auto asked = request.query.find("s");
  if (asked == request.query.end())
    return stranded(
        services, request,
        refuse(services, request, method + "_login_refused", Error(e::sign_in_start_unknown, "no start record named")));
  const auto login = write<Login>(services, request, method + "_login_refused", [&](store::Transaction& transaction) {
    return use_start(transaction, services, request, method, asked->second, find);
  });
  if (!login) return stranded(services, request, login.error());
  return http::see_other(services.settings.public_origin + page_of(login->purpose) + "c=" + login->code);
}

ErrorCode refusal_named(const std::string& name) {
  for (const auto code : card_refusals) {
    if (code.name() == name) return code;
  }
  return e::internal;
}

Result<store::Practitioner> require_good_standing(const std::optional<store::Practitioner>& person, Instant now,
                                                  Error unknown) {
  if (!person) return unknown;
  if (!person->active) return Error(e::card_person_suspended, person->id);
  if (!person->second_certificate_not_after) return Error(e::card_no_second_certificate, person->id);
  if (*person->second_certificate_not_after <= now) return Error(e::card_second_certificate_ended, person->id);
  return *person;
}

}  // namespace tegata::enroll
