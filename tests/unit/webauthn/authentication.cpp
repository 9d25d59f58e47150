#include <thread>

#include "tests/unit/webauthn/sample.h"

namespace tegata::webauthn::test {
namespace {

// DER of an ECDSA signature of two given numbers.
Bytes ecdsa(const Bytes& r, const Bytes& s) {
  Bytes out{0x30, static_cast<std::uint8_t>(4 + r.size() + s.size()), 0x02, static_cast<std::uint8_t>(r.size())};
  out.insert(out.end(), r.begin(), r.end());
  out.insert(out.end(), {0x02, static_cast<std::uint8_t>(s.size())});
  out.insert(out.end(), s.begin(), s.end());
  return out;
}

Bytes flipped(Bytes bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
  return bytes;
}

}  // namespace

TEST_CASE("an assertion of every supported algorithm is accepted") {
  const std::int64_t algorithm = GENERATE(-7, -8, -257);
  Sample sample;
  Behaviour behaviour;
  behaviour.algorithm = algorithm;
  sample.bind(behaviour);
  const auto verified = sample.sign_in();
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->credential_id() == sample.record.id);
  CHECK(verified->sign_count() == 1);
  CHECK(verified->user_verified());
  CHECK_FALSE(verified->backup_state());
  CHECK_FALSE(verified->counter_went_back());
}

TEST_CASE("each named lie at authentication has its own code") {
  Sample sample;
  sample.bind();
  CHECK(code_of(sample.sign_in(lying(Lie::type))) == "webauthn_type_mismatch");
  CHECK(code_of(sample.sign_in(lying(Lie::challenge))) == "webauthn_challenge_mismatch");
  CHECK(code_of(sample.sign_in(lying(Lie::origin))) == "webauthn_origin_mismatch");
  CHECK(code_of(sample.sign_in(lying(Lie::rp_id))) == "webauthn_rp_id_mismatch");
  CHECK(code_of(sample.sign_in(lying(Lie::no_up))) == "webauthn_user_not_present");
  CHECK(code_of(sample.sign_in(lying(Lie::no_uv))) == "webauthn_user_not_verified");
  CHECK(code_of(sample.sign_in(lying(Lie::bogus_signature))) == "webauthn_signature_invalid");
}

TEST_CASE("a registration's client data does not sign anybody in") {
  Sample sample;
  sample.bind();
  Behaviour behaviour;
  behaviour.edit_client_data = [](std::string& text) {
    text.replace(text.find("webauthn.get"), 12, "webauthn.create");
  };
  CHECK(code_of(sample.sign_in(behaviour)) == "webauthn_type_mismatch");
}

TEST_CASE("refusals of an assertion cite its own section") {
  Sample sample;
  sample.bind();
  const auto refused = sample.sign_in(lying(Lie::origin));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().clause() == "webauthn-3#sctn-verifying-assertion: origin is expected");
}

TEST_CASE("user verification that was not required may be missing, presence never") {
  Sample sample;
  sample.bind();
  sample.authentication.policy.user_verification = wire::UserVerification::discouraged;
  const auto verified = sample.sign_in(lying(Lie::no_uv));
  REQUIRE(code_of(verified) == "accepted");
  CHECK_FALSE(verified->user_verified());
  CHECK(code_of(sample.sign_in(lying(Lie::no_up))) == "webauthn_user_not_present");
}

TEST_CASE("the user handle owns the record") {
  Sample sample;
  sample.bind();
  Json json = sample.get();
  json["response"].erase("userHandle");
  CHECK(code_of(sample.verify_got(json)) == "webauthn_user_handle_missing");
  json["response"]["userHandle"] = nullptr;
  CHECK(code_of(sample.verify_got(json)) == "webauthn_user_handle_missing");
  json["response"]["userHandle"] = "";  // of no length: the same as none
  CHECK(code_of(sample.verify_got(json)) == "webauthn_user_handle_missing");
  for (const auto& other : {"someone-else"_b, "x"_b}) {
    json["response"]["userHandle"] = base64url(other);
    CHECK(code_of(sample.verify_got(json)) == "webauthn_user_handle_mismatch");
  }
}

