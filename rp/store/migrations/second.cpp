#include "rp/store/migrations/migrations.h"

namespace tegata::store::migrations {
namespace {

constexpr const char* version_11 = R"sql(
-- The keys that sign passes. The private part lies elsewhere, where material says. withdrawn_at: an emergency ended it.
CREATE TABLE signing_key (
  kid TEXT PRIMARY KEY NOT NULL, material TEXT NOT NULL, public_jwk TEXT NOT NULL, published_at INTEGER NOT NULL,
  use_from INTEGER NOT NULL, withdrawn_at INTEGER);

-- kid: by which key it is signed; empty only before the first key was taken in.
ALTER TABLE pass ADD COLUMN kid TEXT NOT NULL DEFAULT '';
CREATE INDEX pass_key ON pass (kid, expires_at);
)sql";

constexpr const char* version_12 = R"sql(
-- Registration number and card ID as they stand on a card, as keyed MACs: of the number alone, and of both together.
CREATE TABLE registration_number (
  pair BLOB PRIMARY KEY NOT NULL, number BLOB NOT NULL, practitioner_id TEXT NOT NULL REFERENCES practitioner (id));
CREATE INDEX registration_number_number ON registration_number (number);
CREATE INDEX registration_number_practitioner ON registration_number (practitioner_id);

-- Every try of the last day, of known and unknown numbers alike; number and address are keyed MACs.
CREATE TABLE number_try (number BLOB NOT NULL, address BLOB NOT NULL, at INTEGER NOT NULL);
CREATE INDEX number_try_number ON number_try (number, at);
CREATE INDEX number_try_address ON number_try (address, at);
CREATE INDEX number_try_at ON number_try (at);

-- Letters that people asked for; done when a mailed ticket of the same person is younger.
CREATE TABLE letter_order (
  practitioner_id TEXT PRIMARY KEY NOT NULL REFERENCES practitioner (id), ordered_at INTEGER NOT NULL);
CREATE INDEX handoff_person ON handoff (practitioner_id, origin, created_at) WHERE kind = 'enrollment';

-- A MAC under the key by which guesses and numbers are kept: another key is not taken for it. At most one row.
CREATE TABLE guess_key_mark (id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), mark BLOB NOT NULL);
)sql";

constexpr const char* version_13 = R"sql(
-- Whether a facility's requests may be opened by their typed code, besides by QR.
ALTER TABLE facility ADD COLUMN typed_code INTEGER NOT NULL DEFAULT 1;
)sql";

constexpr const char* version_14 = R"sql(
-- Codes have eight letters; what an older server left open has four.
DROP INDEX handoff_letters;
CREATE UNIQUE INDEX handoff_letters ON handoff (substr(user_code, 1, length(user_code) - 3))
  WHERE kind = 'activation' AND user_code <> '' AND state IN ('created', 'claimed', 'fulfilled');

-- The keyed MAC of an IPv6 /48, whose tries count together; NULL for IPv4.
ALTER TABLE number_try ADD COLUMN network BLOB;
CREATE INDEX number_try_network ON number_try (network, at) WHERE network IS NOT NULL;

-- Nobody proved to be the client that asks: forgotten soon after its end, unless a person approved it.
ALTER TABLE handoff ADD COLUMN unproved INTEGER NOT NULL DEFAULT 0;
CREATE INDEX handoff_unproved ON handoff (expires_at) WHERE unproved = 1 AND practitioner_id IS NULL;
)sql";

constexpr const char* version_15 = R"sql(
-- "clock_boot" and "clock_ahead": by what the next commit judges the clock (clock_rules.h). "purge_horizon": up to which
-- moment the last round of a purge looked; 0 before the first. "audit_acknowledged": the last record of the log that an
-- acknowledged export holds.
INSERT INTO meta (name, value) VALUES ('clock_boot', 0), ('clock_ahead', 0), ('audit_acknowledged', 0);
INSERT INTO meta (name, value) SELECT 'purge_horizon', value FROM meta WHERE name = 'highest_now';
CREATE INDEX audit_clock_repaired ON audit (number) WHERE kind = 'clock_repaired';
)sql";

constexpr const char* version_16 = R"sql(
-- A person sees also that a My Number card was unlinked.
DROP INDEX audit_phones_actor;
DROP INDEX audit_phones_subject;
CREATE INDEX audit_phones_actor ON audit (actor, number) WHERE kind IN ('credential_registered', 'credential_renamed',
  'credential_removed', 'credential_revoked', 'credential_proven', 'phone_login', 'card_login', 'mynumber_login',
  'mynumber_linked', 'mynumber_unlinked');
CREATE INDEX audit_phones_subject ON audit (subject, number) WHERE kind IN ('credential_registered',
  'credential_renamed', 'credential_removed', 'credential_revoked', 'credential_proven', 'phone_login', 'card_login',
  'mynumber_login', 'mynumber_linked', 'mynumber_unlinked');
)sql";

