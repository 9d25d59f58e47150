#include "rp/activation/device_authorization.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "qr/qr.h"
#include "rp/activation/errors.h"
#include "rp/activation/oauth_error.h"

namespace tegata::activation {
namespace {

namespace e = errors;

constexpr std::string_view letters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr int most_attempts = 8;  // each with new letters; a collision is rare even with thousands of live codes
constexpr std::int64_t most_expired = 100;  // per start; each start adds one, so overdue ones cannot pile up

// What only the EHR and the QR get to know of a new request.
struct Secrets {
  std::string device_code;  // 256 bit
  std::string scan_token;   // 128 bit
};

bool is_visible_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_plain_text(const std::string& text) {
  return is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

store::Handoff make_handoff(const Services& services, const AuthenticatedClient& client, const DeviceRequest& asked,
                            const Secrets& secrets, Instant now) {
  store::Handoff out;
  out.id = random_secret(services.random, 12);
  out.kind = handoff::Kind::activation;
  out.secret = sha256(secrets.scan_token);
  out.device_code = sha256(secrets.device_code);
  out.user_code = make_user_code(services.random);
  out.number = out.user_code.substr(out.user_code.size() - 2);
  out.client_id = client.id();
  out.facility_code = client.client().facility_code;
  out.certificate = client.certificate().thumbprint;
  out.terminal_id = asked.terminal_id;
  out.terminal_name = asked.terminal_name;
  out.login_hint = asked.login_hint;
  out.scope = asked.scope;
  out.audience = asked.audience;
  out.acr_values = asked.acr_values;
  out.created_at = now;
  out.expires_at = now + services.settings.expires_in;
  return out;
}

Status cancel(store::Transaction& transaction, const http::Request& request, const store::Handoff& open) {
  store::Change change;
  change.reason = std::string(e::activation_replaced.name());
  TEGATA_ASSIGN(const bool moved,
                store::advance(transaction, handoff::Kind::activation, open.id, handoff::Event::cancel, {}, change));
  if (moved) {
    transaction.audit(event(request, deed_of_client(open.client_id, subject_of(open)), "activation_cancelled",
                            Json::object(), e::activation_replaced.name()));
  }
  return {};
}

// Room for one more: this terminal's open request goes, and the oldest ones above the ceiling of this person here.
Status make_room(store::Transaction& transaction, const Services& services, const http::Request& request,
                 const store::Handoff& next) {
  if (!next.terminal_id.empty()) {
    TEGATA_ASSIGN(const auto open, store::open_activations_of_terminal(transaction, next.client_id, next.terminal_id,
                                                                       transaction.now()));
    for (const auto& one : open) TEGATA_TRY(cancel(transaction, request, one));
  }
  if (next.login_hint.empty()) return {};
  TEGATA_ASSIGN(const auto open, store::open_activations_of_practitioner(transaction, next.facility_code,
                                                                         next.login_hint, transaction.now()));
  const std::size_t keep = services.settings.most_open_per_practitioner - 1;
  for (std::size_t i = 0; i + keep < open.size(); ++i) TEGATA_TRY(cancel(transaction, request, open[i]));
  return {};
}

Result<store::Handoff> begin(store::Transaction& transaction, const Services& services, const http::Request& request,
                             const AuthenticatedClient& client, store::Handoff next) {
  TEGATA_TRY(verify_standing(transaction, client.client(), client.certificate(), transaction.now()));
  TEGATA_ASSIGN(const bool within,
                store::count_start(transaction, next.facility_code, services.settings.most_starts_per_minute));
  if (!within) return Error(e::activation_start_quota, next.facility_code);
  TEGATA_ASSIGN(const auto freed, store::expire_overdue(transaction, most_expired));  // their letters come free
  TEGATA_TRY(make_room(transaction, services, request, next));
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    TEGATA_ASSIGN(const bool inserted, store::insert_handoff(transaction, next));
    if (inserted) {
      transaction.audit(event(request, deed_of_client(client.id(), subject_of(next)), "activation_requested",
                              {{"facility", next.facility_code}, {"terminal", next.terminal_id}}));
      return next;
    }
    next.user_code = make_user_code(services.random);
    next.number = next.user_code.substr(next.user_code.size() - 2);
  }
  // The letters that came free stay free for the next; without any, nothing is kept and nothing is to be audited.
  if (freed > 0) transaction.keep_effects();
  return Error(e::activation_codes_exhausted, client.id());
}

Result<Json> answer(const Services& services, const store::Handoff& handoff, const Secrets& secrets) {
  const std::string page = services.settings.issuer + "/d";
  const std::string link = page + "#t=" + secrets.scan_token;
  TEGATA_ASSIGN(const std::string svg, qr::svg(link));
  return Json{{"device_code", secrets.device_code},
              {"user_code", handoff.user_code},
              {"verification_uri", page},
              {"verification_uri_complete", link},
              {"expires_in", services.settings.expires_in.count()},
              {"interval", services.settings.interval.count()},
              {"number", handoff.number},
              {"qr_svg", svg}};
}

Result<Json> ask(const Services& services, const http::Request& request) {
  const Instant now = services.clock.now();
  TEGATA_ASSIGN(const Form form, http::form_body(request));
  TEGATA_ASSIGN(const auto client, services.store.read<AuthenticatedClient>([&](store::Reader& reader) {
    return authenticate_client(reader, request, form, now);
  }));
  TEGATA_ASSIGN(DeviceRequest parsed, parse_device_request(form));
  TEGATA_ASSIGN(const DeviceRequest asked, verify_device_request(std::move(parsed), client.client()));
  const Secrets secrets{random_secret(services.random, 32), random_secret(services.random, 16)};
  const store::Handoff next = make_handoff(services, client, asked, secrets, now);
  TEGATA_ASSIGN(const auto begun, services.store.write<store::Handoff>([&](store::Transaction& transaction) {
    return begin(transaction, services, request, client, next);
  }));
  return answer(services, begun, secrets);
}

}  // namespace

Result<DeviceRequest> parse_device_request(const Form& form) {
  DeviceRequest out{parameter(form, "scope").value_or(""),         parameter(form, "resource").value_or(""),
                    parameter(form, "login_hint").value_or(""),    parameter(form, "terminal_id").value_or(""),
                    parameter(form, "terminal_name").value_or(""), parameter(form, "acr_values").value_or("")};
  const auto within = [](const std::string& value, std::size_t bytes) { return value.size() <= bytes; };
  const std::pair<const char*, bool> bounds[] = {
      {"login_hint: visible ASCII, at most 64 bytes", within(out.login_hint, 64) && is_visible_ascii(out.login_hint)},
      {"terminal_id: text without controls, at most 64 bytes",
       within(out.terminal_id, 64) && is_plain_text(out.terminal_id)},
      {"terminal_name: text without controls, at most 200 bytes",
       within(out.terminal_name, 200) && is_plain_text(out.terminal_name)},
      {"acr_values: text without controls, at most 200 bytes",
       within(out.acr_values, 200) && is_plain_text(out.acr_values)},
      {"scope: at most 200 bytes", within(out.scope, 200)},
      {"resource: at most 1000 bytes", within(out.audience, 1000)}};
  for (const auto& [rule, kept] : bounds) {
    if (!kept) return Error(e::activation_request_malformed, rule);
  }
  return out;
}

Result<DeviceRequest> verify_device_request(DeviceRequest asked, const store::Client& client) {
  if (client.resource_server || client.facility_code.empty()) {
    return Error(e::activation_client_not_allowed, client.client_id,
                 "rfc6749#section-5.2: the client may use this grant");
  }
  const auto scopes = words(asked.scope);
  const bool allowed =
      std::all_of(scopes.begin(), scopes.end(), [&](const auto& s) { return contains(client.scopes, s); });
  if (scopes.empty() || !allowed || std::set(scopes.begin(), scopes.end()).size() != scopes.size()) {
    return Error(e::activation_scope_not_allowed, asked.scope, "rfc6749#section-3.3: only scopes of this client");
  }
  if (asked.audience.empty() && !client.audiences.empty()) asked.audience = client.audiences.front();
  if (!contains(client.audiences, asked.audience)) {
    return Error(e::activation_target_not_allowed, asked.audience,
                 "rfc8707#section-2: a resource that this client may use");
  }
  return asked;
}

std::string make_user_code(Random& random) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += letters[random_below(random, static_cast<std::uint32_t>(letters.size()))];
  const std::uint32_t number = random_below(random, 100);
  return out + "-" + static_cast<char>('0' + number / 10) + static_cast<char>('0' + number % 10);
}

http::Response device_authorization(const Services& services, const http::Request& request) {
  const auto body = ask(services, request);
  if (body) return oauth_response(200, *body);
  auto response =
      oauth_refusal(refuse(services, request, deed_of_phone(request, "unknown", "device_authorization"), body.error()));
  if (body.error().code() == e::activation_start_quota) {
    response.headers.emplace("Retry-After", std::to_string(60 - unix_seconds(services.clock.now()) % 60));
  }
  return response;
}

}  // namespace tegata::activation
