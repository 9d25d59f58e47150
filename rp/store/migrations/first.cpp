#include "rp/store/migrations/migrations.h"

namespace tegata::store::migrations {
namespace {

constexpr const char* version_1 = R"sql(
-- Single numbers: "highest_now" is the latest moment that was ever committed.
CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);
INSERT INTO meta (name, value) VALUES ('highest_now', 0);

-- Things that are counted rather than audited one by one.
CREATE TABLE counter (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);

-- hash = SHA-256(previous || canonical JSON of the columns from number to request_id); numbers have no gaps.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
  subject TEXT NOT NULL, code TEXT NOT NULL, details TEXT NOT NULL, request_id TEXT NOT NULL,
  previous BLOB NOT NULL, hash BLOB NOT NULL);

-- user_handle is never shown and never changes.
CREATE TABLE practitioner (
  id TEXT PRIMARY KEY NOT NULL, user_handle BLOB NOT NULL UNIQUE, name TEXT NOT NULL, romaji TEXT NOT NULL,
  roles TEXT NOT NULL, active INTEGER NOT NULL, second_certificate_not_after INTEGER);

-- The directory: whose card is it? Several cards may lead to one person.
CREATE TABLE card (
  authority TEXT NOT NULL, holder_number TEXT NOT NULL, practitioner_id TEXT NOT NULL REFERENCES practitioner (id),
  PRIMARY KEY (authority, holder_number));
CREATE INDEX card_practitioner ON card (practitioner_id);

-- Bound phones. Removed ones stay, so that a credential ID is never bound twice.
CREATE TABLE credential (
  id BLOB PRIMARY KEY NOT NULL, practitioner_id TEXT NOT NULL REFERENCES practitioner (id),
  user_handle BLOB NOT NULL, label TEXT NOT NULL, label_key TEXT NOT NULL, origin TEXT NOT NULL,
  created_at INTEGER NOT NULL, last_used_at INTEGER, last_used_facility TEXT NOT NULL, removed_at INTEGER,
  public_key BLOB NOT NULL, algorithm INTEGER NOT NULL, sign_count INTEGER NOT NULL, uv_initialized INTEGER NOT NULL,
  backup_eligible INTEGER NOT NULL, backup_state INTEGER NOT NULL, transports TEXT NOT NULL, aaguid BLOB NOT NULL,
  attestation_object BLOB NOT NULL, attestation_client_data_json BLOB NOT NULL, attestation_format TEXT NOT NULL,
  attestation_type TEXT NOT NULL, rp_id TEXT NOT NULL);
CREATE UNIQUE INDEX credential_label ON credential (practitioner_id, label_key) WHERE removed_at IS NULL;

CREATE TABLE facility (
  code TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, active INTEGER NOT NULL, profile TEXT NOT NULL,
  day_cut_off TEXT, any_active_certificate INTEGER NOT NULL);

-- facility_code is NULL for a signature service.
CREATE TABLE client (
  client_id TEXT PRIMARY KEY NOT NULL, facility_code TEXT REFERENCES facility (code),
  resource_server INTEGER NOT NULL, active INTEGER NOT NULL, scopes TEXT NOT NULL, audiences TEXT NOT NULL);
CREATE INDEX client_facility ON client (facility_code);

CREATE TABLE client_certificate (
  thumbprint BLOB PRIMARY KEY NOT NULL, client_id TEXT NOT NULL REFERENCES client (client_id),
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, active INTEGER NOT NULL);
CREATE INDEX client_certificate_client ON client_certificate (client_id);

