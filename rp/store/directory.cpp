#include "rp/store/directory.h"

#include "rp/store/engine/connection.h"
#include "rp/store/engine/errors.h"
#include "rp/store/handoffs.h"

namespace tegata::store {
namespace {

CardKey read_card(engine::Row& row) {
  CardKey out;
  out.authority = row.text();
  out.holder_number = row.text();
  return out;
}

Result<bool> same_mail(Reader& reader, const DirectoryEntry& entry) {
  if (!entry.mail) return true;
  TEGATA_ASSIGN(const auto mail, find_mail(reader, entry.id));
  return *entry.mail == mail;
}

bool same(const DirectoryEntry& entry, const Practitioner& person) {
  return entry.name == person.name && entry.romaji == person.romaji && entry.roles == person.roles &&
         entry.second_certificate_not_after == person.second_certificate_not_after;
}

Result<std::optional<std::string>> owner_of(Reader& reader, const CardKey& card) {
  return reader.connection().find<std::string>(
      "SELECT practitioner_id FROM card WHERE authority = :authority AND holder_number = :holder_number",
      {{":authority", card.authority}, {":holder_number", card.holder_number}}, engine::read_text);
}

}  // namespace

Result<ImportPlan> plan_import(Reader& reader, const DirectoryEntry& entry) {
  ImportPlan plan;
  TEGATA_ASSIGN(const auto person, find_practitioner(reader, entry.id));
  TEGATA_ASSIGN(const bool same_address, same_mail(reader, entry));
  bool changes = person && (!same(entry, *person) || !same_address);
  for (const auto& card : entry.cards) {
    TEGATA_ASSIGN(const auto owner, owner_of(reader, card));
    if (!owner) changes = true;
    if (owner && *owner != entry.id) plan.taken.push_back(card);
  }
  if (entry.numbers) {
    TEGATA_ASSIGN(const auto there, list_number_pairs(reader, entry.id));
    if (there != *entry.numbers) changes = true;
    for (const auto& pair : *entry.numbers) {
      TEGATA_ASSIGN(const auto owner, find_number_owner(reader, pair));
      if (owner && owner->pair_matches && owner->practitioner_id != entry.id) plan.numbers_taken.push_back(pair);
    }
  }
  if (person) plan.effect = changes ? ImportPlan::Effect::changed : ImportPlan::Effect::unchanged;
  return plan;
}

Status import_entry(Transaction& transaction, const DirectoryEntry& entry, ByteView user_handle) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO practitioner (id, user_handle, name, romaji, roles, active, second_certificate_not_after) "
      "VALUES (:id, :user_handle, :name, :romaji, :roles, 1, :not_after) "
      "ON CONFLICT (id) DO UPDATE SET name = excluded.name, romaji = excluded.romaji, roles = excluded.roles, "
      "second_certificate_not_after = excluded.second_certificate_not_after",
      {{":id", entry.id},
       {":user_handle", user_handle},
       {":name", entry.name},
       {":romaji", entry.romaji},
       {":roles", entry.roles},
       {":not_after", entry.second_certificate_not_after}}));
  if (entry.mail) TEGATA_TRY(put_mail(transaction, entry.id, *entry.mail));
  for (const auto& card : entry.cards) {
    TEGATA_ASSIGN(const auto put,
                  transaction.connection().run(
                      "INSERT INTO card (authority, holder_number, practitioner_id) "
                      "VALUES (:authority, :holder_number, :id) ON CONFLICT (authority, holder_number) DO UPDATE "
                      "SET practitioner_id = excluded.practitioner_id "
                      "WHERE card.practitioner_id = excluded.practitioner_id",
                      {{":authority", card.authority}, {":holder_number", card.holder_number}, {":id", entry.id}}));
    if (put != 1) return Error(errors::store_card_taken, card.authority + " " + card.holder_number);
  }
  return entry.numbers ? put_number_pairs(transaction, entry.id, *entry.numbers) : Status{};
}

Result<std::string> find_mail(Reader& reader, const std::string& practitioner_id) {
  TEGATA_ASSIGN(const auto mail, reader.connection().find<std::string>("SELECT mail FROM practitioner WHERE id = :id",
                                                                       {{":id", practitioner_id}}, engine::read_text));
  return mail.value_or("");
}

Status put_mail(Transaction& transaction, const std::string& practitioner_id, const std::string& mail) {
  TEGATA_TRY(transaction.connection().run("UPDATE practitioner SET mail = :mail WHERE id = :id",
                                          {{":mail", mail}, {":id", practitioner_id}}));
  return {};
}

Result<std::vector<CardKey>> list_cards(Reader& reader, const std::string& practitioner_id) {
  return reader.connection().list<CardKey>(
      "SELECT authority, holder_number FROM card WHERE practitioner_id = :id ORDER BY authority, holder_number",
      {{":id", practitioner_id}}, read_card);
}

Result<std::optional<Suspended>> suspend_practitioner(Transaction& transaction, const std::string& id) {
  TEGATA_ASSIGN(
      const auto changed,
      transaction.connection().run("UPDATE practitioner SET active = 0 WHERE id = :id AND active = 1", {{":id", id}}));
  if (changed != 1) return std::optional<Suspended>();
  Suspended ended;
  const std::string why(errors::practitioner_suspended.name());
  TEGATA_ASSIGN(ended.requests, cancel_handoffs_of(transaction, id, why));
  TEGATA_ASSIGN(ended.passes,
                transaction.connection().run("UPDATE pass SET revoked_at = :now, revoked_why = :why "
                                             "WHERE practitioner_id = :id AND revoked_at IS NULL AND expires_at > :now",
                                             {{":id", id}, {":now", transaction.now()}, {":why", why}}));
  TEGATA_ASSIGN(ended.sessions,
                transaction.connection().run("DELETE FROM session WHERE practitioner_id = :id", {{":id", id}}));
  TEGATA_TRY(transaction.connection().run(
      "UPDATE card_login SET used = 1 WHERE practitioner_id = :id AND used = 0 AND expires_at > :now",
      {{":id", id}, {":now", transaction.now()}}));
  return std::optional(ended);
}

Result<bool> resume_practitioner(Transaction& transaction, const std::string& id) {
  TEGATA_ASSIGN(
      const auto changed,
      transaction.connection().run("UPDATE practitioner SET active = 1 WHERE id = :id AND active = 0", {{":id", id}}));
  return changed == 1;
}

}  // namespace tegata::store
