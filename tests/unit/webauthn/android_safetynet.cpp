#include "tests/unit/webauthn/attested_sample.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test {
namespace {

using sandbox::authenticator::CborWriter;

struct Phone : Sample {
  Phone() {
    registration.policy.android_safetynet_allowed = true;
    behaviour = attesting(AttestationChoice::android_safetynet, -7);
    behaviour.now = registration.now;
  }
  Result<VerifiedRegistration> lied(Lie lie) {
    behaviour.lie = lie;
    return enrol(behaviour);
  }
  Result<VerifiedRegistration> edited(std::function<void(Json& header, std::string& payload)> edit) {
    behaviour.edit_response = std::move(edit);
    return enrol(behaviour);
  }
  // A member of the header, or of the payload.
  Result<VerifiedRegistration> header(const char* name, const Json& value) {
    return edited([=](Json& json, std::string&) { json[name] = value; });
  }
  Result<VerifiedRegistration> payload(const char* name, const std::optional<Json>& value) {
    return edited([=](Json&, std::string& text) {
      Json json = Json::parse(text);
      if (value) json[name] = *value;
      if (!value) json.erase(name);
      text = dump_json(json);
    });
  }
  // The statement with another value under a name.
  Result<VerifiedRegistration> with(std::string_view name, const std::optional<Bytes>& value) {
    const Json json = create(behaviour);
    const Bytes object = conformance::part(json, "attestationObject");
    const Bytes statement = with_member(*wire::Cbor::scan(object)->find("attStmt"), name, value);
    return verify_created(conformance::with_statement(json, "android-safetynet", statement));
  }
  // The text of the response with something done to it.
  Result<VerifiedRegistration> rewritten(const std::function<void(std::string&)>& edit) {
    const Json json = create(behaviour);
    const Bytes object = conformance::part(json, "attestationObject");
    const wire::Cbor statement = *wire::Cbor::scan(object)->find("attStmt");
    std::string text(as_text(*statement.find("response")->byte_string()));
    edit(text);
    const Bytes changed = with_member(statement, "response", CborWriter().bytes(as_bytes(text)).out());
    return verify_created(conformance::with_statement(json, "android-safetynet", changed));
  }

  Behaviour behaviour;
};

}  // namespace

TEST_CASE("android-safetynet: off unless the policy allows it") {
  Phone phone;
  phone.registration.policy.android_safetynet_allowed = false;
  CHECK_REFUSED(phone.enrol(phone.behaviour), errors::webauthn_attestation_format_unsupported,
                wire::clauses::safetynet_allowed);
  CHECK_FALSE(wire::standard_policy().android_safetynet_allowed);
  CHECK_FALSE(wire::strict_policy().android_safetynet_allowed);
}

TEST_CASE("android-safetynet: a good one is trusted to its root") {
  Phone phone;
  phone.registration.policy.attestation = wire::AttestationAcceptance::trust;
  phone.registration.anchors = {phone.authenticator.attestation_root()};
  const auto verified = phone.enrol(phone.behaviour);
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->record().attestation_type == "trusted");
  phone.registration.anchors = {conformance::Chain().root_der()};
  CHECK_REFUSED(phone.enrol(phone.behaviour), errors::webauthn_attestation_untrusted, wire::clauses::attestation_trust);
}

TEST_CASE("android-safetynet: exactly ver and response") {
  CHECK_REFUSED(Phone().lied(Lie::safetynet_ver), statement_malformed, wire::clauses::safetynet_syntax);
  CHECK_REFUSED(Phone().with("ver", {}), statement_malformed, wire::clauses::safetynet_syntax);
  CHECK_REFUSED(Phone().with("ver", CborWriter().integer(14366018).out()), statement_malformed,
                wire::clauses::safetynet_syntax);
  CHECK_REFUSED(Phone().with("response", {}), statement_malformed, wire::clauses::safetynet_syntax);
  CHECK_REFUSED(Phone().with("response", CborWriter().text("a.b.c").out()), statement_malformed,
                wire::clauses::safetynet_syntax);
  CHECK_REFUSED(Phone().lied(Lie::safetynet_other_member), statement_malformed, wire::clauses::safetynet_syntax);
  CHECK_REFUSED(Phone().lied(Lie::safetynet_response_empty), statement_malformed, wire::clauses::safetynet_response);
}

TEST_CASE("android-safetynet: the response is a JWS of three parts") {
  CHECK_REFUSED(Phone().rewritten([](std::string& text) { text += ".e30"; }), statement_malformed,
                wire::clauses::safetynet_response);
  CHECK_REFUSED(Phone().rewritten([](std::string& text) { text.resize(text.rfind('.')); }), statement_malformed,
                wire::clauses::safetynet_response);
  CHECK_REFUSED(Phone().rewritten([](std::string& text) { text += "="; }), statement_malformed,
                wire::clauses::safetynet_response);
  CHECK_REFUSED_AS(Phone().rewritten([](std::string& text) { text.insert(0, "="); }), statement_malformed,
                   wire::clauses::safetynet_response, "header is not base64url");
  CHECK_REFUSED(Phone().rewritten([](std::string& text) { text.replace(0, text.find('.'), "e30x"); }),
                statement_malformed, wire::clauses::safetynet_response);
  // Signed, but no JSON.
  CHECK_REFUSED(Phone().edited([](Json&, std::string& payload) { payload = "{"; }), statement_malformed,
                wire::clauses::safetynet_response);
}

