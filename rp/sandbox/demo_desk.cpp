#include "rp/sandbox/demo_desk.h"

#include "qr/qr.h"
#include "rp/base/errors.h"

namespace tegata::sandbox {
namespace {

using Form = std::map<std::string, std::string>;

constexpr std::size_t most_kept = 1000;

Result<Json> expect(const Result<Answer>& answer, int status) {
  if (!answer) return answer.error();
  if (answer->status == status) return answer->body;
  return Error(errors::internal, std::to_string(answer->status) + " " + answer->text.substr(0, 400));
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : "%" + hex(as_bytes(std::string_view(&c, 1)));
  }
  return out;
}

// The payload of a JWT, for showing; who relies on it introspects it.
Result<Json> claims_of(const std::string& token) {
  const auto first = token.find('.'), last = token.rfind('.');
  if (first == last) return Error(errors::internal, "no JWT");
  TEGATA_ASSIGN(const auto payload, parse_base64url(token.substr(first + 1, last - first - 1)));
  return parse_json(as_text(payload), {64 * 1024, 16});
}

// What an error of the token endpoint means to whoever waits (RFC 8628 section 3.5, CIBA Core section 11).
std::string state_of(const std::string& error) {
  if (error == "authorization_pending" || error == "slow_down") return "waiting";
  if (error == "access_denied") return "declined";
  return error == "expired_token" ? "expired" : "failed";
}

Result<Form> token_form(const std::string& way, const std::string& code, const std::string& verifier,
                        const std::string& callback, const Json& wanted) {
  if (way == "qr") return Form{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, {"device_code", code}};
  if (way == "ciba") return Form{{"grant_type", "urn:openid:params:grant-type:ciba"}, {"auth_req_id", code}};
  TEGATA_ASSIGN(const auto brought, json_string(wanted, "code"));
  return Form{
      {"grant_type", "authorization_code"}, {"code", brought}, {"code_verifier", verifier}, {"redirect_uri", callback}};
}

}  // namespace

DemoDesk::DemoDesk(Json sandbox, std::string callback, Random& random)
    : sandbox_(std::move(sandbox)), callback_(std::move(callback)), random_(random) {}

Json DemoDesk::parties() const {
  Json out{{"facilities", Json::array()}, {"people", Json::array()}};
  for (const auto& each : sandbox_.at("facilities")) {
    out["facilities"].push_back(
        {{"client_id", each.at("client_id")}, {"name", each.at("name")}, {"code", each.at("code")}});
  }
  for (const auto& each : sandbox_.at("cards")) {
    if (each.at("kind") != "hpki-auth" || each.contains("state")) continue;
    out["people"].push_back({{"practitioner_id", each.at("practitioner_id")}, {"name", each.at("name")}});
  }
  return out;
}

Result<Json> DemoDesk::ask(const Json& wanted) {
  TEGATA_ASSIGN(const auto way, json_string(wanted, "way"));
  TEGATA_ASSIGN(const auto client_id, json_string(wanted, "client_id"));
  TEGATA_ASSIGN(const auto person, json_string(wanted, "practitioner_id"));
  TEGATA_ASSIGN(const auto terminal, json_string(wanted, "terminal_id"));
  Asked asked;
  for (const auto& each : sandbox_.at("facilities")) {
    if (each.at("client_id") == client_id) asked.facility = each;
  }
  if (asked.facility.is_null()) return Error(errors::internal, "no such facility");
  asked.way = way;
  Form form{{"client_id", client_id},
            {"scope", "openid hpki.sign"},
            {"terminal_id", terminal},
            {"terminal_name", "診察室 1"}};
  if (!person.empty()) form["login_hint"] = person;
  const std::string id = random_secret(random_, 16);
  TEGATA_ASSIGN(Json shown, way == "qr"     ? ask_device(asked, form)
                            : way == "ciba" ? ask_ciba(asked, form)
                                            : ask_authorize(asked, form, id));
  keep(id, asked);
  shown["id"] = id;
  return shown;
}

Result<Json> DemoDesk::ask_device(Asked& asked, const Form& form) {
  TEGATA_ASSIGN(Json answer, expect(facility_of(asked).post_form("/device_authorization", form), 200));
  TEGATA_ASSIGN(asked.code, json_string(answer, "device_code"));
  answer.erase("device_code");
  return answer;
}

