#include "rp/store/mynumber_link.h"

#include "rp/store/connection.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

#define LINK_COLUMNS \
  "practitioner_id, fingerprint, not_before, not_after, linked_at, linked_by, card_issuer, card_serial"

MyNumberLink read_link(Row& row) {
  MyNumberLink out;
  out.practitioner_id = row.text();
  out.fingerprint = row.digest();
  out.not_before = row.instant();
  out.not_after = row.instant();
  out.linked_at = row.instant();
  out.linked_by = row.text();
  const auto issuer = row.optional_digest();
  auto serial = row.optional_bytes();
  if (issuer && serial) out.card = CardCertificate{*issuer, std::move(*serial)};
  return out;
}

// Approved by a card that is no HPKI card: neither a phone nor a card's certificate stands beside it.
constexpr std::string_view cancel_requests_of_link =
    "UPDATE handoff SET state = 'cancelled', reason = :why WHERE " STATE_IS_OPEN
    " AND expires_at > :now AND kind = 'activation' AND state = 'fulfilled' AND practitioner_id = :id "
    "AND credential_id IS NULL AND card_issuer IS NULL";

constexpr std::string_view revoke_passes_of_link =
    "UPDATE pass SET revoked_at = :now, revoked_why = :why WHERE practitioner_id = :id AND expires_at > :now "
    "AND revoked_at IS NULL AND length(credential_id) = 0 AND card_issuer IS NULL";

constexpr std::string_view cancel_tickets_of_link =
    "UPDATE handoff SET state = 'cancelled', reason = :why WHERE " STATE_IS_OPEN
    " AND expires_at > :now AND kind = 'enrollment' AND state <> 'fulfilled' AND practitioner_id = :id "
    "AND origin = 'mynumber'";

}  // namespace

Result<std::optional<EndedWithLink>> remove_mynumber_link(Transaction& transaction, const std::string& practitioner_id,
                                                          const std::string& why) {
  auto& connection = transaction.connection();
  TEGATA_ASSIGN(auto link, find_mynumber_link(transaction, practitioner_id));
  const Binding whose = {{":id", practitioner_id}};
  TEGATA_ASSIGN(const auto removed, connection.run("DELETE FROM mynumber_link WHERE practitioner_id = :id", whose));
  if (!link || removed != 1) return std::optional<EndedWithLink>();
  const Binding timed = {{":id", practitioner_id}, {":now", transaction.now()}};
  Binding reasoned = timed;
  reasoned.push_back({":why", why});
  EndedWithLink out;
  out.link = std::move(*link);
  TEGATA_ASSIGN(out.sessions,
                connection.run("DELETE FROM session WHERE practitioner_id = :id AND method = 'mynumber'", whose));
  TEGATA_ASSIGN(out.codes,
                connection.run("UPDATE card_login SET used = 1 WHERE practitioner_id = :id AND used = 0 "
                               "AND expires_at > :now AND EXISTS (SELECT 1 FROM start_record s WHERE s.id = start_id "
                               "AND s.method = 'mynumber')",
                               timed));
  TEGATA_ASSIGN(out.tickets, connection.run(cancel_tickets_of_link, reasoned));
  TEGATA_ASSIGN(out.requests, connection.run(cancel_requests_of_link, reasoned));
  TEGATA_ASSIGN(out.passes, connection.run(revoke_passes_of_link, reasoned));
  return std::optional(std::move(out));
}

Result<bool> put_mynumber_link(Transaction& transaction, const MyNumberLink& link) {
  TEGATA_ASSIGN(const auto put,
                transaction.connection().run(
                    "INSERT INTO mynumber_link (" LINK_COLUMNS
                    ") SELECT :id, :fingerprint, :not_before, :not_after, :now, :linked_by, :card_issuer, :card_serial "
                    "WHERE EXISTS (SELECT 1 FROM practitioner WHERE id = :id AND active = 1) AND NOT EXISTS "
                    "(SELECT 1 FROM mynumber_link o WHERE o.fingerprint = :fingerprint AND o.practitioner_id <> :id) "
                    "ON CONFLICT (practitioner_id) DO UPDATE SET fingerprint = excluded.fingerprint, "
                    "not_before = excluded.not_before, not_after = excluded.not_after, "
                    "linked_at = excluded.linked_at, linked_by = excluded.linked_by, "
                    "card_issuer = excluded.card_issuer, card_serial = excluded.card_serial",
                    {{":id", link.practitioner_id},
                     {":fingerprint", link.fingerprint},
                     {":not_before", link.not_before},
                     {":not_after", link.not_after},
                     {":now", transaction.now()},
                     {":linked_by", link.linked_by},
                     {":card_issuer", link.card ? std::optional(link.card->issuer) : std::nullopt},
                     {":card_serial", link.card ? std::optional(link.card->serial) : std::nullopt}}));
  return put == 1;
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

Result<std::vector<MyNumberLink>> list_mynumber_links(Reader& reader, std::optional<Instant> until) {
  return reader.connection().list<MyNumberLink>(
      "SELECT " LINK_COLUMNS
      " FROM mynumber_link WHERE :until IS NULL OR not_after <= :until ORDER BY not_after, practitioner_id",
      {{":until", until}}, read_link);
}

}  // namespace tegata::store
