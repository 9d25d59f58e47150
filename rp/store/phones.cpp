#include "rp/store/phones.h"

#include "rp/store/engine/connection.h"

namespace tegata::store {
namespace {

Ceremony read_ceremony(engine::Row& row) {
  Ceremony out;
  out.cookie = row.digest();
  out.challenge = row.bytes();
  out.expires_at = row.instant();
  return out;
}

}  // namespace

Status put_ceremony(Transaction& transaction, const Ceremony& ceremony) {
  auto& connection = transaction.connection();
  TEGATA_TRY(connection.run("DELETE FROM ceremony WHERE expires_at <= :now", {{":now", transaction.now()}}));
  TEGATA_TRY(connection.run(
      "INSERT INTO ceremony (cookie, challenge, expires_at) VALUES (:cookie, :challenge, :expires_at) "
      "ON CONFLICT (cookie) DO UPDATE SET challenge = excluded.challenge, expires_at = excluded.expires_at",
      {{":cookie", ceremony.cookie}, {":challenge", ceremony.challenge}, {":expires_at", ceremony.expires_at}}));
  return {};
}

Result<std::optional<Ceremony>> find_ceremony(Reader& reader, const Digest& cookie, Instant now) {
  return reader.connection().find<Ceremony>(
      "SELECT cookie, challenge, expires_at FROM ceremony WHERE cookie = :cookie AND expires_at > :now",
      {{":cookie", cookie}, {":now", now}}, read_ceremony);
}

Result<bool> take_ceremony(Transaction& transaction, const Ceremony& ceremony) {
  TEGATA_ASSIGN(const auto taken,
                transaction.connection().run(
                    "DELETE FROM ceremony WHERE cookie = :cookie AND challenge = :challenge AND expires_at > :now",
                    {{":cookie", ceremony.cookie}, {":challenge", ceremony.challenge}, {":now", transaction.now()}}));
  return taken == 1;
}

}  // namespace tegata::store
