#include "rp/store/card_certificates.h"

#include "rp/store/connection.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

Bytes read_bytes(Row& row) { return row.bytes(); }

CardCertificate read_card_certificate(Row& row) {
  CardCertificate out;
  out.issuer = row.digest();
  out.serial = row.bytes();
  return out;
}

StoppedPhone read_phone(Row& row) {
  StoppedPhone out;
  out.practitioner_id = row.text();
  out.label = row.text();
  return out;
}

#define PHONES_OF_THE_CARD \
  "(SELECT k.credential_id FROM credential_card k WHERE k.issuer = :issuer AND k.serial = :serial)"

constexpr std::string_view cancel_requests =
    "UPDATE handoff SET state = 'cancelled', reason = :why WHERE " STATE_IS_OPEN
    " AND expires_at > :now "
    "AND kind = 'activation' AND state = 'fulfilled' AND (credential_id IN " PHONES_OF_THE_CARD
    " OR (card_issuer = :issuer AND card_serial = :serial))";

constexpr std::string_view revoke_passes =
    "UPDATE pass SET revoked_at = :now, revoked_why = :why WHERE revoked_at IS NULL AND expires_at > :now "
    "AND ((practitioner_id IN (SELECT c.practitioner_id FROM credential c WHERE c.id IN " PHONES_OF_THE_CARD
    ") AND credential_id IN " PHONES_OF_THE_CARD ") OR (card_issuer = :issuer AND card_serial = :serial))";

constexpr std::string_view cancel_tickets_of_card =
    "UPDATE handoff SET state = 'cancelled', reason = :why WHERE " STATE_IS_OPEN
    " AND expires_at > :now "
    "AND kind = 'enrollment' AND state <> 'fulfilled' AND (session IN (SELECT s.cookie FROM session s "
    "WHERE s.credential_id IN " PHONES_OF_THE_CARD
    ") OR (json_extract(request, '$.card.issuer') = lower(hex(:issuer)) "
    "AND json_extract(request, '$.card.serial') = lower(hex(:serial))))";

}  // namespace

Status insert_credential_card(Transaction& transaction, ByteView credential_id, const CardCertificate& card) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO credential_card (credential_id, issuer, serial) VALUES (:id, :issuer, :serial)",
      {{":id", credential_id}, {":issuer", card.issuer}, {":serial", card.serial}}));
  return {};
}

Result<std::optional<CardCertificate>> find_credential_card(Reader& reader, ByteView credential_id) {
  return reader.connection().find<CardCertificate>(
      "SELECT issuer, serial FROM credential_card WHERE credential_id = :id", {{":id", credential_id}},
      read_card_certificate);
}

Result<std::vector<CardCertificate>> standing_card_certificates(Reader& reader, const Digest& issuer) {
  return reader.connection().list<CardCertificate>(
      "SELECT k.issuer, k.serial FROM credential_card k JOIN credential c ON c.id = k.credential_id "
      "WHERE k.issuer = :issuer AND k.stopped_at IS NULL AND c.removed_at IS NULL "
      "UNION SELECT card_issuer, card_serial FROM mynumber_link WHERE card_issuer = :issuer "
      "UNION SELECT card_issuer, card_serial FROM handoff WHERE card_issuer = :issuer AND kind = 'activation' "
      "AND state = 'fulfilled' "
      "UNION SELECT card_issuer, card_serial FROM pass WHERE card_issuer = :issuer AND revoked_at IS NULL",
      {{":issuer", issuer}}, read_card_certificate);
}

Result<EndedWithCard> end_with_card(Transaction& transaction, const CardCertificate& card, const std::string& why) {
  auto& connection = transaction.connection();
  const Binding named = {{":issuer", card.issuer}, {":serial", card.serial}};
  Binding timed = named;
  timed.push_back({":now", transaction.now()});
  Binding reasoned = timed;
  reasoned.push_back({":why", why});
  EndedWithCard out;
  TEGATA_ASSIGN(out.phones, connection.list<StoppedPhone>(
                                "SELECT c.practitioner_id, c.label FROM credential c JOIN credential_card k "
                                "ON k.credential_id = c.id WHERE k.issuer = :issuer AND k.serial = :serial "
                                "AND k.stopped_at IS NULL AND c.removed_at IS NULL ORDER BY c.created_at, c.id",
                                named, read_phone));
  TEGATA_TRY(connection.run(
      "UPDATE credential_card SET stopped_at = :now WHERE issuer = :issuer AND serial = :serial AND stopped_at IS NULL",
      timed));
  TEGATA_ASSIGN(out.requests, connection.run(cancel_requests, reasoned));
  TEGATA_ASSIGN(out.passes, connection.run(revoke_passes, reasoned));
  // Before the sessions end: tickets are found by them.
  TEGATA_ASSIGN(out.tickets, connection.run(cancel_tickets_of_card, reasoned));
  TEGATA_ASSIGN(out.sessions, connection.run("DELETE FROM session WHERE credential_id IN " PHONES_OF_THE_CARD, named));
  TEGATA_ASSIGN(out.links, connection.run("DELETE FROM mynumber_link WHERE card_issuer = :issuer "
                                          "AND card_serial = :serial",
                                          named));
  return out;
}

Result<bool> is_stopped(Reader& reader, ByteView credential_id) {
  TEGATA_ASSIGN(const auto found,
                reader.connection().find<std::int64_t>(
                    "SELECT 1 FROM credential_card WHERE credential_id = :id AND stopped_at IS NOT NULL",
                    {{":id", credential_id}}, read_integer));
  return found.has_value();
}

Result<std::set<Bytes>> stopped_credentials(Reader& reader, const std::string& practitioner_id) {
  TEGATA_ASSIGN(const auto stopped,
                reader.connection().list<Bytes>(
                    "SELECT k.credential_id FROM credential_card k JOIN credential c ON c.id = k.credential_id "
                    "WHERE c.practitioner_id = :practitioner_id AND k.stopped_at IS NOT NULL",
                    {{":practitioner_id", practitioner_id}}, read_bytes));
  return std::set<Bytes>(stopped.begin(), stopped.end());
}

}  // namespace tegata::store
