// The configuration file (TOML). Every key is known, or the file is refused.
//
//   public_origin, card_origin_pattern, facility_origin      as browsers and EHRs write them, without a trailing slash
//   mynumber_origin_pattern                                  likewise; absent: no My Number cards
//   sockets, database, audit_key, signing_key                paths; relative ones start at the file's folder
//   [server]    workers, operations_workers, proxy_user (uid that may connect besides root and our own)
//   [haproxy]   user, group (as whom HAProxy runs; "" as whoever starts it), tls_certificate, card_client_ca,
//   mynumber_client_ca, facility_client_ca, addresses, maxconn,
//               server_maxconn, source_connections, source_rate, balancers (addresses), card_tls_max
//   [limits]    ticket_minutes, activation_seconds, start_seconds, session_seconds, facility_starts_per_minute,
//               phones (of one person), step_up_seconds
//   [[limits.network]]  addresses, factor (by which limits are multiplied for each source in them)
//   [tickets]   owner_minutes, bound_phone_minutes, password_runs (at a time), guess_key (default: beside the database)
//   [tickets.mailed], [tickets.portal]  days, password_letters, tries
//   [registration_number]  enabled (false), confirm ("bound_phone", "letter", "none"), tries_of_number (in a day),
//               tries_of_address, tries_in_all (in an hour)
//   [cards]     roles, lists_every_seconds (how often revocation lists are fetched), revoked_card_stops_phones
//   [mynumber]  generations (PEM files: JPKI's authorities for user authentication), policies, revocation ("none",
//               "list", "command"), lists (CRLs that something else keeps fresh), command (program and arguments),
//               reminder_days
//   [webauthn]  rp_id (default: the host of public_origin), related_origins (other sites whose pages may use the RP ID)
//   [metadata]  anchors (PEM files: the roots that FIDO metadata is signed under), host, crls_required, profile (by
//   which
//               registrations are judged: "standard", or "strict", where metadata must vouch for the phone),
//               least_certification (of a model whose keys count as hardware: a status as FIDO names it)
//   [facilities] ca (folder of the built-in authority for facilities; absent: none), overlap_days (how long a replaced
//               certificate still counts), certificate_days (of an issued one), link_days (of the link to its file)
//   [signing_keys]  ahead_seconds (how long a new key is published before it signs), directory (of key files; default:
//               "signing-keys" beside the database), module, token, pin_file (PKCS#11: new keys are made in that token)
//   [notices]   log, folder (one file for each notice), webhook (URL), webhook_ca, webhook_key (file; default: beside
//   the
//               database): where changes of phones are told
//   [audit]     epoch_file (default: beside the database), heads_file, heads_webhook (URL), heads_webhook_ca,
//   heads_webhook_key (file; default: beside the database):
//               where signed heads of the log are kept besides
//   [notices.smtp]  host, port, security ("tls", "starttls"; "none" for this machine alone), ca (default: the
//   system's),
//               from, to (the operators' address), people (whether each person's own address is told too), login (a
//               file with the user on its first line and the password on its second), timeout_seconds
//   [deployed_profile] facility (a code), redirect_uri, audience: all three, or (the default) off. Weak: see
//               docs/threat_model.md
//   [security]  contact (mailto: and https: addresses of /.well-known/security.txt; absent: no such file), policy (the
//               https: address of the disclosure policy)
//   [retention] requests_days, passes_days, notices_days, audit_days, sign_ins_hours: how long what is over is kept
//   [[authority]] name, roots, intermediates, policies, contact, crls (addresses of its revocation lists, http or
//               file), crl_signers (PEM files), revocation ("every_certificate", "card_only", or "not_judged" without
//               crls)
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "rp/base/network.h"
#include "rp/base/result.h"
#include "rp/server/config/origin.h"
#include "rp/store/upkeep/purge.h"
#include "rp/webauthn/wire/key_protection.h"

