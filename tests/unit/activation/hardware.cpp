// What a pass says of the key behind it: every kind of statement, by what metadata knows of its model, by what is asked
// for, each by a registration and a whole approval.
#include <iostream>

#include "rp/webauthn/key_standing.h"
#include "tests/support/metadata_maker.h"
#include "tests/unit/activation/world.h"

namespace tegata::test::key_matrix {
namespace {

using sandbox::authenticator::AttestationChoice;
using sandbox::authenticator::Behaviour;
using webauthn::wire::Certification;

// One phone. "a > b": a at the registration, b at the approval.
struct Row {
  const char* statement;  // that the phone makes, see statements
  const char* metadata;   // "usable", "unusable", "none"
  const char* words;      // keyProtection of its model; "unknown": the model does not stand in metadata
  const char* reports;    // the statuses of its model, short, see status_of
  const char* asked;      // profile of the facility, or acr_values of the request
  const char* kept;       // where the key is, as judged then; "-" where the model is unwanted
  const char* outcome;    // acr and amr of the pass, or the code of the refusal
};

constexpr const char* hwk = "phrh pop hwk user mfa";
constexpr const char* swk = "phr pop swk user mfa";
constexpr const char* phr = "phr pop user mfa";
constexpr const char* not_hardware = "activation_key_not_hardware";
constexpr const char* not_certified = "activation_model_not_certified";
constexpr const char* not_bound = "activation_not_device_bound";
constexpr const char* unusable = "activation_metadata_unusable";
constexpr const char* unwanted = "activation_model_unwanted";

// Under the floor that a server has unless it is told otherwise: FIDO_CERTIFIED_L1.
constexpr Row rows[] = {
    // What metadata says of the key.
    {"packed", "usable", "hardware tee", "L1", "standard", "tee", hwk},
    {"packed", "usable", "hardware secure_element", "L1", "standard", "secure_element", hwk},
    {"packed", "usable", "hardware", "L1", "standard", "hardware", hwk},
    {"packed", "usable", "hardware secure_element remote_handle", "L1", "strict", "secure_element", hwk},
    {"packed", "usable", "hardware remote_handle", "L1", "phrh", "hardware", hwk},
    {"packed", "usable", "remote_handle", "L1", "standard", "unproven", phr},
    {"packed", "usable", "remote_handle", "L1", "strict", "unproven", not_hardware},
    {"packed", "usable", "software", "L1", "standard", "software", swk},
    {"packed", "usable", "software", "L1", "strict", "software", not_hardware},
    {"packed", "usable", "software", "L3plus", "phrh", "software", not_hardware},
    {"packed", "usable", "software remote_handle", "L1", "standard", "software", swk},
    {"packed", "usable", "software hardware", "L1", "phrh", "software", not_hardware},
    {"packed", "usable", "tee secure_element", "L1", "standard", "tee", hwk},
    {"packed", "usable", "of the future", "L1", "standard", "unproven", phr},
    {"packed", "usable", "", "L1", "strict", "unproven", not_hardware},
    {"packed", "usable", "unknown", "L1", "standard", "unproven", phr},
    {"packed", "usable", "unknown", "L1", "strict", "unproven", not_hardware},
    {"packed", "usable", "hardware tee", "L1", "phr phrh", "tee", hwk},
    {"packed", "usable", "software", "L1", "phr phrh", "software", swk},
    {"packed", "usable", "hardware tee > software", "L1", "standard", "software", swk},
    {"packed", "usable", "hardware tee > software", "L1", "strict", "software", not_hardware},
    {"packed", "usable", "hardware tee > unknown", "L1", "strict", "unproven", not_hardware},
    {"packed", "usable", "software > hardware", "L1", "strict", "hardware", hwk},
    // How the model is certified.
    {"packed", "usable", "hardware tee", "not", "standard", "tee", phr},
    {"packed", "usable", "hardware tee", "not", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "self", "standard", "tee", phr},
    {"packed", "usable", "hardware tee", "self", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "self", "phrh", "tee", not_certified},
    {"packed", "usable", "hardware tee", "", "standard", "tee", phr},
    {"packed", "usable", "hardware tee", "", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "certified", "standard", "tee", phr},
    {"packed", "usable", "hardware tee", "certified", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "L1", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L1plus", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L2", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L2plus", "phrh", "tee", hwk},
    {"packed", "usable", "hardware tee", "L3", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L3plus", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "not L1", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L1 certified", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L2 not", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "L2 RETIRED", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "L1 UPDATE_AVAILABLE", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "not > not L1", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L1 > L1 not", "standard", "tee", phr},
    {"packed", "usable", "hardware tee", "L1 > L1 not", "phrh", "tee", not_certified},
    {"packed", "usable", "hardware tee", "not L1@2030-01-01", "strict", "tee", not_certified},
    // What has been found out about it since.
    {"packed", "usable", "hardware tee", "L1 > L1 REVOKED", "standard", "-", unwanted},
    {"packed", "usable", "hardware tee", "L1 > L1 REVOKED", "strict", "-", unwanted},
    {"packed", "usable", "hardware tee", "L1 > L1 USER_VERIFICATION_BYPASS", "standard", "-", unwanted},
    {"packed", "usable", "hardware tee", "L1 > USER_KEY_PHYSICAL_COMPROMISE L3plus", "phrh", "-", unwanted},
    {"packed", "usable", "hardware tee", "L1 > L1 ATTESTATION_KEY_COMPROMISE", "phrh", "-", unwanted},
    {"none", "usable", "hardware tee", "L1 > L1 REVOKED", "standard", "-", unwanted},
    {"packed", "usable > unusable", "hardware tee", "L1 > L1 REVOKED", "standard", "-", unwanted},
    {"packed", "usable", "hardware tee", "L1 > L1 REVOKED@2030-01-01", "strict", "tee", hwk},
    // Metadata that is there, or not, or of no use.
    {"packed", "none", "hardware tee", "L1", "standard", "unproven", phr},
    {"packed", "none", "hardware tee", "L1", "strict", "unproven", not_hardware},
    {"packed", "none > usable", "hardware tee", "L1", "strict", "tee", hwk},
    {"packed", "unusable > usable", "hardware tee", "L1", "standard", "tee", hwk},
    {"packed", "unusable > usable", "hardware tee", "L1", "strict", "tee", hwk},
    {"packed", "unusable > usable", "software", "L1", "strict", "software", not_hardware},
    {"packed", "unusable", "hardware tee", "L1", "standard", "unproven", phr},
    {"packed", "unusable", "hardware tee", "L1", "strict", "unproven", unusable},
    {"packed", "usable > unusable", "hardware tee", "L1", "standard", "unproven", phr},
    {"packed", "usable > unusable", "hardware tee", "L1", "phrh", "unproven", unusable},
    {"packed", "usable > none", "hardware tee", "L1", "standard", "unproven", phr},
    {"packed", "usable > none", "hardware tee", "L1", "strict", "unproven", not_hardware},
    {"none", "unusable", "hardware tee", "L1", "strict", "unproven", not_hardware},
    // Statements that say something themselves.
    {"android tee", "usable", "hardware tee", "L1", "strict", "tee", hwk},
    {"android strongbox", "usable", "hardware secure_element", "L1", "strict", "secure_element", hwk},
    {"android strongbox", "usable", "hardware tee", "L1", "standard", "tee", hwk},
    {"android tee", "usable", "hardware", "L1", "standard", "hardware", hwk},
    {"android tee", "usable", "hardware secure_element", "L1", "standard", "tee", hwk},
    {"android software", "usable", "hardware tee", "L1", "standard", "software", swk},
    {"android software", "usable", "hardware tee", "L1", "strict", "software", not_hardware},
    {"android software", "usable", "hardware tee", "L1", "phrh", "software", not_hardware},
    {"android software in tee", "usable", "hardware tee", "L1", "strict", "software", not_hardware},
    {"android tee, software attests", "usable", "hardware tee", "L1", "strict", "software", not_hardware},
    {"android key store", "usable", "hardware tee", "L1", "strict", "software", not_hardware},
    {"android softwareEnforced", "usable", "hardware tee", "L1", "standard", "software", swk},
    {"android softwareEnforced", "usable", "hardware tee", "L1", "strict", "software", not_hardware},
    {"android tee", "usable", "software", "L1", "phrh", "software", not_hardware},
    {"android tee", "usable", "hardware tee", "not", "standard", "tee", phr},
    {"android tee", "usable", "hardware tee", "not", "strict", "tee", not_certified},
    {"android tee", "none", "hardware tee", "L1", "phrh", "unproven", not_hardware},
    {"tpm", "usable", "hardware", "L1", "strict", "hardware", hwk},
    {"tpm", "usable", "hardware secure_element", "L1", "standard", "hardware", hwk},
    {"tpm", "usable", "software", "L1", "strict", "software", not_hardware},
    {"tpm", "none", "hardware", "L1", "standard", "unproven", phr},
    {"tpm, key from outside", "usable", "hardware", "L1", "standard", "software", swk},
    {"tpm, key may leave", "usable", "hardware", "L1", "strict", "software", not_hardware},
    {"apple", "usable", "hardware secure_element", "L1", "strict", "hardware", hwk},
    {"apple", "usable", "hardware secure_element", "self", "strict", "hardware", not_certified},
    {"apple", "none", "hardware secure_element", "L1", "strict", "unproven", not_hardware},
    {"u2f", "usable", "hardware secure_element remote_handle", "L1", "strict", "secure_element", hwk},
    {"u2f", "usable", "software remote_handle", "L1", "phrh", "software", not_hardware},
    {"compound tpm, packed", "usable", "hardware tee", "L1", "strict", "hardware", hwk},
    {"compound android, self", "usable", "hardware tee", "L1", "strict", "tee", hwk},
    {"compound android software, tpm", "usable", "hardware tee", "L1", "strict", "software", not_hardware},
    // Statements that prove nothing.
    {"none", "usable", "hardware tee", "L1", "standard", "unproven", phr},
    {"none", "usable", "hardware tee", "L3plus", "strict", "unproven", not_hardware},
    {"none", "usable", "hardware tee", "L1", "phrh", "unproven", not_hardware},
    {"none", "none", "hardware tee", "L1", "phr phrh", "unproven", phr},
    {"self", "usable", "hardware tee", "L1", "standard", "unproven", phr},
    {"self", "usable", "hardware tee", "L1", "phrh", "unproven", not_hardware},
    {"packed of a stranger", "usable", "hardware tee", "L1", "standard", "unproven", phr},
    {"packed of a stranger", "usable", "hardware tee", "L1", "strict", "unproven", not_hardware},
    // Keys that may be copied.
    {"packed, synced", "usable", "hardware tee", "L1", "standard", "unproven", phr},
    {"packed, synced", "usable", "hardware tee", "L3plus", "strict", "unproven", not_bound},
    {"packed, synced", "usable", "hardware tee", "L1", "phrh", "unproven", not_bound},
    {"packed, synced", "usable > unusable", "hardware tee", "L1", "strict", "unproven", not_bound},
    {"none, synced", "none", "hardware tee", "L1", "phrh", "unproven", not_bound},
};

constexpr Row rows_without_floor[] = {
    {"packed", "usable", "hardware tee", "not", "standard", "tee", hwk},
    {"packed", "usable", "hardware tee", "not", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "self", "phrh", "tee", hwk},
    {"packed", "usable", "software", "not", "strict", "software", not_hardware},
    {"none", "usable", "hardware tee", "L3plus", "strict", "unproven", not_hardware},
};
constexpr Row rows_of_l2[] = {
    {"packed", "usable", "hardware tee", "L1", "standard", "tee", phr},
    {"packed", "usable", "hardware tee", "L1plus", "strict", "tee", not_certified},
    {"packed", "usable", "hardware tee", "L2", "strict", "tee", hwk},
    {"packed", "usable", "hardware tee", "L3", "phrh", "tee", hwk},
    {"android strongbox", "usable", "hardware secure_element", "L1", "phrh", "secure_element", not_certified},
};

struct Statement {
  const char* name;
  Behaviour behaviour;
};

Behaviour attesting_with(AttestationChoice attestation, const std::function<void(Behaviour&)>& change = {}) {
  Behaviour out;
  out.attestation = attestation;
  out.algorithm = -7;
  if (change) change(out);
  return out;
}
Behaviour android(std::uint8_t statement_level, std::uint8_t key_level) {
  return attesting_with(AttestationChoice::android_key, [=](Behaviour& out) {
    out.android_statement_level = statement_level;
    out.android_key_level = key_level;
  });
}
Behaviour compound_of(std::vector<AttestationChoice> parts, std::uint8_t android_level = 1) {
  Behaviour out = android(android_level, android_level);
  out.attestation = AttestationChoice::compound;
  out.compound = std::move(parts);
  return out;
}
Behaviour synced(AttestationChoice attestation) {
  return attesting_with(attestation, [](Behaviour& out) { out.backup_eligible = out.backup_state = true; });
}

Behaviour behaviour_of(const std::string& statement) {
  using Choice = AttestationChoice;
  const std::uint32_t all = Behaviour().tpm_attributes;
  const auto attributes = [](std::uint32_t value) { return [=](Behaviour& out) { out.tpm_attributes = value; }; };
  const Statement statements[] = {
      {"none", attesting_with(Choice::none)},
      {"self", attesting_with(Choice::packed_self)},
      {"packed", attesting_with(Choice::packed_x5c)},
      {"packed of a stranger", attesting_with(Choice::packed_x5c)},
      {"packed, synced", synced(Choice::packed_x5c)},
      {"none, synced", synced(Choice::none)},
      {"u2f", attesting_with(Choice::fido_u2f)},
      {"apple", attesting_with(Choice::apple)},
      {"tpm", attesting_with(Choice::tpm)},
      {"tpm, key from outside", attesting_with(Choice::tpm, attributes(all & ~0x20u))},
      {"tpm, key may leave", attesting_with(Choice::tpm, attributes(all & ~0x02u))},
      {"android tee", android(1, 1)},
      {"android strongbox", android(2, 2)},
      {"android software", android(0, 0)},
      {"android software in tee", android(1, 0)},
      {"android tee, software attests", android(0, 1)},
      {"android key store", android(100, 100)},
      {"android softwareEnforced",
       attesting_with(Choice::android_key,
                      [](Behaviour& out) { out.lie = sandbox::authenticator::Lie::android_software_only; })},
      {"compound tpm, packed", compound_of({Choice::tpm, Choice::packed_x5c})},
      {"compound android, self", compound_of({Choice::android_key, Choice::packed_self})},
      {"compound android software, tpm", compound_of({Choice::android_key, Choice::tpm}, 0)},
  };
  for (const auto& [name, behaviour] : statements) {
    if (name == statement) return behaviour;
  }
  FAIL("no statement " << statement);
  return {};
}

// "a > b" at the registration, or at the approval.
std::string at(const std::string& text, bool approval) {
  const auto arrow = text.find(" > ");
  if (arrow == std::string::npos) return text;
  return approval ? text.substr(arrow + 3) : text.substr(0, arrow);
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// "not", "self", "certified", "L2plus", any other as FIDO writes it; "@" and the day of its effect.
Json status_of(const std::string& text) {
  const auto at_sign = std::min(text.find('@'), text.size());
  std::string status = text.substr(0, at_sign);
  if (status == "not") status = "NOT_FIDO_CERTIFIED";
  if (status == "self") status = "SELF_ASSERTION_SUBMITTED";
  if (status == "certified") status = "FIDO_CERTIFIED";
  if (status.starts_with("L")) status = "FIDO_CERTIFIED_" + status;
  return MetadataMaker::report(status, text.substr(std::min(at_sign + 1, text.size())));
}

// A server whose metadata the test publishes anew for each row.
class Matrix {
 public:
  explicit Matrix(Certification least = Certification::l1) : world_(settings(least)) {}

  std::string outcome_of(const Row& row) {
    auto authenticator = sandbox::authenticator::Authenticator::make(world_.random);
    model_ = authenticator.aaguid();
    anchor_ = authenticator.attestation_root();
    attestation_key_.clear();
    if (std::string(row.statement) == "u2f") make_u2f(authenticator);
    if (std::string(row.statement) == "packed of a stranger") anchor_ = maker_.root_der();
    const Behaviour behaviour = behaviour_of(row.statement);
    publish(row, false);
    Phone phone = enrolled(std::move(authenticator), behaviour);
    publish(row, true);
    return approved(phone, behaviour, row.asked);
  }

  // Where the key of the last row's phone is, as judged now; an approval has kept it.
  std::string judged(bool approved) {
    const auto found = world_.store->read<std::optional<store::BoundCredential>>(
        [&](store::Reader& reader) { return store::find_credential(reader, credential_); });
    REQUIRE(found);
    const auto& bound = **found;
    const auto key = webauthn::judge_key(world_.metadata.get(), bound.record, bound.created_at, world_.clock.now());
    if (!key) return "-";
    if (approved) CHECK(bound.record.key_protection == key->protection);
    return std::string(webauthn::wire::name_of(key->protection));
  }

 private:
  static activation::Settings settings(Certification least) {
    activation::Settings out;
    out.least_certification = least;
    out.most_starts_per_minute = 1000;
    return out;
  }

  // A batch of one certificate, whose key names the model.
  void make_u2f(sandbox::authenticator::Authenticator& authenticator) {
    const auto root = sandbox::test_pki::issue_self_signed(MetadataMaker::profile("Sample U2F Root", true),
                                                           sandbox::test_pki::p256_key());
    const auto batch = MetadataMaker::issued(MetadataMaker::profile("Sample U2F Batch", false), root);
    authenticator.set_attestation(batch.key, {sandbox::test_pki::der(batch.certificate)});
    anchor_ = sandbox::test_pki::der(root.certificate);
    attestation_key_.resize(20);
    unsigned size = 0;
    REQUIRE(X509_pubkey_digest(batch.certificate.get(), EVP_sha1(), attestation_key_.data(), &size) == 1);
  }

  Json entry(const std::string& words, const std::string& reports) const {
    Json out = MetadataMaker::entry(model_, {anchor_});
    out["metadataStatement"]["keyProtection"] = words == "of the future" ? Json{words} : Json(words_of(words));
    out["metadataStatement"]["attestationTypes"] = {"basic_full", "basic_surrogate", "attca", "anonca"};
    out["statusReports"] = Json::array();
    for (const auto& report : words_of(reports)) out["statusReports"].push_back(status_of(report));
    if (attestation_key_.empty()) return out;
    out.erase("aaguid");
    out["metadataStatement"].erase("aaguid");
    out["attestationCertificateKeyIdentifiers"] = {hex(attestation_key_)};
    return out;
  }

  void publish(const Row& row, bool approval) {
    const std::string words = at(row.words, approval), state = at(row.metadata, approval);
    maker_.payload["entries"] = Json::array();
    if (words != "unknown") maker_.add(entry(words, at(row.reports, approval)));
    world_.metadata = nullptr;
    if (state == "none") return;
    const std::string blob = maker_.make();
    if (state == "unusable") {
      world_.metadata =
          std::make_shared<const webauthn::metadata::Metadata>(webauthn::metadata::warnings_of(blob, nullptr));
      return;
    }
    webauthn::metadata::ExpectedMetadata expected;
    expected.anchors = {maker_.root_der()};
    expected.now = world_.clock.now();
    auto metadata = webauthn::metadata::verify_metadata(blob, expected);
    REQUIRE(metadata);
    REQUIRE(metadata->skipped().empty());
    world_.metadata = std::make_shared<const webauthn::metadata::Metadata>(std::move(*metadata));
  }

  Phone enrolled(sandbox::authenticator::Authenticator authenticator, const Behaviour& behaviour) {
    webauthn::ExpectedRegistration expected;
    expected.rp_id = "localhost";
    expected.origins = {World::origin};
    expected.challenge = random_bytes(world_.random, 32);
    expected.now = world_.clock.now();
    expected.policy = webauthn::wire::standard_policy();
    expected.metadata = world_.metadata.get();
    const auto& owner = world_.doctor;
    const Json options =
        webauthn::creation_options(expected, "Tegata", {owner.user_handle, owner.id, owner.name}, {}, "direct", 60000);
    const auto made = authenticator.create(options, World::origin, behaviour, world_.random);
    REQUIRE(made);
    const auto verified = webauthn::verify_registration(expected, *webauthn::parse_registration_response(*made));
    if (!verified) FAIL(verified.error().code().name() << " " << verified.error().detail());
    credential_ = verified->record().id;
    world_.bind(owner, verified->record());
    return {std::move(authenticator), {}};
  }

  std::string approved(Phone& phone, Behaviour behaviour, const std::string& asked_for) {
    const bool acr = asked_for.starts_with("phr");
    auto facility = world_.facility;
    facility.profile = acr ? "standard" : asked_for;
    world_.put(facility);
    const Json asked = world_.ask(acr ? Parameters{{"acr_values", asked_for}} : Parameters());
    behaviour.lie = sandbox::authenticator::Lie::nothing;
    const auto response = world_.approve(phone, asked, behaviour);
    if (response.status != 200) {
      CHECK(world_.poll(asked).status == 400);
      return error_of(response);
    }
    const auto fetched = world_.poll(asked);
    INFO(fetched.body);
    REQUIRE(fetched.status == 200);
    const std::string token = Json::parse(fetched.body)["access_token"];
    const Json seen = Json::parse(world_.introspect(token).body);
    std::string out = seen["acr"];
    for (const std::string one : seen["amr"]) out += " " + one;
    return out;
  }

  World world_;
  MetadataMaker maker_;
  Bytes model_, anchor_, attestation_key_, credential_;
};

template <std::size_t size>
std::size_t judge_all(Matrix matrix, const Row (&all)[size]) {
  for (const Row& row : all) {
    INFO(row.statement << " | " << row.metadata << " | " << row.words << " | " << row.reports << " | " << row.asked);
    const std::string outcome = matrix.outcome_of(row);
    CHECK(outcome == row.outcome);
    CHECK(matrix.judged(outcome.starts_with("phr")) == row.kept);
  }
  return size;
}

}  // namespace

TEST_CASE("defect: software keys, and models that nobody certified, passed for hardware") {
  const std::size_t judged = judge_all(Matrix(), rows) +
                             judge_all(Matrix(Certification::not_certified), rows_without_floor) +
                             judge_all(Matrix(Certification::l2), rows_of_l2);
  std::cout << "statement x metadata x profile: " << judged << " rows, each by a whole approval\n";
  CHECK(judged >= 60);
}

}  // namespace tegata::test::key_matrix
