// `tegata facility client`: the programs of a facility, and the signature services.
#include <algorithm>

#include "rp/cli/facilities/common.h"
#include "rp/facility/errors.h"
#include "rp/host/public_file.h"
#include "rp/pass/client_key.h"
#include "rp/server/config/config.h"

namespace tegata::cli::facilities {
namespace {

namespace e = errors;

Error malformed(const std::string& what) { return Error(e::facility_client_malformed, what); }

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool consists_of(const std::string& text, const std::string& allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

// RFC 6749 section 3.3, without what would need quoting anywhere.
bool is_scope(const std::string& text) {
  return text.size() <= 64 && consists_of(text, std::string(letters) + ".:_/-");
}

// Without what a browser reads otherwise than it is written: a backslash is a slash to it.
bool is_plain_uri(const std::string& text) {
  return text.size() <= 2000 &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; });
}

// Host and port; empty where the scheme is another, or a user is named: what stands before his "@" is no host.
std::string_view authority_after(std::string_view uri, std::string_view scheme) {
  if (!uri.starts_with(scheme)) return {};
  uri.remove_prefix(scheme.size());
  const auto authority = uri.substr(0, uri.find_first_of("/?"));
  return authority.find('@') == std::string_view::npos ? authority : std::string_view();
}

bool is_audience(const std::string& uri) { return is_plain_uri(uri) && !authority_after(uri, "https://").empty(); }

// RFC 8252 section 7.3: in the clear only to this machine itself.
bool is_redirect_uri(const std::string& uri) {
  if (!is_plain_uri(uri)) return false;
  if (!authority_after(uri, "https://").empty()) return true;
  const auto near = authority_after(uri, "http://");
  return std::ranges::any_of(std::initializer_list<std::string_view>{"127.0.0.1", "[::1]"}, [&](auto host) {
    return near.starts_with(host) && (near.size() == host.size() || near[host.size()] == ':');
  });
}

template <typename Judge>
Status verify_all(const std::vector<std::string>& values, const char* what, Judge judge) {
  for (const auto& value : values) {
    if (!judge(value)) return malformed(std::string(what) + ": " + value);
  }
  return {};
}

Status verify(const store::Client& client) {
  if (client.client_id.size() > 64 || !consists_of(client.client_id, std::string(letters) + "._~-")) {
    return malformed("the ID must have 1 to 64 letters, digits, or any of . _ ~ -");
  }
  if (client.resource_server != client.facility_code.empty()) {
    return malformed("a client is either of a facility, or a signature service");
  }
  if (client.audiences.empty()) return malformed("at least one --audience");
  TEGATA_TRY(verify_all(client.audiences, "audience", is_audience));
  TEGATA_TRY(verify_all(client.scopes, "scope", is_scope));
  TEGATA_TRY(verify_all(client.redirect_uris, "redirect address", is_redirect_uri));
  constexpr std::string_view methods[] = {"tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"};
  if (std::ranges::find(methods, client.auth_method) == std::end(methods)) {
    return malformed("no way of authentication: " + client.auth_method);
  }
  return {};
}

// The keys of the file that count. Which others were passed over is told: one that was meant would be missed at the
// worst moment.
Result<pass::BroughtKeys> read_jwks(const std::string& file) {
  TEGATA_ASSIGN(const auto text, host::read_input(file));
  const auto jwks = parse_json(text);
  if (!jwks) return malformed(file + ": no JSON (" + std::string(jwks.error().code().name()) + ")");
  auto keys = pass::parse_brought_keys(*jwks);
  if (!keys) return Error(keys.error().code(), file + ": " + keys.error().detail(), keys.error().clause());
  return keys;
}

// Gives what was passed over of the file, where there is one.
Result<std::vector<std::string>> put_keys(store::Client& client, const std::string& jwks_file) {
  if (jwks_file.empty()) return std::vector<std::string>();
  TEGATA_ASSIGN(auto brought, read_jwks(jwks_file));
  client.jwks = std::move(brought.jwks);
  return std::move(brought.passed_over);
}

// What the order leaves out, and may.
Result<store::Client> completed(store::Client client) {
  if (client.jwks["keys"].empty() && client.auth_method == "private_key_jwt") {
    return malformed("private_key_jwt needs --jwks");
  }
  if (client.scopes.empty() && !client.resource_server) client.scopes = {"openid", "hpki.sign"};
  return client;
}

std::string client_subject(const std::string& client_id) { return "client:" + client_id; }

}  // namespace

