#include "rp/store/phones.h"

#include "rp/store/connection.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

Ceremony read_ceremony(Row& row) {
  Ceremony out;
  out.cookie = row.digest();
  out.challenge = row.bytes();
  out.expires_at = row.instant();
  return out;
}

constexpr std::string_view cancel_activations =
    "UPDATE handoff SET state = 'cancelled', reason = :why "
    "WHERE " STATE_IS_OPEN
    " AND expires_at > :now "
    "AND kind = 'activation' AND state = 'fulfilled' AND practitioner_id = :practitioner_id AND credential_id = :id";

// Of all the person's phones: the session in which a ticket was begun may have ended meanwhile, and nothing else says
// which phone it was.
constexpr std::string_view cancel_tickets_of_person =
    "UPDATE handoff SET state = 'cancelled', reason = :why "
    "WHERE " STATE_IS_OPEN
    " AND expires_at > :now "
    "AND kind = 'enrollment' AND state <> 'fulfilled' AND practitioner_id = :practitioner_id "
    "AND origin IN ('bound-phone', 'registration-number')";

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

Result<EndedWithPhone> end_with_phone(Transaction& transaction, ByteView credential_id,
                                      const std::string& practitioner_id, const std::string& why) {
  auto& connection = transaction.connection();
  const Binding hanging = {
      {":now", transaction.now()}, {":why", why}, {":practitioner_id", practitioner_id}, {":id", credential_id}};
  EndedWithPhone out;
  TEGATA_ASSIGN(out.passes,
                connection.run("UPDATE pass SET revoked_at = :now, revoked_why = :why "
                               "WHERE practitioner_id = :practitioner_id AND expires_at > :now AND credential_id = :id "
                               "AND revoked_at IS NULL",
                               hanging));
  TEGATA_ASSIGN(out.activations, connection.run(cancel_activations, hanging));
  TEGATA_ASSIGN(out.tickets,
                connection.run(cancel_tickets_of_person,
                               {{":now", transaction.now()}, {":why", why}, {":practitioner_id", practitioner_id}}));
  TEGATA_ASSIGN(out.sessions,
                connection.run("DELETE FROM session WHERE credential_id = :id", {{":id", credential_id}}));
  return out;
}

}  // namespace tegata::store