namespace tegata::server::config {

struct AuthorityConfig {
  std::string name;
  std::vector<std::string> roots;          // PEM files
  std::vector<std::string> intermediates;  // PEM files
  std::vector<std::string> policies;       // empty: the default of the card room
  std::string contact;
  std::vector<std::string> crls;         // addresses
  std::vector<std::string> crl_signers;  // PEM files
  std::string revocation = "every_certificate";
};

struct CardsConfig {
  std::chrono::seconds lists_every{3600};
  bool revoked_card_stops_phones = true;
};

struct HaproxyConfig {
  std::string user = "haproxy";    // empty: whoever starts it
  std::string group;               // never empty beside a user, once read
  std::string tls_certificate;     // PEM with certificate, chain and key
  std::string card_client_ca;      // PEM: the authentication authorities, whose names are advertised
  std::string mynumber_client_ca;  // PEM: JPKI's authorities for user authentication
  std::string facility_client_ca;  // PEM
  std::vector<std::string> addresses = {"127.0.0.1", "::1"};
  std::int64_t maxconn = 8000;       // all connections
  std::int64_t server_maxconn = 48;  // per origin, towards our workers; of the public one a quarter for clients
  // Of one source at one origin: connections at a time, and new ones in ten seconds.
  std::int64_t source_connections = 64, source_rate = 200;
  std::vector<std::string> balancers;    // networks that say by the PROXY protocol who connects
  std::string card_tls_max = "TLSv1.2";  // card middleware often cannot do RSA-PSS
};

// A source with many people behind it, and by how much its limits are multiplied.
struct KnownNetworkConfig {
  std::vector<std::string> addresses;  // networks
  std::int64_t factor = 1;
};

struct LimitsConfig {
  std::chrono::minutes ticket{10};
  std::chrono::seconds activation{180};
  std::chrono::seconds start{300};
  std::chrono::seconds session{900};
  std::int64_t facility_starts_per_minute = 600;
  std::int64_t phones = 5;            // of one person
  std::chrono::seconds step_up{300};  // how long after signing in a phone may be removed
  std::vector<KnownNetworkConfig> networks;
};

// Tickets that operators issue: by letter, and by the portal.
struct IssuedTicketsConfig {
  std::int64_t days = 0;
  std::int64_t password_letters = 12;
  std::int64_t tries = 5;
};

struct TicketsConfig {
  std::chrono::minutes owner{15};
  std::chrono::minutes bound_phone{5};
  std::int64_t password_runs = 4;
  std::string guess_key;  // never empty once read
  IssuedTicketsConfig mailed{184};
  IssuedTicketsConfig portal{92};
};

// Registration number and card ID as a way in: off, because both stand on the card.
struct RegistrationNumberConfig {
  bool enabled = false;
  std::string confirm = "bound_phone";
  std::int64_t tries_of_number = 5, tries_of_address = 20, tries_in_all = 200;
};

struct MetadataConfig {
  std::vector<std::string> anchors;  // none: metadata is not used
  std::string host = "mds.fidoalliance.org";
  bool crls_required = false;
  std::string profile = "standard";
  webauthn::wire::Certification least_certification = webauthn::wire::Certification::l1;
};

struct MyNumberConfig {
  std::vector<std::string> generations;  // PEM files
  std::vector<std::string> policies;     // empty: the default of the card room
  std::string revocation = "none";       // see server/revocation/mynumber_revocation.h
  std::vector<std::string> lists;
  std::vector<std::string> command;
  std::int64_t reminder_days = 90;
};

struct SmtpConfig {
  std::string host;       // none: no mail
  std::int64_t port = 0;  // never 0 once read
  std::string security = "tls";
  std::string ca;  // PEM; none: the system's
  std::string from;
  std::string to;      // none: the operators get no mail
  bool people = true;  // addresses of the directory
  std::string login;   // a file, read anew for each mail; none: no log-in
  std::int64_t timeout_seconds = 20;
};

struct FacilitiesConfig {
  std::string ca;                 // folder with ca.pem, ca.key, advertised.pem; empty: no built-in authority
  std::chrono::days overlap{31};  // never below a pass's life: what was bound to the old one lives to its own end
  std::chrono::days certificate{1095};
  std::chrono::days link{14};
};

struct WebhookConfig {
  std::string url;  // https://..., or http:// on this machine; none: off
  std::string ca;   // PEM; none: the system's
  std::string key;  // a file; never empty once read
};

struct NoticesConfig {
  bool log = true;
  std::string folder;  // none: no files
  WebhookConfig webhook;
  SmtpConfig smtp;
};

// Where signed heads of the log are sent; none: nowhere.
struct AuditConfig {
  std::string epoch_file;
  std::string heads_file;
  WebhookConfig heads_webhook;
};

struct SigningKeysConfig {
  std::chrono::seconds ahead{std::chrono::hours(24)};
  std::string directory;                // never empty once read
  std::string module, token, pin_file;  // all three, or none: files
  bool in_token() const { return !module.empty(); }
};

// The national system's own profile, for EHRs that cannot change yet. Off where it names no facility.
struct DeployedProfileConfig {
  std::string facility, redirect_uri, audience;
};

// What /.well-known/security.txt says.
struct SecurityConfig {
  std::vector<std::string> contact;  // none: no such file
  std::string policy;                // may be empty
};

struct Config {
  std::string public_origin;        // "https://localhost:8443"
  std::string card_origin_pattern;  // "https://*.card.localhost:8444"; without "*." a fixed host
  std::string facility_origin;
  std::string mynumber_origin_pattern;  // may be empty
  std::string sockets;                  // directory of public.sock, card.sock, mynumber.sock, facility.sock, ops.sock
  std::string database;
  std::string audit_key;
  std::string signing_key;  // the first key; may be empty
  std::vector<AuthorityConfig> authorities;
  std::string rp_id;  // never empty once read
  std::vector<std::string> related_origins;
  std::vector<std::string> roles = {"Medical Doctor", "Dentist", "Pharmacist"};
  CardsConfig cards;
  std::size_t workers = 64;
  std::size_t operations_workers = 4;
  std::optional<std::int64_t> proxy_user;
  HaproxyConfig haproxy;
  LimitsConfig limits;
  TicketsConfig tickets;
  RegistrationNumberConfig registration_number;
  MetadataConfig metadata;
  MyNumberConfig mynumber;
  NoticesConfig notices;
  AuditConfig audit;
  store::upkeep::Retention retention;
  FacilitiesConfig facilities;
  SigningKeysConfig signing_keys;
  DeployedProfileConfig deployed_profile;
  SecurityConfig security;
  // Set by tegata-sandbox in its program; no key of the file. JPKI's test authorities are believed there, and only
  // there.
  bool sandbox = false;
};

// Error: config_invalid, whose detail names file and key.
Result<Config> parse_config(std::string_view text, const std::string& file);
// Errors: config_invalid, those of a public file (rp/host/public_file.h).
Result<Config> load_config(const std::string& file);

// As the limits of requests take them. REQUIRES: what parse_config gave.
KnownNetworks known_networks(const LimitsConfig&);

}  // namespace tegata::server::config
