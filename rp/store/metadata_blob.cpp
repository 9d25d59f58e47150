#include "rp/store/metadata_blob.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

MetadataBlob read_blob(engine::Row& row) {
  MetadataBlob out;
  out.blob = row.text();
  out.number = row.integer();
  out.next_update = row.instant();
  out.imported_at = row.instant();
  out.generation = row.integer();
  return out;
}

std::int64_t read_generation(engine::Row& row) { return row.integer(); }

Status put_unwanted_models(Transaction& transaction, const std::vector<UnwantedModel>& unwanted) {
  TEGATA_TRY(transaction.connection().run("DELETE FROM unwanted_model"));
  for (const auto& model : unwanted) {
    TEGATA_TRY(transaction.connection().run(
        "INSERT INTO unwanted_model (aaguid, since) VALUES (:aaguid, :since) "
        "ON CONFLICT (aaguid) DO UPDATE SET since = excluded.since WHERE excluded.since < unwanted_model.since",
        {{":aaguid", model.aaguid}, {":since", model.since}}));
  }
  return {};
}

}  // namespace

Result<bool> put_metadata_blob(Transaction& transaction, const MetadataBlob& blob,
                               const std::vector<UnwantedModel>& unwanted) {
  TEGATA_ASSIGN(
      const auto changed,
      transaction.connection().run("INSERT INTO metadata_blob (id, blob, number, next_update, imported_at, generation) "
                                   "VALUES (1, :blob, :number, :next_update, :imported_at, 1) "
                                   "ON CONFLICT (id) DO UPDATE SET blob = excluded.blob, number = excluded.number, "
                                   "next_update = excluded.next_update, imported_at = excluded.imported_at, "
                                   "generation = metadata_blob.generation + 1 "
                                   "WHERE excluded.number > metadata_blob.number OR excluded.blob = metadata_blob.blob",
                                   {{":blob", blob.blob},
                                    {":number", blob.number},
                                    {":next_update", blob.next_update},
                                    {":imported_at", transaction.now()}}));
  if (changed != 1) return false;
  TEGATA_TRY(put_unwanted_models(transaction, unwanted));
  return true;
}

Result<std::optional<MetadataBlob>> find_metadata_blob(Reader& reader) {
  return reader.connection().find<MetadataBlob>(
      "SELECT blob, number, next_update, imported_at, generation FROM metadata_blob WHERE id = 1", {}, read_blob);
}

Result<std::int64_t> metadata_generation(Reader& reader) {
  TEGATA_ASSIGN(const auto found, reader.connection().find<std::int64_t>(
                                      "SELECT generation FROM metadata_blob WHERE id = 1", {}, read_generation));
  return found.value_or(0);
}

}  // namespace tegata::store