-- From card to page. Ids, cookies and codes are SHA-256 of what the browser holds.
CREATE TABLE start_record (
  id BLOB PRIMARY KEY NOT NULL, cookie BLOB NOT NULL, purpose TEXT NOT NULL, host_nonce TEXT NOT NULL,
  expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE INDEX start_record_expiry ON start_record (expires_at);

CREATE TABLE card_login (
  code BLOB PRIMARY KEY NOT NULL, start_id BLOB NOT NULL REFERENCES start_record (id) ON DELETE CASCADE,
  practitioner_id TEXT NOT NULL, refusal TEXT NOT NULL, card TEXT NOT NULL, expires_at INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX card_login_start ON card_login (start_id);

CREATE TABLE session (
  cookie BLOB PRIMARY KEY NOT NULL, practitioner_id TEXT NOT NULL, purpose TEXT NOT NULL, method TEXT NOT NULL,
  card TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX session_expiry ON session (expires_at);

-- Both kinds of hand-off. Columns from device_code on belong to activations.
CREATE TABLE handoff (
  id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, secret BLOB NOT NULL, owner BLOB,
  number TEXT NOT NULL, challenge BLOB, practitioner_id TEXT REFERENCES practitioner (id), device TEXT NOT NULL,
  reason TEXT NOT NULL, credential_id BLOB, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  fulfilled_at INTEGER, origin TEXT NOT NULL, session BLOB,
  device_code BLOB, user_code TEXT NOT NULL, client_id TEXT, facility_code TEXT, certificate BLOB,
  terminal_id TEXT NOT NULL, terminal_name TEXT NOT NULL, login_hint TEXT NOT NULL, scope TEXT NOT NULL,
  audience TEXT NOT NULL, acr_values TEXT NOT NULL, request TEXT NOT NULL, evidence TEXT NOT NULL);
CREATE UNIQUE INDEX handoff_secret ON handoff (secret);
CREATE UNIQUE INDEX handoff_device_code ON handoff (device_code);
-- The letters of a code name one live activation: whoever types them reaches nobody else's.
CREATE UNIQUE INDEX handoff_letters ON handoff (substr(user_code, 1, 4))
  WHERE kind = 'activation' AND user_code <> '' AND state IN ('created', 'claimed', 'fulfilled');
CREATE INDEX handoff_user_code ON handoff (user_code) WHERE user_code <> '';
CREATE INDEX handoff_session ON handoff (session, created_at) WHERE session IS NOT NULL;
CREATE INDEX handoff_terminal ON handoff (client_id, terminal_id, expires_at);
CREATE INDEX handoff_hint ON handoff (facility_code, login_hint, expires_at);
CREATE INDEX handoff_open ON handoff (expires_at) WHERE state IN ('created', 'claimed', 'confirmed', 'fulfilled');

-- One pass per activation.
CREATE TABLE pass (
  jti TEXT PRIMARY KEY NOT NULL, handoff_id TEXT NOT NULL UNIQUE REFERENCES handoff (id),
  practitioner_id TEXT NOT NULL, client_id TEXT NOT NULL, facility_code TEXT NOT NULL, audience TEXT NOT NULL,
  certificate BLOB NOT NULL, credential_id BLOB NOT NULL, claims TEXT NOT NULL, issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, revoked_at INTEGER, revoked_why TEXT NOT NULL);
CREATE INDEX pass_practitioner ON pass (practitioner_id, expires_at);
)sql";

constexpr const char* version_2 = R"sql(
-- The FIDO metadata that was imported last, as it came. At most one row.
CREATE TABLE metadata_blob (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), blob TEXT NOT NULL, number INTEGER NOT NULL,
  next_update INTEGER NOT NULL, imported_at INTEGER NOT NULL, generation INTEGER NOT NULL);
)sql";

constexpr const char* version_3 = R"sql(
-- How many requests each facility has begun in the minute (since 1970) that it began one in last.
CREATE TABLE facility_starts (
  facility_code TEXT PRIMARY KEY NOT NULL REFERENCES facility (code), minute INTEGER NOT NULL,
  starts INTEGER NOT NULL);
)sql";

constexpr const char* version_4 = R"sql(
-- Lists of revoked cards, as they came: one for each authority, and for each part where it publishes in parts.
CREATE TABLE revocation_list (
  issuer BLOB NOT NULL, scope BLOB NOT NULL, list BLOB NOT NULL, number BLOB NOT NULL, this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL, fetched_at INTEGER NOT NULL, address TEXT NOT NULL, PRIMARY KEY (issuer, scope));

-- By which card's certificate a phone was bound, and since when that card's revocation has stopped the phone.
CREATE TABLE credential_card (
  credential_id BLOB PRIMARY KEY NOT NULL REFERENCES credential (id), issuer BLOB NOT NULL, serial BLOB NOT NULL,
  stopped_at INTEGER);
CREATE INDEX credential_card_certificate ON credential_card (issuer, serial);
)sql";

constexpr const char* version_5 = R"sql(
-- Log-in by My Number card: which card a start record is for, and whose link it makes.
ALTER TABLE start_record ADD COLUMN method TEXT NOT NULL DEFAULT 'card';
ALTER TABLE start_record ADD COLUMN practitioner_id TEXT NOT NULL DEFAULT '';

