#include "rp/store/mynumber_link.h"

#include "rp/store/basis_stands.h"
#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

#define LINK_COLUMNS "practitioner_id, fingerprint, not_before, not_after, linked_at, linked_by, basis"

MyNumberLink read_link(engine::Row& row) {
  MyNumberLink out;
  out.practitioner_id = row.text();
  out.fingerprint = row.digest();
  out.not_before = row.instant();
  out.not_after = row.instant();
  out.linked_at = row.instant();
  out.linked_by = row.text();
  out.basis = row.integer();
  return out;
}

}  // namespace

Result<std::optional<EndedWithLink>> remove_mynumber_link(Transaction& transaction, const std::string& practitioner_id,
                                                          const std::string& why) {
  TEGATA_ASSIGN(auto link, find_mynumber_link(transaction, practitioner_id));
  if (!link) return std::optional<EndedWithLink>();
  TEGATA_ASSIGN(auto ended, end_basis(transaction, link->basis, why, Reach::itself));
  if (ended.links != 1) return std::optional<EndedWithLink>();
  return std::optional(EndedWithLink{std::move(*link), std::move(ended)});
}

Result<bool> put_mynumber_link(Transaction& transaction, const MyNumberLink& link) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(const auto older, find_mynumber_link(transaction, link.practitioner_id));
  TEGATA_ASSIGN(
      const auto put,
      connection.run("INSERT INTO mynumber_link (" LINK_COLUMNS
                     ") SELECT :id, :fingerprint, :not_before, :not_after, :now, :linked_by, NULL "
                     "WHERE EXISTS (SELECT 1 FROM practitioner WHERE id = :id AND active = 1) AND NOT EXISTS "
                     "(SELECT 1 FROM mynumber_link o WHERE o.fingerprint = :fingerprint AND o.practitioner_id <> :id) "
                     "AND (:rests_on IS NULL OR " BASIS_STANDS(
                         ":rests_on") ") "
                                      "ON CONFLICT (practitioner_id) DO UPDATE SET fingerprint = excluded.fingerprint, "
                                      "not_before = excluded.not_before, not_after = excluded.not_after, "
                                      "linked_at = excluded.linked_at, linked_by = excluded.linked_by, basis = NULL",
                     {{":id", link.practitioner_id},
                      {":fingerprint", link.fingerprint},
                      {":not_before", link.not_before},
                      {":not_after", link.not_after},
                      {":now", transaction.now()},
                      {":linked_by", link.linked_by},
                      {":rests_on", link.rests_on}}));
  if (put != 1) return false;
  const NewBasis made{BasisKind::mynumber, link.rests_on, link.practitioner_id, hex(link.fingerprint)};
  TEGATA_ASSIGN(const auto basis, insert_basis(transaction, made));
  TEGATA_TRY(connection.run("UPDATE mynumber_link SET basis = :basis WHERE practitioner_id = :id",
                            {{":basis", basis}, {":id", link.practitioner_id}}));
  if (older) TEGATA_TRY(end_basis(transaction, older->basis, "mynumber_replaced", Reach::itself));
  return true;
}

Result<std::optional<MyNumberLink>> find_mynumber_link(Reader& reader, const std::string& practitioner_id) {
  return reader.connection().find<MyNumberLink>(
      "SELECT " LINK_COLUMNS " FROM mynumber_link WHERE practitioner_id = :id", {{":id", practitioner_id}}, read_link);
}

Result<std::optional<MyNumberLink>> find_mynumber_link_by_fingerprint(Reader& reader, const Digest& fingerprint) {
  return reader.connection().find<MyNumberLink>("SELECT " LINK_COLUMNS
                                                " FROM mynumber_link WHERE fingerprint = :fingerprint",
                                                {{":fingerprint", fingerprint}}, read_link);
}

Result<std::vector<BasisId>> bases_of_mynumber(Reader& reader, const Digest& fingerprint) {
  return reader.connection().list<BasisId>("SELECT id FROM basis WHERE kind = 'mynumber' AND name = :name ORDER BY id",
                                           {{":name", hex(fingerprint)}}, engine::read_integer);
}

Result<std::vector<MyNumberLink>> list_mynumber_links(Reader& reader, std::optional<Instant> until) {
  return reader.connection().list<MyNumberLink>(
      "SELECT " LINK_COLUMNS
      " FROM mynumber_link WHERE :until IS NULL OR not_after <= :until ORDER BY not_after, practitioner_id",
      {{":until", until}}, read_link);
}

}  // namespace tegata::store