constexpr const char* version_17 = R"sql(
-- Where the key is kept, as judged last (webauthn/wire/key_protection.h): 0 until an approval judges it.
ALTER TABLE credential ADD COLUMN key_protection INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr const char* version_18 = R"sql(
-- What a request or a pass rests on, for SQL to ask whether it still stands (standing.h). roles, scopes: lists. client_key: by
-- which key the client proved itself (RFC 7638, base64url). redirect_uri: the registered one, where there is one.
-- evidence: what the approval proved, as in handoff.
ALTER TABLE handoff ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE handoff ADD COLUMN client_key TEXT;
ALTER TABLE handoff ADD COLUMN redirect_uri TEXT NOT NULL DEFAULT '';
UPDATE handoff SET roles = json_array(json_extract(evidence, '$.role'))
  WHERE kind = 'activation' AND COALESCE(json_extract(evidence, '$.role'), '') <> '';
ALTER TABLE pass ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE pass ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE pass ADD COLUMN evidence TEXT NOT NULL DEFAULT '{}';
ALTER TABLE pass ADD COLUMN client_key TEXT;
UPDATE pass SET scopes = '["' || replace(COALESCE(json_extract(claims, '$.scope'), ''), ' ', '","') || '"]',
  roles = COALESCE(json_extract(claims, '$.hpki_role'), '[]'),
  evidence = CASE json_extract(claims, '$.acr') WHEN 'phrh' THEN '{"hardware":true}' ELSE '{"hardware":false}' END;

-- Of its jwks; NULL: as it was before this column, whichever that is.
ALTER TABLE client ADD COLUMN key_thumbprints TEXT;

-- Models of phones (AAGUID) of which the metadata that was imported last warns, and from when on.
CREATE TABLE unwanted_model (aaguid BLOB PRIMARY KEY NOT NULL, since INTEGER NOT NULL);
)sql";

constexpr const char* version_19 = R"sql(
-- What everything that is granted rests on. kind: card, mynumber, phone, letter, number. rests_on: NULL for a root, and
-- for what rests on an operator's word. issuer, serial: of a card's certificate. name: in hexadecimal the credential ID
-- of a phone or the fingerprint of a My Number card; of a letter its ticket. ended_at: once and for good; rows stay.
CREATE TABLE basis (
  id INTEGER PRIMARY KEY NOT NULL, kind TEXT NOT NULL, rests_on INTEGER REFERENCES basis (id),
  practitioner_id TEXT NOT NULL, issuer BLOB, serial BLOB, name TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL,
  ended_at INTEGER, ended_why TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX basis_card ON basis (issuer, serial, practitioner_id) WHERE issuer IS NOT NULL AND ended_at IS NULL;
CREATE INDEX basis_serial ON basis (issuer, serial) WHERE issuer IS NOT NULL;
CREATE INDEX basis_name ON basis (kind, name);
CREATE INDEX basis_rests_on ON basis (rests_on) WHERE rests_on IS NOT NULL;

-- Their own in credential and mynumber_link; what they rest on elsewhere. A session and what hangs on it does not
-- outlive the update.
ALTER TABLE credential ADD COLUMN basis INTEGER REFERENCES basis (id);
CREATE INDEX credential_basis ON credential (basis);
ALTER TABLE mynumber_link ADD COLUMN basis INTEGER REFERENCES basis (id);
ALTER TABLE handoff ADD COLUMN basis INTEGER REFERENCES basis (id);
ALTER TABLE pass ADD COLUMN basis INTEGER REFERENCES basis (id);
UPDATE handoff SET state = 'cancelled', reason = 'ticket_session_ended'
  WHERE kind = 'enrollment' AND state IN ('created', 'claimed', 'confirmed') AND session IS NOT NULL;
DELETE FROM card_login;
ALTER TABLE card_login ADD COLUMN basis INTEGER REFERENCES basis (id);
DROP TABLE session;
CREATE TABLE session (
  cookie BLOB PRIMARY KEY NOT NULL, practitioner_id TEXT NOT NULL, purpose TEXT NOT NULL, method TEXT NOT NULL,
  card TEXT NOT NULL, credential_id BLOB, begun_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  basis INTEGER NOT NULL REFERENCES basis (id));
CREATE INDEX session_expiry ON session (expires_at);
CREATE INDEX session_basis ON session (basis);

-- Cards of phones, links, requests and passes.
INSERT INTO basis (kind, practitioner_id, issuer, serial, created_at, ended_at, ended_why)
  SELECT 'card', c.practitioner_id, k.issuer, k.serial, MIN(c.created_at), MAX(k.stopped_at),
    CASE WHEN MAX(k.stopped_at) IS NULL THEN '' ELSE 'activation_card_revoked' END
  FROM credential_card k JOIN credential c ON c.id = k.credential_id GROUP BY c.practitioner_id, k.issuer, k.serial;
INSERT INTO basis (kind, practitioner_id, issuer, serial, created_at)
  SELECT 'card', x.practitioner_id, x.issuer, x.serial, MIN(x.at) FROM (
    SELECT practitioner_id, card_issuer AS issuer, card_serial AS serial, linked_at AS at FROM mynumber_link
    UNION ALL SELECT practitioner_id, card_issuer, card_serial, created_at FROM handoff
    UNION ALL SELECT practitioner_id, card_issuer, card_serial, issued_at FROM pass) x
  WHERE x.issuer IS NOT NULL AND x.practitioner_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM basis b
    WHERE b.issuer = x.issuer AND b.serial = x.serial AND b.practitioner_id = x.practitioner_id)
  GROUP BY x.practitioner_id, x.issuer, x.serial;