-- Of a linked user-authentication certificate nothing but its fingerprint and validity is kept. linked_by: 'card' (the
-- person, after an HPKI log-in) or 'operator'. card_issuer, card_serial: the HPKI card's certificate, if it was one.
CREATE TABLE mynumber_link (
  practitioner_id TEXT PRIMARY KEY NOT NULL REFERENCES practitioner (id), fingerprint BLOB NOT NULL UNIQUE,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, linked_at INTEGER NOT NULL, linked_by TEXT NOT NULL,
  card_issuer BLOB, card_serial BLOB);
CREATE INDEX mynumber_link_card ON mynumber_link (card_issuer, card_serial) WHERE card_issuer IS NOT NULL;
CREATE INDEX mynumber_link_end ON mynumber_link (not_after);
)sql";

constexpr const char* version_6 = R"sql(
-- Ownership of a ticket with a password ends by itself. NULL: it lasts as long as the ticket.
ALTER TABLE handoff ADD COLUMN owner_until INTEGER;

-- tries: how many different guesses may be wrong or unanswered.
CREATE TABLE ticket_password (
  handoff_id TEXT PRIMARY KEY NOT NULL REFERENCES handoff (id) ON DELETE CASCADE, hash TEXT NOT NULL,
  tries INTEGER NOT NULL, batch TEXT, line INTEGER NOT NULL);
CREATE UNIQUE INDEX ticket_password_line ON ticket_password (batch, line) WHERE batch IS NOT NULL;

-- One row for each different guess, written before it is checked. guess is a keyed MAC, outcome open, wrong or right.
CREATE TABLE ticket_try (
  handoff_id TEXT NOT NULL REFERENCES ticket_password (handoff_id) ON DELETE CASCADE, guess BLOB NOT NULL,
  at INTEGER NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (handoff_id, guess));
)sql";

constexpr const char* version_7 = R"sql(
-- When the person proved to be there, and the bound phone by which: NULL for a card.
ALTER TABLE session ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN credential_id BLOB;
CREATE INDEX session_credential ON session (credential_id) WHERE credential_id IS NOT NULL;

-- Challenges given to browsers outside of a hand-off, one per cookie (its SHA-256).
CREATE TABLE ceremony (cookie BLOB PRIMARY KEY NOT NULL, challenge BLOB NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX ceremony_expiry ON ceremony (expires_at);

-- The labels of removed phones stay taken for a while.
CREATE INDEX credential_label_kept ON credential (practitioner_id, label_key, removed_at);

-- What a person sees of the log: events of phones, done by the person or to the person.
CREATE INDEX audit_phones_actor ON audit (actor, number) WHERE kind IN ('credential_registered', 'credential_renamed',
  'credential_removed', 'credential_revoked', 'credential_proven', 'phone_login', 'card_login', 'mynumber_login',
  'mynumber_linked');
CREATE INDEX audit_phones_subject ON audit (subject, number) WHERE kind IN ('credential_registered',
  'credential_renamed', 'credential_removed', 'credential_revoked', 'credential_proven', 'phone_login', 'card_login', 'mynumber_login',
  'mynumber_linked');

-- What people are to be told, in the order in which it happened; a channel has delivered all up to its number.
CREATE TABLE notice (
  number INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  practitioner_id TEXT NOT NULL, details TEXT NOT NULL);
CREATE TABLE notice_channel (name TEXT PRIMARY KEY NOT NULL, delivered INTEGER NOT NULL);
)sql";

constexpr const char* version_8 = R"sql(
-- How a client proves who it is: tls_client_auth, self_signed_tls_client_auth, private_key_jwt. jwks: the public keys
-- of its assertions (RFC 7517). redirect_uris: where the browser may be sent back to.
ALTER TABLE client ADD COLUMN auth_method TEXT NOT NULL DEFAULT 'tls_client_auth';
ALTER TABLE client ADD COLUMN jwks TEXT NOT NULL DEFAULT '{"keys":[]}';
ALTER TABLE client ADD COLUMN redirect_uris TEXT NOT NULL DEFAULT '[]';

-- How an activation was asked for, and so how its pass is fetched: device, code, ciba. card_issuer, card_serial: the
-- certificate of the card that approved it; NULL where a phone did.
ALTER TABLE handoff ADD COLUMN flow TEXT NOT NULL DEFAULT 'device';
ALTER TABLE handoff ADD COLUMN card_issuer BLOB;
ALTER TABLE handoff ADD COLUMN card_serial BLOB;
CREATE INDEX handoff_card ON handoff (card_issuer, card_serial) WHERE card_issuer IS NOT NULL;

