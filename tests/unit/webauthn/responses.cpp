#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

const std::vector<Json> wrong_types = {1, true, 1.5, Json::array(), Json::object(), Json::array({"a"})};

template <typename Parse>
void check_strings(Json json, const std::string& pointer, Parse parse) {
  INFO(pointer);
  const Json::json_pointer where(pointer);
  Json without = json;
  without[where.parent_pointer()].erase(where.back());
  CHECK(code_of(parse(without)) == "json_member_missing");
  json[where] = nullptr;
  CHECK(code_of(parse(json)) == "json_member_missing");
  for (const Json& wrong : wrong_types) {
    json[where] = wrong;
    CHECK(code_of(parse(json)) == "json_member_type");
  }
}

template <typename Parse>
void check_base64url(const Json& good, const std::string& pointer, Parse parse) {
  check_strings(good, pointer, parse);
  Json json = good;
  for (const char* wrong : {"a", "ab+/", "abc=", "ab c", "あ"}) {
    json[Json::json_pointer(pointer)] = wrong;
    CHECK(code_of(parse(json)) == "base64url_malformed");
  }
}

template <typename Parse>
void check_common(const Json& good, Parse parse) {
  for (const char* member : {"/id", "/rawId", "/response/clientDataJSON"}) check_base64url(good, member, parse);
  check_strings(good, "/type", parse);
  const auto with = [&](const char* pointer, const Json& value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = value;
    return code_of(parse(json));
  };
  CHECK(with("/type", "") == "webauthn_credential_type");
  CHECK(with("/type", "Public-Key") == "webauthn_credential_type");
  CHECK(with("/rawId", "YW5vdGhlcg") == "webauthn_raw_id_mismatch");
  CHECK(with("/authenticatorAttachment", 1) == "json_member_type");
  CHECK(with("/authenticatorAttachment", nullptr) == "accepted");
  CHECK(with("/clientExtensionResults", "x") == "json_member_type");
  CHECK(with("/response/clientDataJSON", base64url(Bytes(17'000))) == "webauthn_response_too_large");
  Json json = good;
  json["id"] = json["rawId"] = "";
  CHECK(code_of(parse(json)) == "webauthn_credential_id_length");
  json["id"] = json["rawId"] = base64url(Bytes(1024));
  CHECK(code_of(parse(json)) == "webauthn_credential_id_length");
  json = good;
  json.erase("response");
  CHECK(code_of(parse(json)) == "json_member_missing");
  for (const Json& wrong : {Json("x"), Json(1), Json::array()}) CHECK(with("/response", wrong) == "json_member_type");
  for (const Json& wrong : {Json("x"), Json(1), Json::array(), Json(nullptr)}) {
    CHECK(code_of(parse(wrong)) == "json_member_type");
  }
}

}  // namespace

TEST_CASE("RegistrationResponseJSON: every member missing and of the wrong type") {
  Sample sample;
  const Json good = sample.create();
  check_common(good, parse_registration_response);
  check_base64url(good, "/response/attestationObject", parse_registration_response);
  Json json = good;
  json["response"]["attestationObject"] = base64url(Bytes(66'000));
  CHECK(code_of(parse_registration_response(json)) == "webauthn_response_too_large");
  json = good;
  for (const Json& wrong : {Json("internal"), Json::array({1}), Json::object()}) {
    json["response"]["transports"] = wrong;
    CHECK(code_of(parse_registration_response(json)) == "json_member_type");
  }
  json["response"]["transports"] = std::vector<std::string>(17, "usb");
  CHECK(code_of(parse_registration_response(json)) == "webauthn_response_too_large");
  json["response"]["transports"] = {std::string(33, 'x')};
  CHECK(code_of(parse_registration_response(json)) == "webauthn_response_too_large");
  json["response"].erase("transports");
  CHECK(code_of(parse_registration_response(json)) == "accepted");
}

TEST_CASE("AuthenticationResponseJSON: every member missing and of the wrong type") {
  Sample sample;
  sample.bind();
  const Json good = sample.get();
  check_common(good, parse_authentication_response);
  check_base64url(good, "/response/authenticatorData", parse_authentication_response);
  check_base64url(good, "/response/signature", parse_authentication_response);
  Json json = good;
  for (const Json& wrong : wrong_types) {
    json["response"]["userHandle"] = wrong;
    CHECK(code_of(parse_authentication_response(json)) == "json_member_type");
  }
  json["response"]["userHandle"] = "a";
  CHECK(code_of(parse_authentication_response(json)) == "base64url_malformed");
  json["response"]["userHandle"] = base64url(Bytes(65));
  CHECK(code_of(parse_authentication_response(json)) == "webauthn_response_too_large");
  json["response"].erase("userHandle");
  CHECK(code_of(parse_authentication_response(json)) == "accepted");
}

}  // namespace tegata::webauthn::test
