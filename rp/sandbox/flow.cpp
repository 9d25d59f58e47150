#include "rp/sandbox/flow.h"

#include <chrono>
#include <thread>

#include "rp/base/errors.h"
#include "rp/sandbox/errors.h"
#include "rp/sandbox/security_key.h"

namespace tegata::sandbox {
namespace {

// What the server said: a problem of its pages, an error of OAuth, or whatever it was.
std::string words_of(const Answer& answer) {
  const auto said = [&](const char* name) {
    const auto text = answer.body.is_object() ? json_optional_string(answer.body, name) : std::nullopt;
    return text && *text ? **text : std::string();
  };
  if (const auto code = said("code"); !code.empty()) {
    const auto cause = said("cause");
    return code + " " + said("title") + " " + said("detail") + (cause.empty() ? "" : " (" + cause + ")");
  }
  if (const auto error = said("error"); !error.empty()) {
    const auto description = said("error_description");
    return error + (description.empty() ? "" : ": " + description);
  }
  return answer.text.substr(0, 400);
}

Result<Json> expect(Result<Answer> answer, int status, const char* what) {
  if (!answer) return answer.error();
  if (answer->status == status) return answer->body;
  return Error(errors::sandbox_refused,
               std::string(what) + " was answered " + std::to_string(answer->status) + ", " + words_of(*answer));
}

std::string listed(const Json& names) {
  std::string out;
  for (const Json& name : names) out += (out.empty() ? "" : ", ") + name.get<std::string>();
  return out;
}

// What stands behind "#<name>=" of a URL.
std::string fragment(const std::string& url, const std::string& name) {
  const auto found = url.find("#" + name + "=");
  return found == std::string::npos ? std::string() : url.substr(found + name.size() + 2);
}

void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(200)); }

}  // namespace

SamplePc::SamplePc(const Json& sandbox, const Json& card)
    : sandbox_(sandbox),
      card_(card),
      pages_(sandbox.value("public_origin", ""), identification(sandbox, Json::object()), true) {}

Result<Json> SamplePc::log_in() {
  TEGATA_ASSIGN(const auto start, expect(pages_.post_json("/api/start", {{"purpose", "enrol"}}), 200, "start"));
  TEGATA_ASSIGN(const auto url, json_string(start, "card_url"));
  const auto slash = url.find('/', std::string("https://").size());
  HttpsClient reader(url.substr(0, slash), identification(sandbox_, card_), false);
  TEGATA_ASSIGN(const auto answer, reader.get(url.substr(slash)));
  const auto code = fragment(answer.location, "c");
  if (code.empty()) return Error(errors::internal, "card origin: " + std::to_string(answer.status) + " " + answer.text);
  return expect(pages_.post_json("/api/handover", {{"code", code}}), 200, "handover");
}

Result<Json> SamplePc::begin() {
  return expect(pages_.post_json("/api/enrollment", Json::object()), 201, "enrollment");
}
Result<Json> SamplePc::state() { return expect(pages_.get("/api/enrollment"), 200, "enrollment state"); }
Result<Json> SamplePc::confirm(const std::string& number) {
  return expect(pages_.post_json("/api/enrollment/confirm", {{"number", number}}), 200, "confirm");
}

PhoneKeys keys_of(authenticator::Authenticator& authenticator, Random& random, authenticator::Behaviour behaviour) {
  return {.create = [&authenticator, &random, behaviour](
                        const Json& options,
                        const std::string& origin) { return authenticator.create(options, origin, behaviour, random); },
          .get = [&authenticator, &random, behaviour](
                     const Json& options,
                     const std::string& origin) { return authenticator.get(options, origin, behaviour, random); }};
}

PhoneKeys keys_of(SecurityKey& key) {
  return {.create = [&key](const Json& options, const std::string& origin) { return key.create(options, origin); },
          .get = [&key](const Json& options, const std::string& origin) { return key.get(options, origin); }};
}