TEST_CASE("with allowCredentials the handle may be missing, but not wrong") {
  Sample sample;
  sample.bind();
  sample.authentication.allow_credentials = {sample.record.id};
  Behaviour silent;
  silent.send_user_handle = false;
  CHECK(code_of(sample.sign_in(silent)) == "accepted");
  Json json = sample.get();
  json["response"]["userHandle"] = base64url("someone-else"_b);
  CHECK(code_of(sample.verify_got(json)) == "webauthn_user_handle_mismatch");
  json = sample.get();
  sample.authentication.allow_credentials = {"another"_b};
  CHECK(code_of(sample.verify_got(json)) == "webauthn_credential_not_allowed");
}

TEST_CASE("a person without a user handle owns nothing") {
  Sample sample;
  sample.bind();
  const auto response = parse_authentication_response(sample.get());
  const auto key = PublicKey::parse(sample.record.public_key);
  CHECK(code_of(verify_authentication(sample.authentication, *response, sample.record, {}, *key)) ==
        "webauthn_user_handle_mismatch");
}

TEST_CASE("the record belongs to that credential and that RP ID") {
  Sample sample;
  sample.bind();
  const Json json = sample.get();
  sample.record.id = "another"_b;
  CHECK(code_of(sample.verify_got(json)) == "webauthn_credential_id_mismatch");
  sample.record.id = parse_base64url(json["id"].get<std::string>()).value();
  sample.record.rp_id = "other.example";
  CHECK(code_of(sample.verify_got(json)) == "webauthn_rp_id_mismatch");
}

TEST_CASE("backup eligibility never changes, the state may") {
  Sample sample;
  sample.bind(backed_up(true, false));
  const auto verified = sample.sign_in(backed_up(true, true));
  REQUIRE(code_of(verified) == "accepted");
  CHECK(verified->backup_state());
  CHECK(code_of(sample.sign_in(backed_up(false, false))) == "webauthn_backup_eligibility_changed");
  CHECK(code_of(sample.sign_in(backed_up(false, true))) == "webauthn_backup_state_without_eligibility");
  Sample bound;
  bound.bind();
  CHECK(code_of(bound.sign_in(backed_up(true, false))) == "webauthn_backup_eligibility_changed");
}

TEST_CASE("the counter grows, or stays at zero") {
  Sample sample;
  sample.bind();
  CHECK(code_of(sample.sign_in(counting(0))) == "accepted");
  sample.record.sign_count = 5;
  CHECK(code_of(sample.sign_in(counting(6))) == "accepted");
  CHECK(code_of(sample.sign_in(counting(UINT32_MAX))) == "accepted");
  CHECK(code_of(sample.sign_in(counting(5))) == "webauthn_counter_went_back");
  CHECK(code_of(sample.sign_in(counting(4))) == "webauthn_counter_went_back");
  CHECK(code_of(sample.sign_in(counting(0))) == "webauthn_counter_went_back");
  sample.authentication.policy.counter = wire::CounterPolicy::signal;
  const auto signalled = sample.sign_in(counting(5));
  REQUIRE(code_of(signalled) == "accepted");
  CHECK(signalled->counter_went_back());
  CHECK_FALSE(sample.sign_in(counting(6))->counter_went_back());
  sample.authentication.policy.counter = wire::CounterPolicy::ignore;
  CHECK_FALSE(sample.sign_in(counting(5))->counter_went_back());
}

TEST_CASE("the counter is judged only after the signature") {
  Sample sample;
  sample.bind();
  sample.record.sign_count = 5;
  Behaviour behaviour = lying(Lie::bogus_signature);
  behaviour.sign_count = 1;
  CHECK(code_of(sample.sign_in(behaviour)) == "webauthn_signature_invalid");
}

