#include "rp/store/practitioners.h"

#include "rp/store/basis_stands.h"
#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

#define PRACTITIONER_COLUMNS "p.id, p.user_handle, p.name, p.romaji, p.roles, p.active, p.second_certificate_not_after"

Practitioner read_practitioner(engine::Row& row) {
  Practitioner out;
  out.id = row.text();
  out.user_handle = row.bytes();
  out.name = row.text();
  out.romaji = row.text();
  out.roles = row.strings();
  out.active = row.flag();
  out.second_certificate_not_after = row.optional_instant();
  return out;
}

#define CREDENTIAL_COLUMNS                                                                 \
  "id, practitioner_id, user_handle, label, label_key, origin, created_at, last_used_at, " \
  "last_used_facility, removed_at, public_key, algorithm, sign_count, uv_initialized, "    \
  "backup_eligible, backup_state, transports, aaguid, attestation_object, "                \
  "attestation_client_data_json, attestation_format, attestation_type, rp_id, key_protection, basis"

void read_record(engine::Row& row, webauthn::CredentialRecord& out) {
  out.public_key = row.bytes();
  out.algorithm = row.integer();
  out.sign_count = static_cast<std::uint32_t>(row.integer());
  out.uv_initialized = row.flag();
  out.backup_eligible = row.flag();
  out.backup_state = row.flag();
  out.transports = row.strings();
  out.aaguid = row.bytes();
  out.attestation_object = row.bytes();
  out.attestation_client_data_json = row.bytes();
  out.attestation_format = row.text();
  out.attestation_type = row.text();
  out.rp_id = row.text();
  out.key_protection = static_cast<webauthn::wire::KeyProtection>(row.integer());
}

BoundCredential read_credential(engine::Row& row) {
  BoundCredential out;
  out.record.id = row.bytes();
  out.practitioner_id = row.text();
  out.user_handle = row.bytes();
  out.label = row.text();
  out.label_key = row.text();
  out.origin = row.text();
  out.created_at = row.instant();
  out.last_used_at = row.optional_instant();
  out.last_used_facility = row.text();
  out.removed_at = row.optional_instant();
  read_record(row, out.record);
  out.basis = row.integer();
  return out;
}

engine::Binding all_columns(const BoundCredential& credential) {
  const auto& record = credential.record;
  return {{":id", record.id},
          {":practitioner_id", credential.practitioner_id},
          {":user_handle", credential.user_handle},
          {":label", credential.label},
          {":label_key", credential.label_key},
          {":origin", credential.origin},
          {":created_at", credential.created_at},
          {":last_used_at", credential.last_used_at},
          {":last_used_facility", credential.last_used_facility},
          {":public_key", record.public_key},
          {":algorithm", record.algorithm},
          {":sign_count", record.sign_count},
          {":uv_initialized", record.uv_initialized},
          {":backup_eligible", record.backup_eligible},
          {":backup_state", record.backup_state},
          {":transports", record.transports},
          {":aaguid", record.aaguid},
          {":attestation_object", record.attestation_object},
          {":attestation_client_data_json", record.attestation_client_data_json},
          {":attestation_format", record.attestation_format},
          {":attestation_type", record.attestation_type},
          {":rp_id", record.rp_id},
          {":key_protection", static_cast<std::int64_t>(record.key_protection)}};
}

// Phones in use: a stopped one takes no room.
#define COUNT_PHONES                                                                                       \
  "SELECT COUNT(*) FROM credential u WHERE u.practitioner_id = :practitioner_id AND u.removed_at IS NULL " \
  "AND " BASIS_STANDS("u.basis")

// The labels of removed phones that are still taken; :kept_since is never earlier than any removal where none is kept.
#define LABEL_IS_KEPT                                                                                           \
  "EXISTS (SELECT 1 FROM credential r WHERE r.practitioner_id = :practitioner_id AND r.label_key = :label_key " \
  "AND r.removed_at > :kept_since)"

Instant kept_since(Transaction& transaction, const PhoneLimits& limits) {
  return transaction.now() - limits.label_kept;
}

// Says why nothing was written, after the fact and in the same transaction: was the label the only obstacle?
Result<bool> label_is_taken(Reader& reader, ByteView id, const std::string& practitioner_id, const std::string& key,
                            Instant since) {
  TEGATA_ASSIGN(const auto found,
                reader.connection().find<std::int64_t>(
                    "SELECT 1 FROM credential WHERE practitioner_id = :practitioner_id AND label_key = :label_key "
                    "AND (removed_at IS NULL OR removed_at > :kept_since) AND id <> :id",
                    {{":practitioner_id", practitioner_id}, {":label_key", key}, {":id", id}, {":kept_since", since}},
                    engine::read_integer));
  return found.has_value();
}