SoftwarePhone::SoftwarePhone(const Json& sandbox, PhoneKeys keys)
    : origin_(sandbox.value("public_origin", "")),
      keys_(std::move(keys)),
      pages_(origin_, identification(sandbox, Json::object()), true) {}

Result<Json> SoftwarePhone::claim(const std::string& url, const std::string& password) {
  Json body{{"ticket", fragment(url, "t")}, {"platform_authenticator", true}, {"touch_points", 5}};
  if (!password.empty()) body["password"] = password;
  return expect(pages_.post_json("/api/phone/claim", body), 200, "claim");
}

Result<Json> SoftwarePhone::register_when_confirmed(const std::string& url) {
  const Json ticket{{"ticket", fragment(url, "t")}};
  for (;; rest()) {
    TEGATA_ASSIGN(const auto status, expect(pages_.post_json("/api/phone/status", ticket), 200, "status"));
    const auto state = status.value("state", "");
    if (state == "confirmed") break;
    if (state != "opened")
      return Error(errors::sandbox_refused, "the ticket is " + state + ": " + status.value("reason", ""));
  }
  TEGATA_ASSIGN(const auto options, expect(pages_.post_json("/api/phone/options", ticket), 200, "options"));
  TEGATA_ASSIGN(const auto public_key, json_object(options, "publicKey"));
  TEGATA_ASSIGN(auto credential, keys_.create(public_key, origin_));
  auto body = ticket;
  body["credential"] = std::move(credential);
  TEGATA_TRY(expect(pages_.post_json("/api/phone/register", body), 200, "register"));
  return expect(pages_.post_json("/api/phone/label", ticket), 200, "label");
}

Result<Json> SoftwarePhone::approve(const std::string& url, const std::string& number, const std::string& role) {
  const auto token = fragment(url, "t");
  TEGATA_ASSIGN(const auto scan, expect(pages_.post_json("/api/activation/scan", {{"token", token}}), 200, "scan"));
  TEGATA_ASSIGN(const auto public_key, json_object(scan, "publicKey"));
  TEGATA_ASSIGN(auto credential, keys_.get(public_key, origin_));
  Json body{{"token", token}, {"number", number}, {"credential", std::move(credential)}};
  if (!role.empty()) body["role"] = role;
  TEGATA_ASSIGN(auto answer, expect(pages_.post_json("/api/activation/approve", body), 200, "approve"));
  if (answer.value("state", "") == "role") {
    return Error(errors::sandbox_role_needed, "nothing was approved: ask anew, and give --role one of " +
                                                  listed(answer.value("roles", Json::array())));
  }
  return answer;
}

Result<Json> SoftwarePhone::decline(const std::string& url) {
  const Json token{{"token", fragment(url, "t")}};
  TEGATA_TRY(expect(pages_.post_json("/api/activation/scan", token), 200, "scan"));
  return expect(pages_.post_json("/api/activation/decline", token), 200, "decline");
}

SampleEhr::SampleEhr(const Json& sandbox, const Json& party)
    : client_id_(party.value("client_id", "")),
      facility_(sandbox.value("facility_origin", ""), identification(sandbox, party), false) {}

Result<Json> SampleEhr::ask(const std::map<std::string, std::string>& extra) {
  auto form = extra;
  form["client_id"] = client_id_;
  form["scope"] = "openid hpki.sign";
  return expect(facility_.post_form("/device_authorization", form), 200, "device_authorization");
}

Result<Answer> SampleEhr::token(const std::string& device_code) {
  return facility_.post_form("/token", {{"client_id", client_id_},
                                        {"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                        {"device_code", device_code}});
}

Result<Json> SampleEhr::introspect(const std::string& pass) {
  return expect(facility_.post_form("/introspect", {{"client_id", client_id_}, {"token", pass}}), 200, "introspect");
}

Result<Answer> SampleEhr::revoke(const std::string& pass) {
  return facility_.post_form("/revoke", {{"client_id", client_id_}, {"token", pass}});
}

}  // namespace tegata::sandbox
