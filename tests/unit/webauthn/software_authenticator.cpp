#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {

TEST_CASE("a software authenticator survives its key file") {
  Sample sample;
  sample.bind({.attestation = AttestationChoice::packed_x5c});
  const auto text = dump_json(sample.authenticator.save());
  auto loaded = sandbox::authenticator::Authenticator::load(parse_json(text).value());
  REQUIRE(code_of(loaded) == "accepted");
  const Bytes root = sample.authenticator.attestation_root();
  sample.authenticator = std::move(*loaded);
  CHECK(sample.authenticator.attestation_root() == root);
  CHECK(code_of(sample.sign_in()) == "accepted");
  sample.registration.policy.attestation = wire::AttestationAcceptance::trust;
  sample.registration.anchors = {root};
  CHECK(code_of(sample.enrol({.attestation = AttestationChoice::packed_x5c})) == "accepted");
}

TEST_CASE("key files that are damaged are refused") {
  Sample sample;
  sample.bind();
  const Json good = sample.authenticator.save();
  const auto load = [&](const char* pointer, const Json& value) {
    Json json = good;
    json[Json::json_pointer(pointer)] = value;
    return code_of(sandbox::authenticator::Authenticator::load(json));
  };
  CHECK(load("/aaguid", "YWFn") == "authenticator_file_malformed");
  CHECK(load("/credentials", 7) == "authenticator_file_malformed");
  CHECK(load("/credentials/0/private_key", "YWFn") == "authenticator_file_malformed");
  CHECK(load("/credentials/0/algorithm", -47) == "authenticator_file_malformed");
  CHECK(load("/credentials/0/sign_count", -1) == "authenticator_file_malformed");
  CHECK(load("/attestation/key", "YWFn") == "authenticator_file_malformed");
  CHECK(load("/attestation/root", 7) == "json_member_type");
  CHECK(code_of(sandbox::authenticator::Authenticator::load(Json::object())) == "json_member_missing");
}

TEST_CASE("a software authenticator keeps to the options") {
  Sample sample;
  sample.bind();
  const CreationUser user{sample.user_handle, "kensho", "検証 太郎"};
  const auto create = [&](const Json& options) {
    return code_of(sample.authenticator.create(options, sample.origin, {}, sample.random));
  };
  CHECK(create(creation_options(sample.registration, "検証機関", user, {sample.record}, "none", 5000)) ==
        "authenticator_excluded");
  sample.registration.algorithms = {-47, -48};
  CHECK(create(creation_options(sample.registration, "検証機関", user, {}, "none", 5000)) ==
        "authenticator_algorithm_unsupported");
  CHECK(create(Json::object()) == "json_member_missing");
  sample.authentication.rp_id = "other.example";
  CHECK(code_of(sample.authenticator.get(request_options(sample.authentication, 5000), sample.origin, {},
                                         sample.random)) == "authenticator_no_credential");
}

}  // namespace tegata::webauthn::test