Result<Json> add_client(const practitioners::Operator& by, const ClientOrder& order, bool dry_run) {
  store::Client brought = order.client;
  TEGATA_ASSIGN(const auto passed_over, put_keys(brought, order.jwks_file));
  TEGATA_ASSIGN(const auto client, completed(std::move(brought)));
  TEGATA_TRY(verify(client));
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    if (!client.facility_code.empty()) TEGATA_TRY(require_facility(transaction, client.facility_code));
    TEGATA_ASSIGN(const bool added, store::add_client(transaction, client));
    if (!added) return Error(e::facility_client_taken, client.client_id);
    transaction.audit(facility_event(by, "client_added", client_subject(client.client_id), describe_client(client)));
    Json answer = describe_client(client);
    answer["keys_passed_over"] = passed_over;
    return answer;
  });
}

Result<Json> change_client(const practitioners::Operator& by, const ClientOrder& order, bool dry_run) {
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_ASSIGN(const auto before, require_client(transaction, order.client.client_id));
    store::Client client = before;
    if (!order.client.scopes.empty()) client.scopes = order.client.scopes;
    if (!order.client.audiences.empty()) client.audiences = order.client.audiences;
    if (!order.client.redirect_uris.empty()) client.redirect_uris = order.client.redirect_uris;
    TEGATA_ASSIGN(const auto passed_over, put_keys(client, order.jwks_file));
    TEGATA_TRY(verify(client));
    TEGATA_ASSIGN(const auto ended, store::change_client(transaction, client));
    if (!ended) return Error(e::facility_client_unknown, client.client_id);
    Json answer = describe_client(client);
    transaction.audit(facility_event(
        by, "client_changed", client_subject(client.client_id),
        {{"from", describe_client(before)}, {"to", answer}, {"ended", command::describe_ended(*ended)}}));
    answer["ended"] = command::describe_ended(*ended);
    answer["keys_passed_over"] = passed_over;
    return answer;
  });
}

Result<Json> suspend_client(const practitioners::Operator& by, const std::string& client_id, const std::string& reason,
                            bool dry_run) {
  return change(
      by, dry_run,
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_TRY(require_client(transaction, client_id));
        TEGATA_ASSIGN(const auto ended,
                      store::suspend_client(transaction, client_id, std::string(e::facility_client_suspended.name())));
        if (!ended) return Error(e::facility_client_state_unchanged, client_id + " is suspended already");
        const auto counts = command::describe_ended(*ended);
        transaction.audit(
            facility_event(by, "client_suspended", client_subject(client_id), {{"reason", reason}, {"ended", counts}}));
        return Json{{"client_id", client_id}, {"state", "suspended"}, {"ended", counts}};
      },
      store::Purpose::take_away);
}

Result<Json> resume_client(const practitioners::Operator& by, const std::string& client_id, const std::string& reason,
                           bool dry_run) {
  return change(by, dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_TRY(require_client(transaction, client_id));
    TEGATA_ASSIGN(const bool resumed, store::resume_client(transaction, client_id));
    if (!resumed) return Error(e::facility_client_state_unchanged, client_id + " is not suspended");
    transaction.audit(facility_event(by, "client_resumed", client_subject(client_id), {{"reason", reason}}));
    return Json{{"client_id", client_id}, {"state", "active"}};
  });
}

}  // namespace tegata::cli::facilities
