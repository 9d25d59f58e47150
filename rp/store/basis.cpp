#include "rp/store/basis.h"

#include "rp/store/basis_stands.h"
#include "rp/store/engine/connection.h"
#include "rp/store/open_handoffs.h"

namespace tegata::store {
namespace {

constexpr const char* kind_names[] = {"card", "mynumber", "phone", "letter", "number"};

Bytes read_bytes(engine::Row& row) { return row.bytes(); }

StandingCard read_standing_card(engine::Row& row) {
  StandingCard out;
  out.basis = row.integer();
  out.practitioner_id = row.text();
  out.certificate.issuer = row.digest();
  out.certificate.serial = row.bytes();
  return out;
}

EndedPhone read_ended_phone(engine::Row& row) {
  EndedPhone out;
  out.practitioner_id = row.text();
  out.label = row.text();
  return out;
}

BasisKind parse_basis_kind(engine::Row& row) {
  const auto text = row.text();
  for (const auto kind :
       {BasisKind::card, BasisKind::mynumber, BasisKind::phone, BasisKind::letter, BasisKind::number}) {
    if (text == name(kind)) return kind;
  }
  row.damage();
  return BasisKind::card;
}

Basis read_basis(engine::Row& row) {
  Basis out;
  out.id = row.integer();
  out.kind = parse_basis_kind(row);
  if (const auto below = row.integer(); below != 0) out.rests_on = below;
  out.practitioner_id = row.text();
  out.name = row.text();
  const auto issuer = row.optional_digest();
  auto serial = row.optional_bytes();
  if (issuer && serial) out.card = CardCertificate{*issuer, std::move(*serial)};
  out.ended_at = row.optional_instant();
  return out;
}

#define BASIS_COLUMNS \
  "b.id, b.kind, COALESCE(b.rests_on, 0), b.practitioner_id, b.name, b.issuer, b.serial, b.ended_at "

// The basis :id and what rests on it, as far as :reach goes (0, 1, 2 as in Reach). It goes through bases that have
// ended: what a removed phone had made rests on the card below it.
#define WITH_RESTING                                                                                          \
  "WITH RECURSIVE resting (id) AS (SELECT b.id FROM basis b WHERE b.id = :id UNION SELECT b.id FROM basis b " \
  "JOIN resting r ON b.rests_on = r.id WHERE :reach = 2 OR (:reach = 1 AND b.kind <> 'phone')) "
#define RESTING "(SELECT id FROM resting)"
// Passes are found by their person: no index of theirs has the basis.
#define PEOPLE_RESTING "(SELECT b.practitioner_id FROM basis b WHERE b.id IN " RESTING ")"

constexpr std::string_view list_phones = WITH_RESTING
    "SELECT c.practitioner_id, c.label FROM credential c JOIN basis b ON b.id = c.basis WHERE b.id IN " RESTING
    " AND b.ended_at IS NULL AND c.removed_at IS NULL ORDER BY c.created_at, c.id";
constexpr std::string_view end_bases =
    WITH_RESTING "UPDATE basis SET ended_at = :now, ended_why = :why WHERE ended_at IS NULL AND id IN " RESTING;
constexpr std::string_view cancel_requests =
    WITH_RESTING "UPDATE handoff SET state = 'cancelled', reason = :why WHERE " STATE_IS_OPEN
                 " AND expires_at > :now AND kind = 'activation' AND basis IN " RESTING;
// A ticket whose phone is bound has nothing left to give but the phone's name.
constexpr std::string_view cancel_tickets =
    WITH_RESTING "UPDATE handoff SET state = 'cancelled', reason = :why WHERE " STATE_IS_OPEN
                 " AND expires_at > :now AND kind = 'enrollment' AND state <> 'fulfilled' AND basis IN " RESTING;
constexpr std::string_view revoke_passes = WITH_RESTING
    "UPDATE pass SET revoked_at = :now, revoked_why = :why WHERE revoked_at IS NULL AND expires_at > :now "
    "AND practitioner_id IN " PEOPLE_RESTING " AND basis IN " RESTING;
constexpr std::string_view end_sessions = WITH_RESTING "DELETE FROM session WHERE basis IN " RESTING;
constexpr std::string_view end_codes =
    WITH_RESTING "UPDATE card_login SET used = 1 WHERE used = 0 AND expires_at > :now AND basis IN " RESTING;
constexpr std::string_view end_links = WITH_RESTING "DELETE FROM mynumber_link WHERE basis IN " RESTING;

// A root that has a name of its own.
Result<BasisId> named_root(Transaction& transaction, BasisKind kind, const std::string& practitioner_id,
                           const std::string& root_name) {
  auto& connection = transaction.connection();
  const engine::Binding named = {{":kind", name(kind)}, {":practitioner_id", practitioner_id}, {":name", root_name}};
  auto timed = named;
  timed.push_back({":now", transaction.now()});
  TEGATA_TRY(
      connection.run("INSERT INTO basis (kind, practitioner_id, name, created_at) "
                     "SELECT :kind, :practitioner_id, :name, :now WHERE NOT EXISTS (SELECT 1 FROM basis o "
                     "WHERE o.kind = :kind AND o.name = :name AND o.practitioner_id = :practitioner_id)",
                     timed));
  TEGATA_ASSIGN(const auto found, connection.find<BasisId>("SELECT id FROM basis WHERE kind = :kind AND name = :name "
                                                           "AND practitioner_id = :practitioner_id",
                                                           named, engine::read_integer));
  return found.value_or(0);
}

}  // namespace

const char* name(BasisKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

Result<std::optional<BasisId>> basis_of_card(Transaction& transaction, const CardCertificate& card,
                                             const std::string& practitioner_id, std::optional<Instant> vouched_at) {
  auto& connection = transaction.connection();
  const engine::Binding named = {
      {":issuer", card.issuer}, {":serial", card.serial}, {":practitioner_id", practitioner_id}};
  auto timed = named;
  timed.push_back({":now", transaction.now()});
  timed.push_back({":vouched_at", vouched_at});
  // A certificate that is revoked is revoked in everybody's hands.
  TEGATA_TRY(
      connection.run("INSERT INTO basis (kind, practitioner_id, issuer, serial, created_at) "
                     "SELECT 'card', :practitioner_id, :issuer, :serial, :now WHERE NOT EXISTS (SELECT 1 FROM basis o "
                     "WHERE o.issuer = :issuer AND o.serial = :serial AND o.ended_at IS NOT NULL "
                     "AND (:vouched_at IS NULL OR o.ended_at >= :vouched_at)) ON CONFLICT DO NOTHING",
                     timed));
  return connection.find<BasisId>(
      "SELECT id FROM basis WHERE issuer = :issuer AND serial = :serial AND practitioner_id = :practitioner_id "
      "AND ended_at IS NULL",
      named, engine::read_integer);
}

Result<BasisId> basis_of_letter(Transaction& transaction, const std::string& ticket_id,
                                const std::string& practitioner_id) {
  return named_root(transaction, BasisKind::letter, practitioner_id, ticket_id);
}

Result<BasisId> basis_of_number(Transaction& transaction, const std::string& practitioner_id) {
  return named_root(transaction, BasisKind::number, practitioner_id, "");
}

Result<std::optional<BasisId>> insert_basis(Transaction& transaction, const NewBasis& basis) {
  TEGATA_ASSIGN(const auto inserted, transaction.connection().list<BasisId>(
                                         "INSERT INTO basis (kind, rests_on, practitioner_id, name, created_at) "
                                         "SELECT :kind, :rests_on, :practitioner_id, :name, :now "
                                         "WHERE :rests_on IS NULL OR " BASIS_STANDS(":rests_on") " RETURNING id",
                                         {{":kind", name(basis.kind)},
                                          {":rests_on", basis.rests_on},
                                          {":practitioner_id", basis.practitioner_id},
                                          {":name", basis.name},
                                          {":now", transaction.now()}},
                                         engine::read_integer));
  return inserted.empty() ? std::optional<BasisId>() : inserted.front();
}

Result<std::optional<Basis>> find_basis(Reader& reader, BasisId id) {
  return reader.connection().find<Basis>("SELECT " BASIS_COLUMNS "FROM basis b WHERE b.id = :id", {{":id", id}},
                                         read_basis);
}

Result<std::vector<Basis>> bases_below(Reader& reader, BasisId id) {
  std::vector<Basis> out;
  std::optional<BasisId> next = id;
  while (next) {
    TEGATA_ASSIGN(auto basis, find_basis(reader, *next));
    if (!basis) break;
    next = basis->rests_on;
    out.push_back(std::move(*basis));
  }
  return out;
}

Result<std::vector<StandingCard>> standing_cards(Reader& reader, const Digest& issuer) {
  return reader.connection().list<StandingCard>(
      "SELECT id, practitioner_id, issuer, serial FROM basis WHERE issuer = :issuer AND ended_at IS NULL ORDER BY id",
      {{":issuer", issuer}}, read_standing_card);
}

Result<Ended> end_basis(Transaction& transaction, BasisId id, const std::string& why, Reach reach) {
  auto& connection = transaction.connection();
  const engine::Binding which = {{":id", id}, {":reach", static_cast<int>(reach)}};
  auto timed = which;
  timed.push_back({":now", transaction.now()});
  auto reasoned = timed;
  reasoned.push_back({":why", why});
  Ended out;
  TEGATA_ASSIGN(out.phones, connection.list<EndedPhone>(list_phones, which, read_ended_phone));
  TEGATA_TRY(connection.run(end_bases, reasoned));
  TEGATA_ASSIGN(out.requests, connection.run(cancel_requests, reasoned));
  TEGATA_ASSIGN(out.tickets, connection.run(cancel_tickets, reasoned));
  TEGATA_ASSIGN(out.passes, connection.run(revoke_passes, reasoned));
  TEGATA_ASSIGN(out.sessions, connection.run(end_sessions, which));
  TEGATA_ASSIGN(out.codes, connection.run(end_codes, timed));
  TEGATA_ASSIGN(out.links, connection.run(end_links, which));
  return out;
}

Result<bool> is_stopped(Reader& reader, ByteView credential_id) {
  TEGATA_ASSIGN(const auto found, reader.connection().find<std::int64_t>(
                                      "SELECT 1 FROM credential c JOIN basis b ON b.id = c.basis WHERE c.id = :id "
                                      "AND c.removed_at IS NULL AND b.ended_at IS NOT NULL",
                                      {{":id", credential_id}}, engine::read_integer));
  return found.has_value();
}

Result<std::set<Bytes>> stopped_credentials(Reader& reader, const std::string& practitioner_id) {
  TEGATA_ASSIGN(const auto stopped,
                reader.connection().list<Bytes>("SELECT c.id FROM credential c JOIN basis b ON b.id = c.basis "
                                                "WHERE c.practitioner_id = :practitioner_id AND c.removed_at IS NULL "
                                                "AND b.ended_at IS NOT NULL",
                                                {{":practitioner_id", practitioner_id}}, read_bytes));
  return std::set<Bytes>(stopped.begin(), stopped.end());
}

}  // namespace tegata::store
