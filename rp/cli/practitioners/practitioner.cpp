#include "rp/cli/practitioners/practitioner.h"

#include <algorithm>

#include "enroll/card/authorities.h"
#include "enroll/card/errors.h"
#include "enroll/card/mynumber.h"
#include "enroll/mynumber_link.h"
#include "rp/base/thumbprint.h"
#include "rp/cli/command/dry_run.h"
#include "rp/cli/command/errors.h"
#include "rp/host/public_file.h"
#include "rp/server/compose.h"
#include "rp/server/config/errors.h"
#include "rp/server/revocation/mynumber_revocation.h"
#include "rp/store/engine/errors.h"

namespace tegata::cli::practitioners {
namespace {

Error unknown(const std::string& id) { return Error(errors::practitioner_unknown, id); }

Json optional_time(const std::optional<Instant>& instant) {
  return instant ? Json(format_rfc3339(*instant)) : Json(nullptr);
}

Json describe_person(const store::Practitioner& person) {
  return {{"practitioner_id", person.id},
          {"name", person.name},
          {"romaji", person.romaji},
          {"roles", person.roles},
          {"state", person.active ? "active" : "suspended"},
          {"second_certificate_not_after", optional_time(person.second_certificate_not_after)}};
}

Json describe_link(const store::MyNumberLink& link) {
  return {{"fingerprint", base64url(link.fingerprint)},
          {"not_before", format_rfc3339(link.not_before)},
          {"not_after", format_rfc3339(link.not_after)},
          {"linked_at", format_rfc3339(link.linked_at)},
          {"linked_by", link.linked_by}};
}

Json describe_phone(const store::BoundCredential& phone) {
  return {{"credential_id", base64url(phone.record.id)},
          {"label", phone.label},
          {"origin", phone.origin},
          {"added", format_rfc3339(phone.created_at)},
          {"last_used", optional_time(phone.last_used_at)}};
}

Result<store::Practitioner> require_person(store::Reader& reader, const std::string& id) {
  TEGATA_ASSIGN(auto person, store::find_practitioner(reader, id));
  if (!person) return unknown(id);
  return std::move(*person);
}

store::AuditEvent practitioner_event(const Operator& by, std::string kind, const std::string& id, Json details) {
  store::AuditEvent out;
  out.kind = std::move(kind);
  out.actor = by.actor;
  out.subject = "practitioner:" + id;
  out.details = std::move(details);
  out.source = by.actor;
  return out;
}

Result<Json> show(store::Reader& reader, const std::string& id) {
  TEGATA_ASSIGN(const auto person, require_person(reader, id));
  Json out = describe_person(person);
  TEGATA_ASSIGN(out["mail"], store::find_mail(reader, id));
  out["cards"] = Json::array();
  TEGATA_ASSIGN(const auto cards, store::list_cards(reader, id));
  for (const auto& card : cards)
    out["cards"].push_back({{"authority", card.authority}, {"holder_number", card.holder_number}});
  out["phones"] = Json::array();
  TEGATA_ASSIGN(const auto phones, store::list_credentials(reader, id));
  for (const auto& phone : phones) out["phones"].push_back(describe_phone(phone));
  TEGATA_ASSIGN(const auto link, store::find_mynumber_link(reader, id));
  out["mynumber"] = link ? describe_link(*link) : Json(nullptr);
  return out;
}

Result<Json> list_all(store::Reader& reader) {
  TEGATA_ASSIGN(const auto people, store::list_practitioners(reader));
  Json out = Json::array();
  for (const auto& person : people) out.push_back(describe_person(person));
  return out;
}

Result<Json> list_ending(store::Reader& reader, Instant until) {
  TEGATA_ASSIGN(const auto links, store::list_mynumber_links(reader, until));
  Json out = Json::array();
  for (const auto& link : links) {
    TEGATA_ASSIGN(const auto person, require_person(reader, link.practitioner_id));
    Json one = describe_person(person);
    one["mynumber"] = describe_link(link);
    out.push_back(std::move(one));
  }
  return out;
}

// --- My Number
// --------------------------------------------------------------------------------------------------------

Result<store::MyNumberLink> read_certificate(const Operator& by, const std::string& file) {
  TEGATA_ASSIGN(const auto authorities, server::read_mynumber_authorities(by.config));
  if (!authorities)
    return Error(errors::config_invalid, "[mynumber] generations is missing: no certificate could be checked");
  TEGATA_ASSIGN(const auto text, host::read_input(file));
  Bytes der = to_bytes(as_bytes(text));
  if (text.find("-----BEGIN") != std::string::npos) {
    TEGATA_ASSIGN(const auto all, card::parse_certificates_pem(file, text, errors::cli_option_invalid));
    if (all.size() != 1) return Error(errors::cli_option_invalid, file + ": must hold one certificate");
    der = all.front();
  }
  // By the lists that a log-in is judged by: what it would turn away is not linked.
  const server::running::Log log(by.clock);
  const auto source = server::revocation::mynumber_revocation(by.config.mynumber, *authorities, log);
  TEGATA_ASSIGN(const auto certificate,
                card::verify_mynumber_certificate(der, *authorities, source.answer, by.clock.now()));
  store::MyNumberLink link;
  link.fingerprint = certificate.fingerprint();
  link.not_before = certificate.not_before();
  link.not_after = certificate.not_after();
  return link;
}

Result<store::MyNumberLink> read_fingerprint(const Operator& by, const MyNumberCertificateSource& source) {
  store::MyNumberLink link;
  const auto fingerprint = parse_thumbprint(source.fingerprint);
  const auto begin = parse_rfc3339(source.not_before), end = parse_rfc3339(source.not_after);
  if (!fingerprint) return Error(errors::cli_option_invalid, "--fingerprint: " + fingerprint.error().detail());
  if (!begin || !end || *begin >= *end)
    return Error(errors::cli_option_invalid, "--not-before and --not-after must be RFC 3339, one after the other");
  if (*end <= by.clock.now()) return Error(errors::cli_option_invalid, "--not-after has passed");
  link.fingerprint = *fingerprint;
  link.not_before = *begin;
  link.not_after = *end;
  return link;
}

enroll::Author author(const Operator& by) {
  enroll::Author out;
  out.actor = out.source = by.actor;
  return out;
}

Status put_link(const Operator& by, store::Transaction& transaction, const store::MyNumberLink& link) {
  TEGATA_ASSIGN(const auto person, require_person(transaction, link.practitioner_id));
  const auto put = enroll::put_link(transaction, author(by), link);
  if (!put && !person.active) return Error(errors::practitioner_suspended, link.practitioner_id);
  return put;
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_store(const Operator& by) {
  return store::Store::open(server::store_options(by.config), by.clock);
}

Result<Json> list_practitioners(const Operator& by, bool mynumber_ending) {
  TEGATA_ASSIGN(const auto store, open_store(by));
  const auto until = by.clock.now() + std::chrono::days(by.config.mynumber.reminder_days);
  TEGATA_ASSIGN(auto people, store->read<Json>([&](store::Reader& reader) {
    return mynumber_ending ? list_ending(reader, until) : list_all(reader);
  }));
  return Json{{"ok", true}, {"practitioners", std::move(people)}};
}

Result<Json> show_practitioner(const Operator& by, const std::string& id) {
  TEGATA_ASSIGN(const auto store, open_store(by));
  TEGATA_ASSIGN(auto person, store->read<Json>([&](store::Reader& reader) { return show(reader, id); }));
  person["ok"] = true;
  return person;
}

Result<Json> suspend_practitioner(const Operator& by, const std::string& id, const std::string& reason) {
  TEGATA_ASSIGN(const auto store, open_store(by));
  return command::write_or_try<Json>(
      *store, by.dry_run,
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_TRY(require_person(transaction, id));
        TEGATA_ASSIGN(const auto ended, store::suspend_practitioner(transaction, id));
        if (!ended) return Error(errors::practitioner_state_unchanged, id + " is suspended already");
        const Json counts{{"requests", ended->requests}, {"passes", ended->passes}, {"sessions", ended->sessions}};
        Json details = counts;
        details["reason"] = reason;
        transaction.audit(practitioner_event(by, "practitioner_suspended", id, std::move(details)));
        return Json{
            {"ok", true}, {"practitioner_id", id}, {"state", "suspended"}, {"ended", counts}, {"dry_run", by.dry_run}};
      },
      store::Purpose::take_away);
}

Result<Json> resume_practitioner(const Operator& by, const std::string& id, const std::string& reason) {
  TEGATA_ASSIGN(const auto store, open_store(by));
  return command::write_or_try<Json>(*store, by.dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_TRY(require_person(transaction, id));
    TEGATA_ASSIGN(const bool resumed, store::resume_practitioner(transaction, id));
    if (!resumed) return Error(errors::practitioner_state_unchanged, id + " is not suspended");
    transaction.audit(practitioner_event(by, "practitioner_resumed", id, {{"reason", reason}}));
    return Json{{"ok", true}, {"practitioner_id", id}, {"state", "active"}, {"dry_run", by.dry_run}};
  });
}

Result<Json> link_mynumber(const Operator& by, const std::string& id, const MyNumberCertificateSource& source) {
  TEGATA_ASSIGN(auto link, source.file.empty() ? read_fingerprint(by, source) : read_certificate(by, source.file));
  link.practitioner_id = id;
  link.linked_by = "operator";
  TEGATA_ASSIGN(const auto store, open_store(by));
  link.linked_at = by.clock.now();
  return command::write_or_try<Json>(*store, by.dry_run, [&](store::Transaction& transaction) -> Result<Json> {
    TEGATA_TRY(put_link(by, transaction, link));
    return Json{{"ok", true}, {"practitioner_id", id}, {"mynumber", describe_link(link)}, {"dry_run", by.dry_run}};
  });
}

Result<Json> unlink_mynumber(const Operator& by, const std::string& id, const std::string& reason) {
  TEGATA_ASSIGN(const auto store, open_store(by));
  return command::write_or_try<Json>(
      *store, by.dry_run,
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_TRY(require_person(transaction, id));
        TEGATA_ASSIGN(const auto ended, enroll::remove_link(transaction, author(by), id, reason));
        return Json{{"ok", true},
                    {"practitioner_id", id},
                    {"unlinked", describe_link(ended.link)},
                    {"ended", enroll::describe_ended(ended)},
                    {"dry_run", by.dry_run}};
      },
      store::Purpose::take_away);
}

}  // namespace tegata::cli::practitioners