Result<bool> may_be_inserted(Reader& reader, const BoundCredential& credential) {
  TEGATA_ASSIGN(const auto found, reader.connection().find<std::int64_t>(
                                      "SELECT 1 FROM practitioner WHERE id = :practitioner_id AND active = 1 "
                                      "AND (:rests_on IS NULL OR " BASIS_STANDS(
                                          ":rests_on") ") "
                                                       "AND NOT EXISTS (SELECT 1 FROM credential WHERE id = :id)",
                                      {{":practitioner_id", credential.practitioner_id},
                                       {":rests_on", credential.rests_on},
                                       {":id", credential.record.id}},
                                      engine::read_integer));
  return found.has_value();
}

// A phone that is bound is what others may rest on.
Result<bool> give_basis(Transaction& transaction, const BoundCredential& credential) {
  const NewBasis made{BasisKind::phone, credential.rests_on, credential.practitioner_id, hex(credential.record.id)};
  TEGATA_ASSIGN(const auto basis, insert_basis(transaction, made));
  TEGATA_TRY(transaction.connection().run("UPDATE credential SET basis = :basis WHERE id = :id",
                                          {{":basis", basis}, {":id", credential.record.id}}));
  return basis.has_value();
}

Error label_taken() { return Error(errors::store_label_taken, "another phone of this practitioner has this label"); }

}  // namespace

Status put_practitioner(Transaction& transaction, const Practitioner& practitioner) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO practitioner (id, user_handle, name, romaji, roles, active, second_certificate_not_after) "
      "VALUES (:id, :user_handle, :name, :romaji, :roles, :active, :not_after) "
      "ON CONFLICT (id) DO UPDATE SET name = excluded.name, romaji = excluded.romaji, roles = excluded.roles, "
      "active = excluded.active, second_certificate_not_after = excluded.second_certificate_not_after",
      {{":id", practitioner.id},
       {":user_handle", practitioner.user_handle},
       {":name", practitioner.name},
       {":romaji", practitioner.romaji},
       {":roles", practitioner.roles},
       {":active", practitioner.active},
       {":not_after", practitioner.second_certificate_not_after}}));
  return {};
}

Result<std::optional<Practitioner>> find_practitioner(Reader& reader, const std::string& id) {
  return reader.connection().find<Practitioner>("SELECT " PRACTITIONER_COLUMNS " FROM practitioner p WHERE p.id = :id",
                                                {{":id", id}}, read_practitioner);
}

Result<std::vector<Practitioner>> list_practitioners(Reader& reader) {
  return reader.connection().list<Practitioner>("SELECT " PRACTITIONER_COLUMNS " FROM practitioner p ORDER BY p.id", {},
                                                read_practitioner);
}

Status put_card(Transaction& transaction, const std::string& authority, const std::string& holder_number,
                const std::string& practitioner_id) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO card (authority, holder_number, practitioner_id) VALUES (:authority, :holder_number, :id) "
      "ON CONFLICT (authority, holder_number) DO UPDATE SET practitioner_id = excluded.practitioner_id",
      {{":authority", authority}, {":holder_number", holder_number}, {":id", practitioner_id}}));
  return {};
}

Result<std::optional<Practitioner>> find_practitioner_by_card(Reader& reader, const std::string& authority,
                                                              const std::string& holder_number) {
  return reader.connection().find<Practitioner>("SELECT " PRACTITIONER_COLUMNS
                                                " FROM card c JOIN practitioner p ON p.id = c.practitioner_id "
                                                "WHERE c.authority = :authority AND c.holder_number = :holder_number",
                                                {{":authority", authority}, {":holder_number", holder_number}},
                                                read_practitioner);
}

Result<bool> insert_credential(Transaction& transaction, const BoundCredential& credential, const PhoneLimits& limits) {
  auto binding = all_columns(credential);
  binding.push_back({":most", limits.most_phones});
  binding.push_back({":kept_since", kept_since(transaction, limits)});
  binding.push_back({":rests_on", credential.rests_on});
  TEGATA_ASSIGN(
      const auto inserted,
      transaction.connection().run(
          "INSERT INTO credential (" CREDENTIAL_COLUMNS
          ") SELECT :id, :practitioner_id, :user_handle, :label, :label_key, :origin, :created_at, "
          ":last_used_at, :last_used_facility, NULL, :public_key, :algorithm, :sign_count, "
          ":uv_initialized, :backup_eligible, :backup_state, :transports, :aaguid, :attestation_object, "
          ":attestation_client_data_json, :attestation_format, :attestation_type, :rp_id, "
          ":key_protection, NULL WHERE (:rests_on IS NULL OR " BASIS_STANDS(
              ":rests_on") ") "
                           "AND EXISTS (SELECT 1 FROM practitioner WHERE id = :practitioner_id AND active = 1) "
                           "AND (" COUNT_PHONES ") < :most AND NOT " LABEL_IS_KEPT " ON CONFLICT DO NOTHING",
          binding));
  if (inserted == 1) return give_basis(transaction, credential);
  TEGATA_ASSIGN(const bool only_room_or_label, may_be_inserted(transaction, credential));
  if (!only_room_or_label) return false;
  TEGATA_ASSIGN(const auto phones,
                transaction.connection().find<std::int64_t>(
                    COUNT_PHONES, {{":practitioner_id", credential.practitioner_id}}, engine::read_integer));
  if (phones.value_or(0) >= limits.most_phones) {
    return Error(errors::store_too_many_phones, credential.practitioner_id + " has " + std::to_string(*phones));
  }
  return label_taken();
}

