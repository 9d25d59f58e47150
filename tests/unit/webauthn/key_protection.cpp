// Where a credential's key is kept: what each statement proves, what metadata adds, and how a phone that was bound
// before is judged again.
#include "rp/webauthn/wire/key_protection.h"

#include "rp/webauthn/key_standing.h"
#include "tests/unit/webauthn/metadata_sample.h"
#include "tests/unit/webauthn/statements.h"

namespace tegata::webauthn::test::key_protection {
namespace {

using Words = std::vector<std::string>;

// What a statement proves by itself, to whoever has the authenticator's root as an anchor.
std::string proved_by(const Behaviour& behaviour) {
  Sample sample;
  sample.registration.algorithms = {-7};
  sample.registration.anchors = {sample.authenticator.attestation_root()};
  sample.registration.policy.backup_eligible_allowed = true;
  const auto verified = sample.enrol(behaviour);
  return verified ? std::string(wire::name_of(verified->record().key_protection)) : code_of(verified);
}
std::string proved_by(AttestationChoice choice) { return proved_by(attesting(choice, -7)); }

Behaviour android(std::uint8_t statement, std::uint8_t key) {
  Behaviour out = attesting(AttestationChoice::android_key, -7);
  out.android_statement_level = statement;
  out.android_key_level = key;
  return out;
}
Behaviour tpm(std::uint32_t attributes) {
  Behaviour out = attesting(AttestationChoice::tpm, -7);
  out.tpm_attributes = attributes;
  return out;
}

// A phone that was bound, and metadata that changes after it.
struct BoundPhone : Known {
  explicit BoundPhone(const Behaviour& behaviour = attesting(AttestationChoice::packed_x5c, -7)) {
    statement()["attestationTypes"] = {"basic_full"};
    registration.policy = wire::standard_policy();
    bind(behaviour);
  }
  wire::KeyStanding standing(Instant at) {
    publish();
    return judge_key(&*metadata, record, at, at).value();
  }
  std::string protection() { return std::string(wire::name_of(standing(registration.now).protection)); }
  std::string certification() { return std::string(wire::name_of(standing(registration.now).certification)); }
};

}  // namespace

TEST_CASE("key protection: the least that the words of a metadata statement leave open") {
  const auto least = [](const Words& words) { return std::string(wire::name_of(wire::parse_key_protection(words))); };
  CHECK(least({"software"}) == "software");
  CHECK(least({"hardware"}) == "hardware");
  CHECK(least({"hardware", "tee"}) == "tee");
  CHECK(least({"secure_element", "hardware"}) == "secure_element");
  CHECK(least({"hardware", "secure_element", "remote_handle"}) == "secure_element");
  CHECK(least({"hardware", "software"}) == "software");
  CHECK(least({"secure_element", "tee"}) == "tee");
  CHECK(least({"remote_handle"}) == "unproven");
  CHECK(least({"Hardware", "of the future"}) == "unproven");
  CHECK(least({}) == "unproven");
}

TEST_CASE("key protection: levels and certifications are ordered, and keep their numbers") {
  CHECK(static_cast<int>(wire::KeyProtection::unproven) == 0);
  CHECK(static_cast<int>(wire::KeyProtection::software) == 1);
  CHECK(static_cast<int>(wire::KeyProtection::secure_element) == 4);
  int number = 0;
  for (const char* name : {"NOT_FIDO_CERTIFIED", "SELF_ASSERTION_SUBMITTED", "FIDO_CERTIFIED", "FIDO_CERTIFIED_L1",
                           "FIDO_CERTIFIED_L1plus", "FIDO_CERTIFIED_L2", "FIDO_CERTIFIED_L2plus", "FIDO_CERTIFIED_L3",
                           "FIDO_CERTIFIED_L3plus"}) {
    const auto found = wire::find_certification(name);
    REQUIRE(found);
    CHECK(static_cast<int>(*found) == number++);
    CHECK(wire::name_of(*found) == name);
  }
  CHECK(wire::find_certification("RETIRED") == wire::Certification::not_certified);
  CHECK_FALSE(wire::find_certification("REVOKED"));
  CHECK_FALSE(wire::find_certification("FIDO_CERTIFIED_L4"));
  CHECK(wire::is_hardware({wire::KeyProtection::hardware, wire::Certification::l1}, wire::Certification::l1));
  CHECK_FALSE(
      wire::is_hardware({wire::KeyProtection::hardware, wire::Certification::functional}, wire::Certification::l1));
  CHECK_FALSE(wire::is_hardware({wire::KeyProtection::software, wire::Certification::l3_plus},
                                wire::Certification::not_certified));
}

TEST_CASE("key protection: what a statement proves by itself") {
  CHECK(proved_by(AttestationChoice::none) == "unproven");
  CHECK(proved_by(AttestationChoice::packed_self) == "unproven");
  CHECK(proved_by(AttestationChoice::packed_x5c) == "unproven");
  CHECK(proved_by(AttestationChoice::fido_u2f) == "unproven");
  CHECK(proved_by(AttestationChoice::apple) == "hardware");
  CHECK(proved_by(AttestationChoice::tpm) == "hardware");
  CHECK(proved_by(AttestationChoice::android_key) == "tee");
  Behaviour synced = attesting(AttestationChoice::android_key, -7);
  synced.backup_eligible = true;
  CHECK(proved_by(synced) == "unproven");
}

TEST_CASE("defect: android-key counted as hardware whatever its security levels said") {
  CHECK(proved_by(android(2, 2)) == "secure_element");
  CHECK(proved_by(android(1, 2)) == "tee");
  CHECK(proved_by(android(2, 1)) == "tee");
  CHECK(proved_by(android(0, 0)) == "software");
  CHECK(proved_by(android(1, 0)) == "software");
  CHECK(proved_by(android(0, 1)) == "software");
  CHECK(proved_by(android(3, 3)) == "software");
  CHECK(proved_by(android(100, 100)) == "software");
  Behaviour software_only = android(2, 2);
  software_only.lie = Lie::android_software_only;
  CHECK(proved_by(software_only) == "software");
}

TEST_CASE("key protection: a TPM's word counts for keys that it made and that cannot leave it") {
  constexpr std::uint32_t sign = 0x00040000, own = 0x32;
  CHECK(proved_by(tpm(sign | own)) == "hardware");
  CHECK(proved_by(tpm(0xffffffff)) == "hardware");
  for (const std::uint32_t bit : {0x02u, 0x10u, 0x20u}) CHECK(proved_by(tpm(sign | (own & ~bit))) == "software");
}

TEST_CASE("key protection: of a compound, the least that its parts say; who says nothing takes nothing") {
  const auto of = [](std::vector<AttestationChoice> parts, std::uint8_t level) {
    Behaviour behaviour = android(level, level);
    behaviour.attestation = AttestationChoice::compound;
    behaviour.compound = std::move(parts);
    return proved_by(behaviour);
  };
  using enum AttestationChoice;
  CHECK(of({android_key, tpm}, 2) == "hardware");
  CHECK(of({tpm, android_key}, 0) == "software");
  CHECK(of({android_key, packed_self}, 1) == "tee");
  CHECK(of({packed_x5c, android_key, none}, 2) == "secure_element");
  CHECK(of({packed_x5c, packed_self}, 1) == "unproven");
}

TEST_CASE("key protection: real Android phones keep their keys in secure hardware") {
  for (auto& [entry, recorded] : real_registrations("android-key")) {
    INFO(entry["id"]);
    recorded.expected.anchors = {recorded_anchor(entry)};
    const auto verified = verify_registration(recorded.expected, recorded.response);
    REQUIRE(code_of(verified) == "accepted");
    CHECK(verified->record().key_protection >= wire::KeyProtection::tee);
  }
}

TEST_CASE("key standing: metadata of now decides, not that of the registration") {
  BoundPhone phone;  // bound without any
  CHECK(phone.record.key_protection == wire::KeyProtection::unproven);
  CHECK(phone.protection() == "tee");
  phone.statement()["keyProtection"] = {"software"};
  CHECK(phone.protection() == "software");
  phone.statement().erase("keyProtection");
  CHECK(phone.protection() == "unproven");
  phone.statement()["keyProtection"] = "hardware";  // no list: the entry vouches for nothing
  CHECK(phone.protection() == "unproven");
  CHECK(phone.certification() == "NOT_FIDO_CERTIFIED");
  phone.statement()["keyProtection"] = {"hardware"};
  CHECK(phone.protection() == "hardware");
  phone.statement()["attestationTypes"] = {"basic_surrogate"};
  CHECK(phone.protection() == "unproven");
  phone.statement()["attestationTypes"] = {"basic_full"};
  phone.statement()["authenticationAlgorithms"] = {"ed25519_eddsa_sha512_raw"};
  CHECK(phone.protection() == "unproven");
  phone.statement()["authenticationAlgorithms"] = {"secp256r1_ecdsa_sha256_raw"};
  phone.statement()["attestationRootCertificates"] = {base64(phone.maker.root_der())};
  CHECK(phone.protection() == "unproven");
  CHECK(judge_key(nullptr, phone.record, phone.registration.now, phone.registration.now)->protection ==
        wire::KeyProtection::unproven);
}

TEST_CASE("key standing: the statement must be that of the very key, unaltered") {
  BoundPhone phone;
  const CredentialRecord good = phone.record;
  phone.record.public_key.back() ^= 1;
  CHECK(phone.protection() == "unproven");
  phone.record = good;
  phone.record.attestation_client_data_json.push_back(' ');
  CHECK(phone.protection() == "unproven");
  phone.record = good;
  phone.record.attestation_object.pop_back();
  CHECK(phone.protection() == "unproven");
  phone.record = good;
  phone.record.backup_eligible = true;
  CHECK(phone.protection() == "unproven");
  phone.record = good;
  CHECK(phone.protection() == "tee");
}

TEST_CASE("key standing: certificates that have ended since were good when the statement was made") {
  Known phone;
  const Batch batch;  // to 2030
  phone.statement()["attestationRootCertificates"] = {base64(sandbox::test_pki::der(batch.root.certificate))};
  phone.authenticator.set_attestation(batch.leaf.key, batch.path());
  phone.publish();
  phone.bind(attesting(AttestationChoice::packed_x5c, -7));
  const Instant later = from_unix_seconds(1'950'000'000);
  CHECK(judge_key(&*phone.metadata, phone.record, phone.registration.now, later)->protection ==
        wire::KeyProtection::tee);
  CHECK(judge_key(&*phone.metadata, phone.record, later, later)->protection == wire::KeyProtection::unproven);
}

TEST_CASE("key standing: the certification that was reported last, of those in effect") {
  BoundPhone phone;
  const auto reported = [&](std::initializer_list<std::pair<const char*, const char*>> reports) {
    phone.entry()["statusReports"] = Json::array();
    for (const auto& [status, day] : reports) phone.report(MetadataMaker::report(status, day));
    return phone.certification();
  };
  CHECK(reported({}) == "NOT_FIDO_CERTIFIED");
  CHECK(reported({{"NOT_FIDO_CERTIFIED", ""}, {"FIDO_CERTIFIED_L1", ""}}) == "FIDO_CERTIFIED_L1");
  CHECK(reported({{"FIDO_CERTIFIED_L1", ""}, {"NOT_FIDO_CERTIFIED", ""}}) == "NOT_FIDO_CERTIFIED");
  // By the day of their effect, in whichever order they stand.
  CHECK(reported({{"FIDO_CERTIFIED_L2", "2024-01-01"}, {"FIDO_CERTIFIED_L1", "2023-01-01"}}) == "FIDO_CERTIFIED_L2");
  CHECK(reported({{"NOT_FIDO_CERTIFIED", "2024-01-01"}, {"FIDO_CERTIFIED_L1", "2023-01-01"}}) == "NOT_FIDO_CERTIFIED");
  CHECK(reported({{"FIDO_CERTIFIED_L1", "2024-01-01"}, {"FIDO_CERTIFIED_L3", "2030-01-01"}}) == "FIDO_CERTIFIED_L1");
  // The same certification under its older name.
  CHECK(reported({{"FIDO_CERTIFIED_L1", "2020-05-12"}, {"FIDO_CERTIFIED", "2020-05-12"}}) == "FIDO_CERTIFIED_L1");
  CHECK(reported({{"FIDO_CERTIFIED", "2020-05-12"}, {"FIDO_CERTIFIED_L1", "2020-05-12"}}) == "FIDO_CERTIFIED_L1");
  CHECK(reported({{"FIDO_CERTIFIED_L1", "2024-01-01"}, {"UPDATE_AVAILABLE", "2025-01-01"}}) == "FIDO_CERTIFIED_L1");
  CHECK(reported({{"FIDO_CERTIFIED_L3plus", "2024-01-01"}, {"RETIRED", "2025-01-01"}}) == "NOT_FIDO_CERTIFIED");
}

TEST_CASE("defect: a report without a day took no certification back that had one") {
  BoundPhone phone;
  const auto reported = [&](std::initializer_list<std::pair<const char*, const char*>> reports) {
    phone.entry()["statusReports"] = Json::array();
    for (const auto& [status, day] : reports) phone.report(MetadataMaker::report(status, day));
    return phone.certification();
  };
  CHECK(reported({{"FIDO_CERTIFIED_L1", "2024-01-01"}, {"NOT_FIDO_CERTIFIED", ""}}) == "NOT_FIDO_CERTIFIED");
  CHECK(reported({{"FIDO_CERTIFIED_L2", "2024-01-01"}, {"RETIRED", ""}}) == "NOT_FIDO_CERTIFIED");
  CHECK(reported({{"FIDO_CERTIFIED_L2", "2024-01-01"}, {"FIDO_CERTIFIED_L1", ""}}) == "FIDO_CERTIFIED_L1");
  // It stands where it was written: what is reported later counts.
  CHECK(reported({{"NOT_FIDO_CERTIFIED", ""}, {"FIDO_CERTIFIED_L1", "2024-01-01"}}) == "FIDO_CERTIFIED_L1");
  CHECK(reported({{"FIDO_CERTIFIED_L2", "2024-01-01"}, {"RETIRED", ""}, {"FIDO_CERTIFIED_L1", "2023-01-01"}}) ==
        "NOT_FIDO_CERTIFIED");
}

TEST_CASE("defect: a second entry for a model certified it, and not only warned of it") {
  BoundPhone phone;
  const auto second_says = [&](const char* status) {
    while (phone.maker.payload["entries"].size() > 1) phone.maker.payload["entries"].erase(1);
    Json second = phone.entry();
    second["statusReports"] = {MetadataMaker::report(status, "2025-01-01")};
    phone.maker.add(second);
    return phone.certification();
  };
  phone.entry()["statusReports"] = {MetadataMaker::report("FIDO_CERTIFIED", "2024-01-01")};
  CHECK(second_says("FIDO_CERTIFIED_L3plus") == "FIDO_CERTIFIED");
  CHECK(second_says("NOT_FIDO_CERTIFIED") == "NOT_FIDO_CERTIFIED");
}

}  // namespace tegata::webauthn::test::key_protection
