#include "tests/unit/store/world.h"
#include "tests/support/begun_store.h"

#include <stdlib.h>

#include "rp/store/audit/head.h"
#include "rp/store/schema.h"

namespace tegata::test {

using namespace std::chrono_literals;

Folder::Folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "tegata-store-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()));
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<store::engine::Connection> put_old_database(const store::Options& options, std::int64_t version) {
  auto made = store::engine::Connection::open(options.database, store::engine::Connection::Mode::make, {});
  REQUIRE(made);
  REQUIRE(store::migrate(**made, version));
  RepeatableRandom random;
  REQUIRE(store::audit::AuditKey::make(options.audit_key, random));
  const auto head = store::audit::AuditHead::open_or_make(options);
  REQUIRE(head);
  REQUIRE((*head)->write({}));
  return std::move(*made);
}

store::AuditEvent event(const std::string& kind) {
  return {kind, "operator:test", "subject:test", "", Json{{"a", 1}}, "request", ""};
}

store::AuditEvent refusal(const std::string& code, const std::string& source) {
  return {"refused", "unknown", "subject:test", code, Json::object(), "request", source};
}

World::World(std::function<void(store::Options&)> adjust) {
  options.database = folder.file("tegata.db");
  options.audit_key = folder.file("audit.pem");
  if (adjust) adjust(options);
  reopen();
}

void World::reopen() {
  store.reset();
  auto opened = test::open_store(options, clock, random);
  INFO((opened ? std::string() : opened.error().detail()));
  REQUIRE(opened);
  store = std::move(*opened);
}

bool does(World& world, const Operation& operation) { return world.write<bool>(operation); }

bool refuses(World& world, const Operation& operation) {
  const auto done = world.store->write<bool>(operation);
  INFO((done ? std::string() : std::string(done.error().code().name()) + " " + done.error().detail()));
  REQUIRE(done);
  return !*done;
}

std::size_t records_of(World& world, const std::string& kind) {
  std::size_t count = 0;
  for (const auto& record : world.read<std::vector<store::audit::AuditRecord>>(
           [](store::Reader& reader) { return store::audit::list_audit(reader, 1, 100'000); })) {
    count += record.event.kind == kind;
  }
  return count;
}

Digest digest(const std::string& text) { return sha256(text); }

store::Practitioner sample_practitioner(const std::string& id) {
  const auto handle = sha256("handle of " + id);
  return {id,   Bytes(handle.begin(), handle.end()), "検証 太郎", "Kensho Taro", {"Medical Doctor"},
          true, from_unix_seconds(1'900'000'000)};
}

store::BoundCredential sample_credential(const std::string& id, const std::string& label, Instant now) {
  store::BoundCredential out;
  out.record.id = to_bytes(as_bytes(id));
  out.record.public_key = {1, 2, 3};
  out.record.algorithm = -7;
  out.record.sign_count = 5;
  out.record.uv_initialized = true;
  out.record.backup_eligible = true;
  out.record.transports = {"internal", "hybrid"};
  out.record.aaguid = Bytes(16, 7);
  out.record.attestation_object = {4, 5};
  out.record.attestation_client_data_json = {'{', '}'};
  out.record.attestation_format = "none";
  out.record.attestation_type = "none";
  out.record.rp_id = "localhost";
  out.practitioner_id = "P1";
  out.user_handle = sample_practitioner("P1").user_handle;
  out.label = label;
  out.label_key = label;
  out.origin = "card";
  out.created_at = now;
  out.rests_on = sample_basis;
  return out;
}

store::Handoff sample_enrollment(const std::string& id, Instant now) {
  store::Handoff out;
  out.id = id;
  out.kind = handoff::Kind::enrollment;
  out.secret = digest("secret of " + id);
  out.practitioner_id = "P1";
  out.created_at = now;
  out.expires_at = now + 10min;
  out.origin = "card";
  out.session = digest("session");
  out.basis = sample_basis;
  return out;
}

store::Handoff sample_activation(const std::string& id, const std::string& letters, Instant now) {
  store::Handoff out;
  out.id = id;
  out.kind = handoff::Kind::activation;
  out.secret = digest("secret of " + id);
  out.number = "47";
  out.created_at = now;
  out.expires_at = now + 3min;
  out.device_code = digest("device code of " + id);
  out.user_code = letters + "-GHJK-47";
  out.client_id = "ehr";
  out.facility_code = "1312345678";
  out.certificate = digest("certificate");
  out.terminal_id = "T1";
  out.terminal_name = "第1診察室";
  out.login_hint = "P1";
  out.scope = "openid hpki.sign";
  out.audience = "https://sign.example";
  out.request = Json{{"max_age", 60}};
  return out;
}

void put_samples(World& world) {
  world.write<void>([&](store::Transaction& transaction) -> Status {
    TEGATA_TRY(put_practitioner(transaction, sample_practitioner("P1")));
    TEGATA_TRY(basis_of_card(transaction, {digest("issuer"), {0x01, 0x02}}, "P1"));
    TEGATA_TRY(put_practitioner(transaction, sample_practitioner("P2")));
    TEGATA_TRY(put_facility(transaction, {"1312345678", "検証医院", true, "standard", std::nullopt, false}));
    TEGATA_TRY(
        put_client(transaction, {"ehr", "1312345678", false, true, {"openid", "hpki.sign"}, {"https://sign.example"}}));
    TEGATA_TRY(put_client(transaction, {"signer", "", true, true, {}, {"https://sign.example"}}));
    const auto now = transaction.now();
    return put_client_certificate(transaction, {digest("certificate"), "ehr", now - 1h, now + 24h, true});
  });
}

}  // namespace tegata::test
