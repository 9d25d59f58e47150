#include "rp/store/notices.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

Notice read_notice(engine::Row& row) {
  Notice out;
  out.number = row.integer();
  out.at = row.instant();
  out.kind = row.text();
  out.practitioner_id = row.text();
  out.details = row.json();
  out.mail = row.text();
  return out;
}

}  // namespace

Status put_notice(Transaction& transaction, const std::string& kind, const std::string& practitioner_id,
                  const Json& details) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO notice (at, kind, practitioner_id, details) VALUES (:now, :kind, :practitioner_id, :details)",
      {{":now", transaction.now()}, {":kind", kind}, {":practitioner_id", practitioner_id}, {":details", details}}));
  return {};
}

Result<std::vector<Notice>> list_notices(Reader& reader, std::int64_t number, std::int64_t limit) {
  return reader.connection().list<Notice>(
      "SELECT number, at, kind, practitioner_id, details, "
      "COALESCE((SELECT mail FROM practitioner WHERE id = notice.practitioner_id), '') FROM notice WHERE number > "
      ":number "
      "ORDER BY number LIMIT :limit",
      {{":number", number}, {":limit", limit}}, read_notice);
}

Result<std::int64_t> newest_notice(Reader& reader) {
  TEGATA_ASSIGN(const auto newest, reader.connection().find<std::int64_t>("SELECT COALESCE(MAX(number), 0) FROM notice",
                                                                          {}, engine::read_integer));
  return newest.value_or(0);
}

Result<std::optional<std::int64_t>> find_channel(Reader& reader, const std::string& name) {
  return reader.connection().find<std::int64_t>("SELECT delivered FROM notice_channel WHERE name = :name",
                                                {{":name", name}}, engine::read_integer);
}

Result<bool> open_channel(Transaction& transaction, const std::string& name) {
  TEGATA_ASSIGN(const auto opened,
                transaction.connection().run("INSERT INTO notice_channel (name, delivered) "
                                             "SELECT :name, COALESCE(MAX(number), 0) FROM notice WHERE true "
                                             "ON CONFLICT DO NOTHING",
                                             {{":name", name}}));
  return opened == 1;
}

Result<bool> note_delivered(Transaction& transaction, const std::string& name, std::int64_t from, std::int64_t to) {
  TEGATA_ASSIGN(
      const auto noted,
      transaction.connection().run("UPDATE notice_channel SET delivered = :to WHERE name = :name AND delivered = :from",
                                   {{":to", to}, {":name", name}, {":from", from}}));
  return noted == 1;
}

}  // namespace tegata::store
