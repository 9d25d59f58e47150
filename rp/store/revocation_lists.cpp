#include "rp/store/revocation_lists.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

StoredRevocationList read_list(engine::Row& row) {
  StoredRevocationList out;
  out.issuer = row.digest();
  out.scope = row.digest();
  out.list = row.bytes();
  out.number = row.bytes();
  out.this_update = row.instant();
  out.next_update = row.instant();
  out.fetched_at = row.instant();
  out.address = row.text();
  return out;
}

}  // namespace

Result<bool> put_revocation_list(Transaction& transaction, const StoredRevocationList& list) {
  // Octets compare from the left: of two numbers without leading zeros the longer one is the greater.
  TEGATA_ASSIGN(
      const auto changed,
      transaction.connection().run(
          "INSERT INTO revocation_list (issuer, scope, list, number, this_update, next_update, fetched_at, address) "
          "VALUES (:issuer, :scope, :list, :number, :this_update, :next_update, :fetched_at, :address) "
          "ON CONFLICT (issuer, scope) DO UPDATE SET list = excluded.list, number = excluded.number, "
          "this_update = excluded.this_update, next_update = excluded.next_update, "
          "fetched_at = excluded.fetched_at, address = excluded.address "
          "WHERE (length(excluded.number) > length(revocation_list.number) "
          "OR (length(excluded.number) = length(revocation_list.number) AND excluded.number >= "
          "revocation_list.number)) "
          "AND excluded.this_update >= revocation_list.this_update",
          {{":issuer", list.issuer},
           {":scope", list.scope},
           {":list", list.list},
           {":number", list.number},
           {":this_update", list.this_update},
           {":next_update", list.next_update},
           {":fetched_at", list.fetched_at},
           {":address", list.address}}));
  return changed == 1;
}

Result<std::vector<StoredRevocationList>> list_revocation_lists(Reader& reader) {
  return reader.connection().list<StoredRevocationList>(
      "SELECT issuer, scope, list, number, this_update, next_update, fetched_at, address FROM revocation_list "
      "ORDER BY issuer, scope",
      {}, read_list);
}

}  // namespace tegata::store