TEST_CASE("authenticator data of the wrong shape in an assertion") {
  Sample sample;
  sample.bind();
  CHECK(code_of(sample.sign_in(editing([](Bytes& d) { d.clear(); }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.sign_in(editing([](Bytes& d) { d.pop_back(); }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.sign_in(editing([](Bytes& d) { d.push_back(0); }))) == "webauthn_authenticator_data_leftover");
  CHECK(code_of(sample.sign_in(editing([](Bytes& d) { d[32] |= 0x40; }))) == "webauthn_authenticator_data_malformed");
  CHECK(code_of(sample.sign_in(editing([](Bytes& d) { d[32] |= 0x02; }))) == "webauthn_reserved_flags");
  const Bytes cose = sample.record.public_key;
  CHECK(code_of(sample.sign_in(editing([&](Bytes& d) {
          d[32] |= 0x40;
          d.insert(d.end(), 16, 0);
          d.insert(d.end(), {0, 1, 0x61});
          d.insert(d.end(), cose.begin(), cose.end());
        }))) == "webauthn_attested_data_unexpected");
}

TEST_CASE("extension outputs of an assertion survive") {
  Sample sample;
  sample.bind();
  Behaviour behaviour;
  behaviour.extensions = sandbox::authenticator::CborWriter().map(1).text("other").map(1).text("a").bytes("b"_b).out();
  CHECK(code_of(sample.sign_in(behaviour)) == "accepted");
}

TEST_CASE("ECDSA signatures that are none") {
  Sample sample;
  sample.registration.algorithms = {-7};
  sample.bind();
  const Bytes zero{0}, one{1};
  Bytes order = from_hex("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  for (const auto& bogus :
       {ecdsa(zero, zero), ecdsa(zero, one), ecdsa(one, zero), ecdsa(one, one), ecdsa(order, one), ecdsa(one, order),
        ecdsa(order, order), Bytes{}, Bytes{0x30}, Bytes{0x30, 0x80}, Bytes(64, 0x5a)}) {
    INFO(hex(bogus));
    CHECK(code_of(sample.sign_in(signing([&](Bytes& s) { s = bogus; }))) == "webauthn_signature_invalid");
  }
  CHECK(code_of(sample.sign_in(signing([](Bytes& s) { s.push_back(0); }))) == "webauthn_signature_invalid");
  CHECK(code_of(sample.sign_in(signing([](Bytes& s) { s.pop_back(); }))) == "webauthn_signature_invalid");
}

TEST_CASE("no bit of a good assertion can be turned over") {
  const std::int64_t algorithm = GENERATE(-7, -8, -257);
  Sample sample;
  Behaviour behaviour;
  behaviour.algorithm = algorithm;
  sample.bind(behaviour);
  const auto good = parse_authentication_response(sample.get());
  const auto key = PublicKey::parse(sample.record.public_key);
  REQUIRE((good && key));
  const auto verify = [&](const AuthenticationResponse& response) {
    return verify_authentication(sample.authentication, response, sample.record, sample.user_handle, *key).has_value();
  };
  REQUIRE(verify(*good));
  for (auto part : {&AuthenticationResponse::client_data_json, &AuthenticationResponse::authenticator_data,
                    &AuthenticationResponse::signature}) {
    int survived = 0;
    for (std::size_t bit = 0; bit < ((*good).*part).size() * 8; ++bit) {
      AuthenticationResponse response = *good;
      response.*part = flipped((*good).*part, bit);
      survived += verify(response);
    }
    CHECK(survived == 0);
  }
}

TEST_CASE("one kept key verifies on several threads") {
  Sample sample;
  sample.bind();
  const auto response = parse_authentication_response(sample.get());
  const auto key = PublicKey::parse(sample.record.public_key);
  std::array<int, 4> good{};
  std::vector<std::thread> threads;
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        count += verify_authentication(sample.authentication, *response, sample.record, sample.user_handle, *key)
                     .has_value();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == std::array<int, 4>{50, 50, 50, 50});
}

}  // namespace tegata::webauthn::test