INSERT INTO basis (kind, rests_on, practitioner_id, name, created_at)
  SELECT 'mynumber', (SELECT b.id FROM basis b WHERE b.issuer = l.card_issuer AND b.serial = l.card_serial
    AND b.practitioner_id = l.practitioner_id), l.practitioner_id, lower(hex(l.fingerprint)), l.linked_at
  FROM mynumber_link l;
UPDATE mynumber_link SET basis = (SELECT b.id FROM basis b WHERE b.kind = 'mynumber'
  AND b.name = lower(hex(mynumber_link.fingerprint)));

-- A phone that came by a My Number card rests on the person's link, if that is no younger; which phone bound another
-- one was not written down.
INSERT INTO basis (kind, rests_on, practitioner_id, name, created_at, ended_at, ended_why)
  SELECT 'phone', COALESCE((SELECT b.id FROM basis b WHERE b.issuer = k.issuer AND b.serial = k.serial
    AND b.practitioner_id = c.practitioner_id), (SELECT b.id FROM basis b WHERE b.kind = 'mynumber'
    AND b.practitioner_id = c.practitioner_id AND b.created_at <= c.created_at AND c.origin = 'mynumber')),
    c.practitioner_id, lower(hex(c.id)), c.created_at, COALESCE(k.stopped_at, c.removed_at),
    CASE WHEN k.stopped_at IS NOT NULL THEN 'activation_card_revoked' WHEN c.removed_at IS NOT NULL
    THEN 'credential_removed' ELSE '' END
  FROM credential c LEFT JOIN credential_card k ON k.credential_id = c.id;
UPDATE credential SET basis = (SELECT b.id FROM basis b WHERE b.kind = 'phone' AND b.name = lower(hex(credential.id)));

INSERT INTO basis (kind, practitioner_id, name, created_at)
  SELECT 'letter', practitioner_id, id, created_at FROM handoff
  WHERE kind = 'enrollment' AND state IN ('created', 'claimed', 'confirmed') AND session IS NULL;
UPDATE handoff SET basis = (SELECT b.id FROM basis b WHERE b.kind = 'letter' AND b.name = handoff.id)
  WHERE kind = 'enrollment' AND state IN ('created', 'claimed', 'confirmed');

-- What a phone approved, an HPKI card, a My Number card.
UPDATE handoff SET basis = COALESCE((SELECT c.basis FROM credential c WHERE c.id = handoff.credential_id),
    (SELECT b.id FROM basis b WHERE b.issuer = handoff.card_issuer AND b.serial = handoff.card_serial
      AND b.practitioner_id = handoff.practitioner_id),
    (SELECT l.basis FROM mynumber_link l WHERE l.practitioner_id = handoff.practitioner_id))
  WHERE kind = 'activation' AND state = 'fulfilled';
UPDATE pass SET basis = COALESCE((SELECT c.basis FROM credential c WHERE c.id = pass.credential_id),
    (SELECT b.id FROM basis b WHERE b.issuer = pass.card_issuer AND b.serial = pass.card_serial
      AND b.practitioner_id = pass.practitioner_id),
    (SELECT l.basis FROM mynumber_link l WHERE l.practitioner_id = pass.practitioner_id))
  WHERE revoked_at IS NULL;

DROP TABLE credential_card;
DROP INDEX mynumber_link_card;
ALTER TABLE mynumber_link DROP COLUMN card_issuer;
ALTER TABLE mynumber_link DROP COLUMN card_serial;
DROP INDEX handoff_card;
ALTER TABLE handoff DROP COLUMN card_issuer;
ALTER TABLE handoff DROP COLUMN card_serial;
DROP INDEX pass_card;
ALTER TABLE pass DROP COLUMN card_issuer;
ALTER TABLE pass DROP COLUMN card_serial;
)sql";

constexpr const char* version_20 = R"sql(
-- Whatever ends may have made a link.
CREATE INDEX mynumber_link_basis ON mynumber_link (basis);
)sql";

constexpr const char* version_21 = R"sql(
-- HMAC-SHA-256 over the hash, under a key that is not here. Records from before get theirs where the audit key is
-- (audit_macs.h); whatever has none is none of ours.
ALTER TABLE audit ADD COLUMN mac BLOB NOT NULL DEFAULT x'';
CREATE INDEX audit_accepted ON audit (number) WHERE kind = 'audit_accepted';
)sql";

}  // namespace

const std::array<const char*, 11> second = {version_11, version_12, version_13, version_14, version_15, version_16,
                                            version_17, version_18, version_19, version_20, version_21};

}  // namespace tegata::store::migrations
