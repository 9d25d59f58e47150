// Client data beside type, challenge and origin: frames, token binding, encodings; and extension outputs, which
// arrive next to it.
#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

// Client data with these members besides, or instead.
Behaviour saying(const Json& members) {
  Behaviour behaviour;
  behaviour.edit_client_data = [=](std::string& text) {
    Json json = Json::parse(text);
    json.update(members);
    text = json.dump();
  };
  return behaviour;
}

Behaviour rewriting(std::function<void(std::string&)> edit) {
  Behaviour behaviour;
  behaviour.edit_client_data = std::move(edit);
  return behaviour;
}

// The same at both ceremonies.
struct Both : Sample {
  explicit Both(const std::function<void(wire::Policy&)>& change = {}) {
    if (!change) return;
    change(registration.policy);
    change(authentication.policy);
  }
  std::string operator()(const Behaviour& behaviour) {
    const std::string created = code_of(enrol(behaviour));
    const auto usual = registration.policy;
    registration.policy = wire::standard_policy();
    bind();
    registration.policy = usual;
    const std::string got = code_of(sign_in(behaviour));
    CHECK(created == got);
    return got;
  }
};

}  // namespace

TEST_CASE("crossOrigin and topOrigin of null are as if left out; of another kind they are refused") {
  Both both;
  CHECK(both(saying({{"crossOrigin", nullptr}})) == "accepted");
  CHECK(both(saying({{"topOrigin", nullptr}})) == "accepted");
  for (const Json& wrong : {Json("false"), Json(0), Json::array(), Json::object()}) {
    INFO(wrong);
    CHECK(both(saying({{"crossOrigin", wrong}})) == "webauthn_client_data_malformed");
  }
  CHECK(both(saying({{"crossOrigin", nullptr}, {"topOrigin", "https://frame.example"}})) == "webauthn_top_origin");
}

TEST_CASE("tokenBinding is reserved now: ignored, unless the policy wants it as Level 2 had it") {
  Both lenient, strict([](wire::Policy&policy) { policy.token_binding_ignored = false; });
  const std::string malformed = "webauthn_token_binding_malformed";
  for (const Json& wrong :
       {Json("present"), Json(7), Json(), Json::array({"present"}), Json::object(), Json{{"id", "YQ"}},
        Json{{"status", 1}}, Json{{"status", ""}}, Json{{"status", "Present"}}, Json{{"status", "not-supported"}}}) {
    INFO(wrong);
    CHECK(lenient(saying({{"tokenBinding", wrong}})) == "accepted");
    CHECK(strict(saying({{"tokenBinding", wrong}})) == malformed);
  }
  CHECK(strict(saying({{"tokenBinding", {{"status", "supported"}}}})) == "accepted");
  CHECK(strict(saying({{"tokenBinding", {{"status", "present"}, {"id", "YQ"}}}})) == "accepted");
  CHECK(strict({}) == "accepted");
}

TEST_CASE("crossOrigin and topOrigin, with and without each other and the policy") {
  const Json top = {{"topOrigin", "https://ehr.example"}}, cross = {{"crossOrigin", true}};
  Json both = top;
  both.update(cross);
  Both none;
  CHECK(none(saying(cross)) == "webauthn_cross_origin");
  CHECK(none(saying(both)) == "webauthn_cross_origin");
  CHECK(none(saying(top)) == "webauthn_top_origin");
  // A frame that is known does not make framing expected.
  none.registration.top_origins = none.authentication.top_origins = {"https://ehr.example"};
  CHECK(none(saying(top)) == "webauthn_top_origin");

  Both framed([](wire::Policy& policy) { policy.cross_origin_allowed = true; });
  CHECK(framed(saying(cross)) == "accepted");
  CHECK(framed(saying(both)) == "webauthn_top_origin");
  framed.registration.top_origins = framed.authentication.top_origins = {"https://ehr.example"};
  CHECK(framed(saying(both)) == "accepted");
  both["topOrigin"] = "https://ehr.example:8443";
  CHECK(framed(saying(both)) == "webauthn_top_origin");
  both["topOrigin"] = "";
  CHECK(framed(saying(both)) == "webauthn_top_origin");
  both["topOrigin"] = 7;
  CHECK(framed(saying(both)) == "webauthn_client_data_malformed");

  Both any([](wire::Policy& policy) { policy.cross_origin_allowed = policy.any_top_origin_allowed = true; });
  both["topOrigin"] = "https://anywhere.example";
  CHECK(any(saying(both)) == "accepted");
  // One without the other opens nothing.
  Both half([](wire::Policy& policy) { policy.any_top_origin_allowed = true; });
  CHECK(half(saying(both)) == "webauthn_cross_origin");
  CHECK(half(saying({{"topOrigin", "https://anywhere.example"}})) == "webauthn_top_origin");
}

TEST_CASE("client data is UTF-8, perhaps behind one byte order mark, read strictly") {
  Both both;
  const auto prefixed = [](const std::string& prefix) {
    return rewriting([=](std::string& text) { text.insert(0, prefix); });
  };
  CHECK(both(prefixed("\xef\xbb\xbf")) == "accepted");
  const std::string malformed = "webauthn_client_data_malformed";
  CHECK(both(prefixed("\xef\xbb\xbf\xef\xbb\xbf")) == malformed);
  CHECK(both(prefixed("\xef\xbb")) == malformed);
  CHECK(both(prefixed("\xff\xfe")) == malformed);
  CHECK(both(prefixed("x")) == malformed);
  CHECK(both(rewriting([](std::string& text) { text += "{}"; })) == malformed);
  CHECK(both(rewriting([](std::string& text) { text.insert(1, "\"a\":\"\xc0\xaf\","); })) == malformed);
  CHECK(both(rewriting([](std::string& text) { text.insert(1, "\"a\":1,\"a\":2,"); })) == malformed);
  CHECK(both(rewriting([](std::string& text) { text.clear(); })) == malformed);
  CHECK(both(saying({{"あ", {{"nested", {1, nullptr, "x"}}}}})) == "accepted");
}