Result<Json> DemoDesk::ask_ciba(Asked& asked, Form form) {
  form["binding_message"] = "処方 " + std::to_string(100 + random_below(random_, 900));
  TEGATA_ASSIGN(Json answer, expect(facility_of(asked).post_form("/backchannel", form), 200));
  TEGATA_ASSIGN(asked.code, json_string(answer, "auth_req_id"));
  answer.erase("auth_req_id");
  TEGATA_ASSIGN(const auto link, json_string(answer, "deep_link"));
  TEGATA_ASSIGN(answer["qr_svg"], qr::svg(link));
  answer["binding_message"] = form["binding_message"];
  return answer;
}

// The parameters go ahead (RFC 9126); the browser carries a name for them, and `state` brings it back to this request.
Result<Json> DemoDesk::ask_authorize(Asked& asked, Form form, const std::string& id) {
  asked.verifier = random_secret(random_, 32);
  form.insert({{"response_type", "code"},
               {"redirect_uri", callback_},
               {"state", id},
               {"code_challenge", base64url(sha256(asked.verifier))},
               {"code_challenge_method", "S256"}});
  TEGATA_ASSIGN(const Json answer, expect(facility_of(asked).post_form("/par", form), 201));
  TEGATA_ASSIGN(const auto uri, json_string(answer, "request_uri"));
  return Json{{"location", sandbox_.at("public_origin").get<std::string>() +
                               "/authorize?client_id=" + escaped(form["client_id"]) + "&request_uri=" + escaped(uri)}};
}

Result<Json> DemoDesk::poll(const Json& wanted) {
  TEGATA_ASSIGN(Asked asked, find(wanted));
  // RFC 9207: the answer of another server must not reach this one's token endpoint.
  if (asked.way == "authorize" && wanted.value("iss", "") != sandbox_.at("issuer")) {
    return Error(errors::internal, "the answer comes from another issuer");
  }
  TEGATA_ASSIGN(Form form, token_form(asked.way, asked.code, asked.verifier, callback_, wanted));
  form["client_id"] = asked.facility.at("client_id").get<std::string>();
  const auto answer = facility_of(asked).post_form("/token", form);
  // RFC 8628 section 3.5: who waits goes on where nobody answered.
  if (!answer || answer->status == 503 || answer->status == 429) return Json{{"state", "waiting"}};
  if (answer->status != 200) {
    const std::string error = answer->body.is_object() ? answer->body.value("error", "") : "";
    return Json{{"state", state_of(error)}, {"error", error}};
  }
  TEGATA_ASSIGN(asked.pass, json_string(answer->body, "access_token"));
  TEGATA_ASSIGN(const auto id, json_string(wanted, "id"));
  keep(id, asked);
  TEGATA_ASSIGN(const Json claims, claims_of(asked.pass));
  return Json{{"state", "approved"}, {"claims", claims}, {"facility_name", asked.facility.at("name")}};
}

Result<Json> DemoDesk::check(const Json& wanted) {
  TEGATA_ASSIGN(const Asked asked, find(wanted));
  HttpsClient service(sandbox_.at("signature_service").at("url"), identification(sandbox_, asked.facility), false);
  TEGATA_ASSIGN(const Answer answer, service.post_form("/check", {}, {{"Authorization", "Bearer " + asked.pass}}));
  return Json{{"status", answer.status}, {"answer", answer.body}};
}

Result<Json> DemoDesk::end(const Json& wanted) {
  TEGATA_ASSIGN(const Asked asked, find(wanted));
  const std::string token = asked.pass.empty() ? asked.code : asked.pass;
  if (token.empty()) return Json{{"status", 200}};
  TEGATA_ASSIGN(const Answer answer,
                facility_of(asked).post_form(
                    "/revoke", {{"client_id", asked.facility.at("client_id").get<std::string>()}, {"token", token}}));
  return Json{{"status", answer.status}};
}

Result<DemoDesk::Asked> DemoDesk::find(const Json& wanted) const {
  TEGATA_ASSIGN(const auto id, json_string(wanted, "id"));
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(id);
  if (found == asked_.end()) return Error(errors::internal, "no such request; the environment may have been restarted");
  return found->second;
}

void DemoDesk::keep(const std::string& id, const Asked& asked) {
  const std::lock_guard lock(mutex_);
  if (asked_.size() >= most_kept && !asked_.contains(id)) asked_.erase(asked_.begin());
  asked_.insert_or_assign(id, asked);
}

HttpsClient DemoDesk::facility_of(const Asked& asked) const {
  return {sandbox_.at("facility_origin"), identification(sandbox_, asked.facility), false};
}

}  // namespace tegata::sandbox