Result<std::int64_t> count_labels_like(Reader& reader, const std::string& practitioner_id, const std::string& label_key,
                                       Instant kept_since) {
  TEGATA_ASSIGN(const bool taken, label_is_taken(reader, Bytes{0}, practitioner_id, label_key, kept_since));
  if (!taken) return 0;
  const std::string behind = label_key + "\U0010FFFF";
  TEGATA_ASSIGN(const auto count, reader.connection().find<std::int64_t>(
                                      "SELECT COUNT(*) FROM credential WHERE practitioner_id = :practitioner_id "
                                      "AND label_key >= :first AND label_key < :behind "
                                      "AND (removed_at IS NULL OR removed_at > :kept_since)",
                                      {{":practitioner_id", practitioner_id},
                                       {":first", label_key},
                                       {":behind", behind},
                                       {":kept_since", kept_since}},
                                      engine::read_integer));
  return count.value_or(0);
}

Result<std::optional<BoundCredential>> find_credential_ever(Reader& reader, ByteView credential_id) {
  return reader.connection().find<BoundCredential>("SELECT " CREDENTIAL_COLUMNS " FROM credential WHERE id = :id",
                                                   {{":id", credential_id}}, read_credential);
}

Result<std::optional<BoundCredential>> find_credential(Reader& reader, ByteView credential_id) {
  return reader.connection().find<BoundCredential>("SELECT " CREDENTIAL_COLUMNS
                                                   " FROM credential WHERE id = :id AND removed_at IS NULL",
                                                   {{":id", credential_id}}, read_credential);
}

Result<std::vector<BoundCredential>> list_credentials(Reader& reader, const std::string& practitioner_id) {
  return reader.connection().list<BoundCredential>(
      "SELECT " CREDENTIAL_COLUMNS
      " FROM credential WHERE practitioner_id = :practitioner_id AND removed_at IS NULL ORDER BY created_at, id",
      {{":practitioner_id", practitioner_id}}, read_credential);
}

Result<bool> rename_credential(Transaction& transaction, ByteView credential_id, const std::string& practitioner_id,
                               const std::string& label, const std::string& label_key, const PhoneLimits& limits) {
  const Instant since = kept_since(transaction, limits);
  TEGATA_ASSIGN(const auto renamed,
                transaction.connection().run(
                    "UPDATE credential SET label = :label, label_key = :label_key "
                    "WHERE id = :id AND practitioner_id = :practitioner_id AND removed_at IS NULL AND NOT EXISTS "
                    "(SELECT 1 FROM credential o WHERE o.practitioner_id = :practitioner_id "
                    "AND o.label_key = :label_key AND o.removed_at IS NULL AND o.id <> :id) AND NOT " LABEL_IS_KEPT,
                    {{":label", label},
                     {":label_key", label_key},
                     {":id", credential_id},
                     {":practitioner_id", practitioner_id},
                     {":kept_since", since}}));
  if (renamed == 1) return true;
  TEGATA_ASSIGN(const auto mine, find_credential(transaction, credential_id));
  if (!mine || mine->practitioner_id != practitioner_id) return false;
  TEGATA_ASSIGN(const bool taken, label_is_taken(transaction, credential_id, practitioner_id, label_key, since));
  if (taken) return label_taken();
  return false;
}

Result<bool> remove_credential(Transaction& transaction, ByteView credential_id, const std::string& practitioner_id) {
  TEGATA_ASSIGN(const auto removed,
                transaction.connection().run(
                    "UPDATE credential SET removed_at = :now WHERE id = :id AND practitioner_id = :practitioner_id "
                    "AND removed_at IS NULL",
                    {{":now", transaction.now()}, {":id", credential_id}, {":practitioner_id", practitioner_id}}));
  return removed == 1;
}

Result<bool> use_credential(Transaction& transaction, const BoundCredential& credential,
                            std::uint32_t seen_sign_count) {
  TEGATA_ASSIGN(const auto used,
                transaction.connection().run(
                    "UPDATE credential SET sign_count = :sign_count, backup_state = :backup_state, "
                    "uv_initialized = :uv_initialized, key_protection = :key_protection, last_used_at = :now, "
                    "last_used_facility = :facility "
                    "WHERE id = :id AND practitioner_id = :practitioner_id AND removed_at IS NULL "
                    "AND sign_count = :seen AND " BASIS_STANDS("credential.basis"),
                    {{":sign_count", credential.record.sign_count},
                     {":backup_state", credential.record.backup_state},
                     {":uv_initialized", credential.record.uv_initialized},
                     {":key_protection", static_cast<std::int64_t>(credential.record.key_protection)},
                     {":now", transaction.now()},
                     {":facility", credential.last_used_facility},
                     {":id", credential.record.id},
                     {":practitioner_id", credential.practitioner_id},
                     {":seen", seen_sign_count}}));
  return used == 1;
}

}  // namespace tegata::store