TEST_CASE("extension outputs that nobody asked for survive or are refused, as the policy says") {
  const Bytes both =
      sandbox::authenticator::CborWriter().map(2).text("other").boolean(true).text("credProtect").integer(2).out();
  const Bytes odd = sandbox::authenticator::CborWriter().map(1).text("credProtect").array(0).out();
  Both ignoring;
  CHECK(ignoring(extending(both)) == "accepted");
  CHECK(ignoring(extending(odd)) == "accepted");
  CHECK(ignoring(extending(sandbox::authenticator::CborWriter().map(0).out())) == "accepted");

  Both refusing([](wire::Policy& policy) { policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse; });
  refusing.authentication.extensions = {"credProps"};
  CHECK(refusing({}) == "accepted");
  CHECK(refusing(extending(both)) == "webauthn_extension_unsolicited");
  refusing.registration.extensions = refusing.authentication.extensions = {"credProps", "credProtect"};
  CHECK(refusing(extending(both)) == "webauthn_extension_unsolicited");
  CHECK(refusing(extending(odd)) == "accepted");
  refusing.registration.extensions = refusing.authentication.extensions = {"credProps", "credProtect", "other"};
  CHECK(refusing(extending(both)) == "accepted");
}

TEST_CASE("client extension results of any kind survive or are refused, as the policy says") {
  Sample sample;
  sample.bind();
  sample.registration.policy.attestation = wire::AttestationAcceptance::verify;
  Json got = sample.get(), created = sample.create();
  const Json outputs = {{"unknown", {{"deep", {1, 2, nullptr}}}}, {"appid", "yes"}, {"largeBlob", nullptr}};
  created["clientExtensionResults"].update(outputs);
  got["clientExtensionResults"].update(outputs);
  CHECK(code_of(sample.verify_created(created)) == "accepted");
  CHECK(code_of(sample.verify_got(got)) == "accepted");
  sample.registration.policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse;
  sample.authentication.policy.unsolicited_extensions = wire::UnsolicitedExtensions::refuse;
  CHECK(code_of(sample.verify_created(created)) == "webauthn_extension_unsolicited");
  CHECK(code_of(sample.verify_got(got)) == "webauthn_extension_unsolicited");
  sample.registration.extensions = {"credProps", "unknown", "appid", "largeBlob"};
  sample.authentication.extensions = {"unknown", "appid", "largeBlob"};
  CHECK(code_of(sample.verify_created(created)) == "accepted");
  CHECK(code_of(sample.verify_got(got)) == "accepted");
  // What was asked for and did not come is no fault.
  created.erase("clientExtensionResults");
  CHECK(code_of(sample.verify_created(created)) == "accepted");
}

TEST_CASE("only what the server stored makes a creation conditional") {
  Sample sample;
  Behaviour absent;
  absent.lie = Lie::no_up;
  Json json = sample.create(absent);
  json["mediation"] = "conditional";
  json["clientExtensionResults"]["mediation"] = "conditional";
  json["response"]["mediation"] = "conditional";
  CHECK(code_of(sample.verify_created(json)) == "webauthn_user_not_present");
  Behaviour claiming = absent;
  claiming.edit_client_data = [](std::string& text) { text.insert(1, "\"mediation\":\"conditional\","); };
  CHECK(code_of(sample.enrol(claiming)) == "webauthn_user_not_present");
  sample.registration.conditional_create = true;
  CHECK(code_of(sample.verify_created(json)) == "accepted");
  // Presence alone: verification is asked for all the same.
  absent.edit_authenticator_data = [](Bytes& data) { data[32] &= 0xfb; };
  CHECK(code_of(sample.enrol(absent)) == "webauthn_user_not_verified");
  // An assertion is never excused.
  sample.bind();
  Behaviour asserting;
  asserting.lie = Lie::no_up;
  CHECK(code_of(sample.sign_in(asserting)) == "webauthn_user_not_present");
  sample.authentication.policy = wire::fido_conformance_policy();
  CHECK(code_of(sample.sign_in(asserting)) == "accepted");
}

TEST_CASE("an empty user handle is none") {
  Sample sample;
  sample.bind();
  Json json = sample.get();
  json["response"]["userHandle"] = "";
  CHECK(code_of(sample.verify_got(json)) == "webauthn_user_handle_missing");
  sample.authentication.allow_credentials = {sample.record.id};
  CHECK(code_of(sample.verify_got(json)) == "accepted");
}

TEST_CASE("the counter is rejected, signalled or ignored, as the policy says") {
  Sample sample;
  sample.bind();
  sample.record.sign_count = 1000;
  const Json json = sample.get();
  CHECK(code_of(sample.verify_got(json)) == "webauthn_counter_went_back");
  sample.authentication.policy.counter = wire::CounterPolicy::signal;
  const auto signalled = sample.verify_got(json);
  REQUIRE(code_of(signalled) == "accepted");
  CHECK(signalled->counter_went_back());
  sample.authentication.policy.counter = wire::CounterPolicy::ignore;
  const auto ignored = sample.verify_got(json);
  REQUIRE(code_of(ignored) == "accepted");
  CHECK_FALSE(ignored->counter_went_back());
}

}  // namespace tegata::webauthn::test