-- certificate is the thumbprint of a DPoP key where dpop is 1. client_certificate: that of the certificate by which the
-- client fetched the pass, whatever the pass is bound to; NULL where it showed none.
ALTER TABLE pass ADD COLUMN dpop INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pass ADD COLUMN client_certificate BLOB;
ALTER TABLE pass ADD COLUMN card_issuer BLOB;
ALTER TABLE pass ADD COLUMN card_serial BLOB;
UPDATE pass SET client_certificate = certificate;
CREATE INDEX pass_client_certificate ON pass (client_certificate, expires_at) WHERE client_certificate IS NOT NULL;
CREATE INDEX pass_card ON pass (card_issuer, card_serial) WHERE card_issuer IS NOT NULL;

-- As facility_starts, of requests that came by a browser alone: nobody proved to be the client.
CREATE TABLE browser_starts (
  facility_code TEXT PRIMARY KEY NOT NULL REFERENCES facility (code), minute INTEGER NOT NULL,
  starts INTEGER NOT NULL);

-- Client assertions and DPoP proofs that were used: SHA-256 of whose and which, until it would be refused for its age.
CREATE TABLE seen_proof (id BLOB PRIMARY KEY NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX seen_proof_expiry ON seen_proof (expires_at);

-- Pushed authorization requests (RFC 9126), by SHA-256 of the request_uri's secret. Taken once.
CREATE TABLE pushed_request (
  id BLOB PRIMARY KEY NOT NULL, client_id TEXT NOT NULL REFERENCES client (client_id), parameters TEXT NOT NULL,
  expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE INDEX pushed_request_expiry ON pushed_request (expires_at);
)sql";

constexpr const char* version_9 = R"sql(
-- Where a person is told of changes of their phones; empty: nowhere.
ALTER TABLE practitioner ADD COLUMN mail TEXT NOT NULL DEFAULT '';

-- Where the audit log begins, once its beginning was cut off: the number and hash of the last record that is gone, and
-- our signature over both. At most one row.
CREATE TABLE audit_checkpoint (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), number INTEGER NOT NULL, hash BLOB NOT NULL,
  signature BLOB NOT NULL);
CREATE INDEX notice_at ON notice (at);
CREATE INDEX pass_end ON pass (expires_at);
CREATE INDEX handoff_end ON handoff (expires_at);
)sql";

constexpr const char* version_10 = R"sql(
-- By which codes a facility was known before, a provisional one among them. Nobody else ever gets one of them.
ALTER TABLE facility ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0;
CREATE TABLE facility_former_code (code TEXT PRIMARY KEY NOT NULL, facility_code TEXT NOT NULL, until INTEGER NOT NULL);
CREATE INDEX facility_former_code_facility ON facility_former_code (facility_code);

-- not_after is when a certificate ceases to count: its own end, or earlier where another replaced it (replaced_at).
-- origin: 'registered' (from outside) or 'issued' (by the built-in authority).
ALTER TABLE client_certificate ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE client_certificate ADD COLUMN origin TEXT NOT NULL DEFAULT 'registered';
ALTER TABLE client_certificate ADD COLUMN added_at INTEGER;
ALTER TABLE client_certificate ADD COLUMN replaced_at INTEGER;
ALTER TABLE client_certificate ADD COLUMN revoked_at INTEGER;

-- A link to a certificate's file (PKCS #12), by SHA-256 of the link's secret. The file is gone once it was taken.
CREATE TABLE certificate_download (
  token BLOB PRIMARY KEY NOT NULL, thumbprint BLOB NOT NULL REFERENCES client_certificate (thumbprint),
  name TEXT NOT NULL, file BLOB NOT NULL, expires_at INTEGER NOT NULL, taken_at INTEGER);
CREATE INDEX certificate_download_certificate ON certificate_download (thumbprint);

-- What ends with a facility, and what goes with it to another code.
CREATE INDEX pass_facility ON pass (facility_code, expires_at);
)sql";

}  // namespace

const std::array<const char*, 10> first = {version_1, version_2, version_3, version_4, version_5,
                                           version_6, version_7, version_8, version_9, version_10};

}  // namespace tegata::store::migrations