TEST_CASE("android-safetynet: the header names RS256 and certificates") {
  for (const Json& alg : {Json("none"), Json("HS256"), Json("rs256"), Json("RS384"), Json(256), Json(nullptr)}) {
    INFO(alg);
    CHECK_REFUSED(Phone().header("alg", alg), statement_malformed, wire::clauses::safetynet_response);
  }
  CHECK_REFUSED(Phone().header("crit", Json::array({"exp"})), statement_malformed, wire::clauses::safetynet_response);
  CHECK_REFUSED(Phone().lied(Lie::safetynet_x5c_empty), statement_malformed, wire::clauses::safetynet_response);
  CHECK_REFUSED_AS(Phone().header("x5c", Json::array({"!"})), statement_malformed, wire::clauses::safetynet_response,
                   "x5c is not base64");
  CHECK_REFUSED(Phone().header("x5c", nullptr), statement_malformed, wire::clauses::safetynet_response);
  for (const Json& x5c : {Json("AAAA"), Json::array({1})}) {
    INFO(x5c);
    CHECK_REFUSED_AS(Phone().header("x5c", x5c), statement_malformed, wire::clauses::safetynet_response, "x5c");
  }
  CHECK_REFUSED(Phone().edited([](Json& header, std::string&) {
    while (header["x5c"].size() < 9) header["x5c"].push_back(header["x5c"][1]);
  }),
                statement_malformed, wire::clauses::safetynet_response);
  CHECK_REFUSED(Phone().header("x5c", Json::array({"AAAA"})), errors::webauthn_attestation_certificate_malformed,
                wire::clauses::certificate_der);
}

TEST_CASE("android-safetynet: the certificate is the service's") {
  CHECK_REFUSED(Phone().lied(Lie::safetynet_host), errors::webauthn_safetynet_host, wire::clauses::safetynet_host);
  for (const char* name : {"DNS:*.android.com", "DNS:android.com", "email:a@attest.android.com"}) {
    INFO(name);
    const conformance::Chain chain([&](conformance::Chain& c) {
      c.leaf_profile.extensions.push_back({"subjectAltName", name});
    });
    CHECK_REFUSED(Phone().header("x5c", Json::array({base64(chain.leaf_der())})), errors::webauthn_safetynet_host,
                  wire::clauses::safetynet_host);
  }
}

TEST_CASE("android-safetynet: the response is signed by its first certificate") {
  const auto wrong = errors::webauthn_attestation_signature_invalid;
  CHECK_REFUSED(Phone().lied(Lie::bogus_signature), wrong, wire::clauses::safetynet_signature);
  CHECK_REFUSED(Phone().rewritten([](std::string& text) { text.resize(text.rfind('.') + 1); }), wrong,
                wire::clauses::safetynet_signature);
  const auto with_key = [](const sandbox::test_pki::Key& key) {
    const conformance::Chain chain;
    sandbox::test_pki::Profile profile = chain.leaf_profile;
    profile.extensions.push_back({"subjectAltName", "DNS:attest.android.com"});
    return Json::array({base64(sandbox::test_pki::der(sandbox::test_pki::issue(profile, key, chain.root)))});
  };
  CHECK_REFUSED(Phone().header("x5c", with_key(sandbox::test_pki::rsa_key())), wrong,
                wire::clauses::safetynet_signature);
  CHECK_REFUSED(Phone().header("x5c", with_key(sandbox::test_pki::p256_key())),
                errors::webauthn_attestation_algorithm_mismatch, wire::clauses::safetynet_signature);
}

TEST_CASE("android-safetynet: the nonce is that of the ceremony") {
  const auto wrong = errors::webauthn_safetynet_nonce_mismatch;
  CHECK_REFUSED(Phone().lied(Lie::safetynet_nonce), wrong, wire::clauses::safetynet_nonce);
  CHECK_REFUSED(Phone().payload("nonce", {}), wrong, wire::clauses::safetynet_nonce);
  CHECK_REFUSED(Phone().payload("nonce", Json("")), wrong, wire::clauses::safetynet_nonce);
  CHECK_REFUSED(Phone().edited([](Json&, std::string& payload) { payload = "[]"; }), wrong,
                wire::clauses::safetynet_nonce);
}

TEST_CASE("android-safetynet: the device passed") {
  const auto failed = errors::webauthn_safetynet_cts_profile;
  CHECK_REFUSED(Phone().lied(Lie::safetynet_cts), failed, wire::clauses::safetynet_cts);
  CHECK_REFUSED(Phone().payload("ctsProfileMatch", {}), failed, wire::clauses::safetynet_cts);
  CHECK_REFUSED(Phone().payload("ctsProfileMatch", Json("true")), failed, wire::clauses::safetynet_cts);
  CHECK_REFUSED(Phone().payload("ctsProfileMatch", Json(1)), failed, wire::clauses::safetynet_cts);
}

TEST_CASE("android-safetynet: made within the last minute") {
  const auto time = errors::webauthn_safetynet_time;
  CHECK_REFUSED(Phone().lied(Lie::safetynet_future), time, wire::clauses::safetynet_time);
  CHECK_REFUSED(Phone().lied(Lie::safetynet_old), time, wire::clauses::safetynet_time);
  CHECK_REFUSED(Phone().payload("timestampMs", {}), statement_malformed, wire::clauses::safetynet_response);
  CHECK_REFUSED(Phone().payload("timestampMs", Json("now")), statement_malformed, wire::clauses::safetynet_response);
  const std::int64_t now = unix_milliseconds(Phone().registration.now);
  CHECK_ACCEPTED(Phone().payload("timestampMs", Json(now)));
  CHECK_ACCEPTED(Phone().payload("timestampMs", Json(now - 60'000)));
  CHECK_REFUSED(Phone().payload("timestampMs", Json(now + 1)), time, wire::clauses::safetynet_time);
  CHECK_REFUSED(Phone().payload("timestampMs", Json(now - 60'001)), time, wire::clauses::safetynet_time);
}

}  // namespace tegata::webauthn::test
