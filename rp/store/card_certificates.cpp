#include "rp/store/card_certificates.h"

#include "rp/store/connection.h"

namespace tegata::store {
namespace {

std::int64_t read_integer(Row& row) { return row.integer(); }
Bytes read_bytes(Row& row) { return row.bytes(); }

CardCertificate read_certificate(Row& row) {
  CardCertificate out;
  out.issuer = row.digest();
  out.serial = row.bytes();
  return out;
}

#define PHONES_OF_THE_CARD \
  "(SELECT k.credential_id FROM credential_card k WHERE k.issuer = :issuer AND k.serial = :serial)"

}  // namespace

Status insert_credential_card(Transaction& transaction, ByteView credential_id, const CardCertificate& card) {
  TEGATA_TRY(transaction.connection().run(
      "INSERT INTO credential_card (credential_id, issuer, serial) VALUES (:id, :issuer, :serial)",
      {{":id", credential_id}, {":issuer", card.issuer}, {":serial", card.serial}}));
  return {};
}

Result<std::vector<CardCertificate>> standing_card_certificates(Reader& reader, const Digest& issuer) {
  return reader.connection().list<CardCertificate>(
      "SELECT DISTINCT k.issuer, k.serial FROM credential_card k JOIN credential c ON c.id = k.credential_id "
      "WHERE k.issuer = :issuer AND k.stopped_at IS NULL AND c.removed_at IS NULL",
      {{":issuer", issuer}}, read_certificate);
}

Result<StoppedPhones> stop_phones_of_card(Transaction& transaction, const CardCertificate& card,
                                          const std::string& why) {
  auto& connection = transaction.connection();
  const Binding named = {{":issuer", card.issuer}, {":serial", card.serial}, {":now", transaction.now()}};
  StoppedPhones out;
  TEGATA_ASSIGN(out.phones, connection.run("UPDATE credential_card SET stopped_at = :now WHERE issuer = :issuer "
                                           "AND serial = :serial AND stopped_at IS NULL",
                                           named));
  Binding reasoned = named;
  reasoned.push_back({":why", why});
  TEGATA_ASSIGN(out.requests, connection.run("UPDATE handoff SET state = 'cancelled', reason = :why "
                                             "WHERE kind = 'activation' AND state = 'fulfilled' AND expires_at > :now "
                                             "AND credential_id IN " PHONES_OF_THE_CARD,
                                             reasoned));
  TEGATA_ASSIGN(
      out.passes,
      connection.run("UPDATE pass SET revoked_at = :now, revoked_why = :why WHERE revoked_at IS NULL "
                     "AND expires_at > :now AND practitioner_id IN (SELECT c.practitioner_id "
                     "FROM credential c WHERE c.id IN " PHONES_OF_THE_CARD ") AND credential_id IN " PHONES_OF_THE_CARD,
                     reasoned));
  return out;
}

Result<bool> is_stopped(Reader& reader, ByteView credential_id) {
  TEGATA_ASSIGN(const auto found,
                reader.connection().find<std::int64_t>(
                    "SELECT 1 FROM credential_card WHERE credential_id = :id AND stopped_at IS NOT NULL",
                    {{":id", credential_id}}, read_integer));
  return found.has_value();
}

Result<std::vector<Bytes>> stopped_credentials(Reader& reader, const std::string& practitioner_id) {
  return reader.connection().list<Bytes>(
      "SELECT k.credential_id FROM credential_card k JOIN credential c ON c.id = k.credential_id "
      "WHERE c.practitioner_id = :practitioner_id AND k.stopped_at IS NOT NULL",
      {{":practitioner_id", practitioner_id}}, read_bytes);
}

}  // namespace tegata::store
