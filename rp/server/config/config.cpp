#include "rp/server/config/config.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "rp/base/mail_address.h"
#include "rp/host/public_file.h"
#include "rp/server/config/errors.h"
#include "rp/server/config/limits.h"
#include "rp/server/config/section.h"

namespace tegata::server::config {
namespace {

Status read_server(Section section, Config& config) {
  auto workers = static_cast<std::int64_t>(config.workers);
  auto operations = static_cast<std::int64_t>(config.operations_workers);
  section.number("workers", workers, 2, 1024);
  section.number("operations_workers", operations, 1, 64);
  config.workers = static_cast<std::size_t>(workers);
  config.operations_workers = static_cast<std::size_t>(operations);
  std::int64_t user = -1;
  section.number("proxy_user", user, -1, 4294967294);
  if (user >= 0) {
    config.proxy_user = user;
    // Whoever names the user starts HAProxy as that one: the sockets' folder is not given to another's group.
    config.haproxy.user.clear();
  }
  return section.finish();
}

// It becomes a word of HAProxy's configuration.
bool is_account_name(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

Status read_haproxy(Section section, const Config& config, HaproxyConfig& out) {
  section.optional("user", out.user);
  out.group = out.user;
  section.optional("group", out.group);
  if (!is_account_name(out.user)) section.fail("user", "must be the name of a user, or empty");
  if (out.user.empty() != out.group.empty() || !is_account_name(out.group)) {
    section.fail("group", "must be the name of a group where there is a user, and empty where there is none");
  }
  section.path("tls_certificate", out.tls_certificate);
  section.path("card_client_ca", out.card_client_ca);
  // The built-in authority may be the only one.
  if (config.facilities.ca.empty() || section.has("facility_client_ca")) {
    section.path("facility_client_ca", out.facility_client_ca);
  }
  if (!config.mynumber_origin_pattern.empty()) section.path("mynumber_client_ca", out.mynumber_client_ca);
  section.strings("addresses", out.addresses);
  section.number("maxconn", out.maxconn, 10, 1'000'000);
  section.number("server_maxconn", out.server_maxconn, 2, 1023);
  section.number("source_connections", out.source_connections, 1, 100'000);
  section.number("source_rate", out.source_rate, 1, 1'000'000);
  section.strings("balancers", out.balancers);
  for (const auto& text : out.balancers) {
    if (!Network::parse(text)) section.fail("balancers", "must be addresses or networks such as 192.0.2.0/24");
  }
  section.optional("card_tls_max", out.card_tls_max);
  if (out.card_tls_max != "TLSv1.2" && out.card_tls_max != "TLSv1.3") {
    section.fail("card_tls_max", "must be TLSv1.2 or TLSv1.3");
  }
  if (out.addresses.empty()) section.fail("addresses", "must name at least one address");
  // A worker serves one connection at a time: one that the proxy opens beyond them would wait without a deadline.
  if (out.server_maxconn >= static_cast<std::int64_t>(config.workers)) {
    section.fail("server_maxconn", "must be below server.workers");
  }
  return section.finish();
}

Status read_issued(Section section, IssuedTicketsConfig& out) {
  section.number("days", out.days, 1, 366);
  section.number("password_letters", out.password_letters, 8, 32);
  section.number("tries", out.tries, 1, 20);
  return section.finish();
}

Status read_tickets(Section section, const Config& config, TicketsConfig& out) {
  duration(section, "owner_minutes", out.owner, 24 * 60);
  duration(section, "bound_phone_minutes", out.bound_phone, 24 * 60);
  section.number("password_runs", out.password_runs, 1, 256);
  section.optional("guess_key", out.guess_key);
  out.guess_key = out.guess_key.empty() ? config.database + ".guess-key" : section.resolve(out.guess_key);
  const auto mailed = section.sub("mailed"), portal = section.sub("portal");
  TEGATA_TRY(section.finish());
  TEGATA_TRY(read_issued(mailed, out.mailed));
  return read_issued(portal, out.portal);
}

Status read_registration_number(Section section, RegistrationNumberConfig& out) {
  section.optional("enabled", out.enabled);
  section.optional("confirm", out.confirm);
  if (out.confirm != "bound_phone" && out.confirm != "letter" && out.confirm != "none")
    section.fail("confirm", "must be bound_phone, letter or none");
  section.number("tries_of_number", out.tries_of_number, 1, 100);
  section.number("tries_of_address", out.tries_of_address, 1, 10'000);
  section.number("tries_in_all", out.tries_in_all, 1, 1'000'000);
  return section.finish();
}

Status read_authority(Section section, AuthorityConfig& out) {
  section.required("name", out.name);
  section.strings("roots", out.roots);
  section.strings("intermediates", out.intermediates);
  section.strings("policies", out.policies);
  section.optional("contact", out.contact);
  section.shown("name", out.name);
  section.shown("contact", out.contact);
  section.strings("crls", out.crls);
  section.strings("crl_signers", out.crl_signers);
  section.optional("revocation", out.revocation);
  if (out.roots.empty()) section.fail("roots", "is missing or empty");
  const bool judged = out.revocation == "every_certificate" || out.revocation == "card_only";
  if (!judged && out.revocation != "not_judged")
    section.fail("revocation", "must be every_certificate, card_only or not_judged");
  if (judged == out.crls.empty())
    section.fail("crls",
                 judged ? "is missing; without lists, revocation must be not_judged" : "are fetched for nobody");
  for (auto* paths : {&out.roots, &out.intermediates, &out.crl_signers}) {
    for (auto& path : *paths) path = section.resolve(path);
  }
  return section.finish();
}

Status read_cards(Section section, Config& out) {
  section.strings("roles", out.roles);
  duration(section, "lists_every_seconds", out.cards.lists_every, 24 * 3600);
  section.optional("revoked_card_stops_phones", out.cards.revoked_card_stops_phones);
  return section.finish();
}

void check_origin(Section& section, const char* key, const std::string& origin, bool pattern) {
  const auto parts = parse_origin(origin);
  if (!parts) return section.fail(key, parts.error().detail());
  if (!pattern && parts->host.starts_with("*.")) section.fail(key, "must name one host: a pattern is no origin");
}

// After the origins: the public one was found good by then.
Status read_webauthn(Section section, Config& config) {
  TEGATA_ASSIGN(const auto origin, parse_origin(config.public_origin));
  config.rp_id = origin.host;
  section.optional("rp_id", config.rp_id);
  if (const auto good = verify_rp_id(config.rp_id, origin.host); !good) section.fail("rp_id", good.error().detail());
  section.strings("related_origins", config.related_origins);
  for (const auto& other : config.related_origins) check_origin(section, "related_origins", other, false);
  return section.finish();
}

Status read_metadata(Section section, MetadataConfig& out) {
  section.strings("anchors", out.anchors);
  section.optional("host", out.host);
  section.optional("crls_required", out.crls_required);
  section.optional("profile", out.profile);
  if (out.profile != "standard" && out.profile != "strict") section.fail("profile", "must be standard or strict");
  if (out.profile == "strict" && out.anchors.empty()) section.fail("anchors", "are needed by the profile strict");
  for (auto& path : out.anchors) path = section.resolve(path);
  std::string least(webauthn::wire::name_of(out.least_certification));
  section.optional("least_certification", least);
  const auto known = webauthn::wire::find_certification(least);
  if (known && webauthn::wire::name_of(*known) == least) {
    out.least_certification = *known;
  } else {
    section.fail("least_certification", "must be NOT_FIDO_CERTIFIED, SELF_ASSERTION_SUBMITTED or FIDO_CERTIFIED...");
  }
  return section.finish();
}

Status read_mynumber(Section section, const Config& config, MyNumberConfig& out) {
  section.strings("generations", out.generations);
  section.strings("policies", out.policies);
  section.optional("revocation", out.revocation);
  section.strings("lists", out.lists);
  section.strings("command", out.command);
  section.number("reminder_days", out.reminder_days, 0, 1000);
  if (!config.mynumber_origin_pattern.empty() && out.generations.empty())
    section.fail("generations", "are needed where there is a mynumber_origin_pattern");
  if (out.revocation != "none" && out.revocation != "list" && out.revocation != "command")
    section.fail("revocation", "must be none, list or command");
  if (out.revocation == "list" && out.lists.empty()) section.fail("lists", "is missing or empty");
  if (out.revocation == "command" && out.command.empty()) section.fail("command", "is missing or empty");
  for (auto& path : out.generations) path = section.resolve(path);
  for (auto& path : out.lists) path = section.resolve(path);
  return section.finish();
}

bool is_this_machine(const std::string& host) { return host == "127.0.0.1" || host == "::1" || host == "localhost"; }

Status read_smtp(Section section, SmtpConfig& out) {
  section.optional("host", out.host);
  section.optional("security", out.security);
  section.number("port", out.port, 0, 65535);
  section.optional("ca", out.ca);
  section.optional("from", out.from);
  section.optional("to", out.to);
  section.optional("people", out.people);
  section.optional("login", out.login);
  section.number("timeout_seconds", out.timeout_seconds, 1, 300);
  if (out.host.empty()) return section.finish();
  const bool clear = out.security == "none" && is_this_machine(out.host);
  if (out.security != "tls" && out.security != "starttls" && !clear)
    section.fail("security", "must be tls or starttls");
  const bool plain_name = out.host.find_first_of("/@?# \r\n") == std::string::npos;
  if (!plain_name) section.fail("host", "must be a name or an address");
  if (!is_mail_address(out.from)) section.fail("from", "must be a mail address");
  if (!out.to.empty() && !is_mail_address(out.to)) section.fail("to", "must be a mail address");
  if (out.to.empty() && !out.people) section.fail("to", "is missing, and people is false: nobody would be told");
  if (out.port == 0) out.port = out.security == "tls" ? 465 : 587;
  out.ca = section.resolve(out.ca);
  out.login = section.resolve(out.login);
  return section.finish();
}

// What was read of a webhook: its key lies beside the database by default.
void complete_webhook(Section& section, const char* key, const std::string& default_key, WebhookConfig& out) {
  out.ca = section.resolve(out.ca);
  out.key = out.key.empty() ? default_key : section.resolve(out.key);
  // Only this machine may be spoken to in the clear.
  const bool near = out.url.starts_with("http://127.0.0.1:") || out.url.starts_with("http://localhost:");
  if (!out.url.empty() && !near && !out.url.starts_with("https://")) section.fail(key, "must begin with https://");
}

Status read_audit(Section section, const Config& config, AuditConfig& out) {
  section.optional("epoch_file", out.epoch_file);
  out.epoch_file = out.epoch_file.empty() ? config.database + ".epoch" : section.resolve(out.epoch_file);
  section.optional("heads_file", out.heads_file);
  section.optional("heads_webhook", out.heads_webhook.url);
  section.optional("heads_webhook_ca", out.heads_webhook.ca);
  section.optional("heads_webhook_key", out.heads_webhook.key);
  out.heads_file = section.resolve(out.heads_file);
  complete_webhook(section, "heads_webhook", config.database + ".heads-webhook-key", out.heads_webhook);
  return section.finish();
}

Status read_notices(Section section, const Config& config, NoticesConfig& out) {
  section.optional("log", out.log);
  section.optional("folder", out.folder);
  section.optional("webhook", out.webhook.url);
  section.optional("webhook_ca", out.webhook.ca);
  section.optional("webhook_key", out.webhook.key);
  out.folder = section.resolve(out.folder);
  complete_webhook(section, "webhook", config.database + ".webhook-key", out.webhook);
  const auto smtp = section.sub("smtp");
  TEGATA_TRY(section.finish());
  return read_smtp(smtp, out.smtp);
}

// Less than a month of the log would not outlast the time in which misuse is found.
Status read_retention(Section section, store::upkeep::Retention& out) {
  const auto days = [&](const char* key, std::chrono::hours& hours, std::int64_t least) {
    auto value = std::int64_t{hours.count() / 24};
    section.number(key, value, least, 36'500);
    hours = std::chrono::hours(24 * value);
  };
  days("requests_days", out.requests, 1);
  days("passes_days", out.passes, 1);
  days("notices_days", out.notices, 1);
  days("audit_days", out.audit, 30);
  auto hours = std::int64_t{out.sign_ins.count()};
  section.number("sign_ins_hours", hours, 1, 24 * 366);
  out.sign_ins = std::chrono::hours(hours);
  return section.finish();
}

Status read_facilities(Section section, FacilitiesConfig& out) {
  section.optional("ca", out.ca);
  out.ca = section.resolve(out.ca);
  duration(section, "overlap_days", out.overlap, 366);
  duration(section, "certificate_days", out.certificate, 3660);
  duration(section, "link_days", out.link, 366);
  return section.finish();
}

Status read_signing_keys(Section section, Config& config) {
  SigningKeysConfig& out = config.signing_keys;
  duration(section, "ahead_seconds", out.ahead, 90 * 24 * 3600);
  section.optional("directory", out.directory);
  const auto beside = std::filesystem::path(config.database).parent_path() / "signing-keys";
  out.directory = out.directory.empty() ? beside.string() : section.resolve(out.directory);
  section.optional("module", out.module);
  section.optional("token", out.token);
  section.optional("pin_file", out.pin_file);
  out.pin_file = section.resolve(out.pin_file);
  const bool all = !out.token.empty() && !out.pin_file.empty();
  const bool none = out.token.empty() && out.pin_file.empty();
  if (out.in_token() ? !all : !none) section.fail("module", "needs token and pin_file, and they need it");
  return section.finish();
}

// The host may be any, and http: that is how the profile is deployed.
Status read_deployed_profile(Section section, DeployedProfileConfig& out) {
  section.optional("facility", out.facility);
  section.optional("redirect_uri", out.redirect_uri);
  section.optional("audience", out.audience);
  const bool any = !out.facility.empty() || !out.redirect_uri.empty() || !out.audience.empty();
  if (!any) return section.finish();
  const bool web = out.redirect_uri.starts_with("http://") || out.redirect_uri.starts_with("https://");
  const bool plain = std::all_of(out.redirect_uri.begin(), out.redirect_uri.end(),
                                 [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (out.facility.empty()) section.fail("facility", "is missing");
  if (!web || !plain) section.fail("redirect_uri", "must be one http or https address");
  if (!out.audience.starts_with("https://")) section.fail("audience", "must be an https address");
  return section.finish();
}

// RFC 9116: addresses in the clear are no contact.
Status read_security(Section section, SecurityConfig& out) {
  section.strings("contact", out.contact);
  section.optional("policy", out.policy);
  const auto is_address = [](const std::string& text, std::string_view scheme) {
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    return text.starts_with(scheme) && text.size() > scheme.size() && std::ranges::all_of(text, visible);
  };
  for (const auto& contact : out.contact) {
    const bool good = is_address(contact, "https://") || is_address(contact, "tel:+") ||
                      (is_address(contact, "mailto:") && is_mail_address(contact.substr(7)));
    if (!good) section.fail("contact", "must be mailto:, https:// or tel:+ addresses, and is " + contact);
  }
  if (!out.policy.empty() && !is_address(out.policy, "https://")) section.fail("policy", "must be an https:// address");
  if (!out.policy.empty() && out.contact.empty()) section.fail("policy", "is of no use without contact");
  return section.finish();
}

Result<Config> read_config(Section root) {
  Config config;
  root.required("public_origin", config.public_origin);
  root.required("card_origin_pattern", config.card_origin_pattern);
  root.required("facility_origin", config.facility_origin);
  check_origin(root, "public_origin", config.public_origin, false);
  check_origin(root, "card_origin_pattern", config.card_origin_pattern, true);
  check_origin(root, "facility_origin", config.facility_origin, false);
  root.optional("mynumber_origin_pattern", config.mynumber_origin_pattern);
  if (!config.mynumber_origin_pattern.empty())
    check_origin(root, "mynumber_origin_pattern", config.mynumber_origin_pattern, true);
  root.path("sockets", config.sockets);
  root.path("database", config.database);
  root.path("audit_key", config.audit_key);
  root.optional("signing_key", config.signing_key);
  config.signing_key = root.resolve(config.signing_key);
  const auto server = root.sub("server"), haproxy = root.sub("haproxy"), limits = root.sub("limits");
  const auto tickets = root.sub("tickets");
  const auto registration_number = root.sub("registration_number");
  const auto webauthn = root.sub("webauthn");
  const auto metadata = root.sub("metadata");
  const auto cards = root.sub("cards");
  const auto mynumber = root.sub("mynumber");
  const auto notices = root.sub("notices"), audit = root.sub("audit");
  const auto retention = root.sub("retention");
  const auto facilities = root.sub("facilities");
  const auto signing_keys = root.sub("signing_keys");
  const auto deployed_profile = root.sub("deployed_profile");
  const auto security = root.sub("security");
  const auto authorities = root.list("authority");
  if (authorities.empty()) root.fail("authority", "is missing: no card could be accepted");
  TEGATA_TRY(root.finish());
  TEGATA_TRY(read_cards(cards, config));
  TEGATA_TRY(read_webauthn(webauthn, config));
  TEGATA_TRY(read_metadata(metadata, config.metadata));
  TEGATA_TRY(read_mynumber(mynumber, config, config.mynumber));
  TEGATA_TRY(read_notices(notices, config, config.notices));
  TEGATA_TRY(read_audit(audit, config, config.audit));
  TEGATA_TRY(read_retention(retention, config.retention));
  TEGATA_TRY(read_facilities(facilities, config.facilities));
  TEGATA_TRY(read_signing_keys(signing_keys, config));
  TEGATA_TRY(read_deployed_profile(deployed_profile, config.deployed_profile));
  TEGATA_TRY(read_security(security, config.security));
  TEGATA_TRY(read_server(server, config));
  TEGATA_TRY(read_haproxy(haproxy, config, config.haproxy));
  TEGATA_TRY(read_limits(limits, config.limits));
  TEGATA_TRY(read_tickets(tickets, config, config.tickets));
  TEGATA_TRY(read_registration_number(registration_number, config.registration_number));
  for (const auto& section : authorities) TEGATA_TRY(read_authority(section, config.authorities.emplace_back()));
  return config;
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file) {
  try {
    const auto table = toml::parse(text, file);
    return read_config(Section(&table, "", file));
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return Error(errors::config_invalid,
                 file + ": line " + std::to_string(line) + ": " + std::string(error.description()));
  }
}

Result<Config> load_config(const std::string& file) {
  TEGATA_ASSIGN(const auto text, host::read_public_file(file));
  return parse_config(text, file);
}

}  // namespace tegata::server::config
