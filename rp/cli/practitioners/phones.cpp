#include "rp/cli/practitioners/phones.h"

#include "enroll/errors.h"
#include "enroll/phones.h"
#include "rp/store/audit/export.h"

namespace tegata::cli::practitioners {
namespace {

// {"kind", "ended", and of a card "issuer" and "serial", of the others "name"}.
Json describe(const store::Basis& basis) {
  Json out = {{"kind", store::name(basis.kind)}, {"ended", basis.ended_at.has_value()}};
  if (basis.card) {
    out.update({{"issuer", hex(basis.card->issuer)}, {"serial", hex(basis.card->serial)}});
  } else {
    // The store names a My Number card and a phone in hexadecimal; here they are called what they are called elsewhere.
    const auto octets = parse_hex(basis.name);
    const bool known = basis.kind == store::BasisKind::mynumber || basis.kind == store::BasisKind::phone;
    out["name"] = known && octets ? base64url(*octets) : basis.name;
  }
  return out;
}

Result<Json> describe(store::Reader& reader, const store::BoundCredential& phone) {
  Json out = {{"credential_id", base64url(phone.record.id)},
              {"practitioner_id", phone.practitioner_id},
              {"label", phone.label},
              {"provider", enroll::provider_name(phone.record.aaguid)},
              {"aaguid", hex(phone.record.aaguid)},
              {"attestation", phone.record.attestation_type},
              {"key_protection", webauthn::wire::name_of(phone.record.key_protection)},
              {"synced", phone.record.backup_state},
              {"way", phone.origin},
              {"added", format_rfc3339(phone.created_at)},
              {"last_used", nullptr},
              {"last_used_at", phone.last_used_facility}};
  if (phone.last_used_at) out["last_used"] = format_rfc3339(*phone.last_used_at);
  TEGATA_ASSIGN(const auto bases, store::bases_below(reader, phone.basis));
  out["rests_on"] = Json::array();
  for (const auto& basis : bases) {
    if (basis.id != phone.basis) out["rests_on"].push_back(describe(basis));
  }
  return out;
}

Result<std::vector<std::string>> people(store::Reader& reader, const std::string& practitioner_id) {
  if (!practitioner_id.empty()) return std::vector{practitioner_id};
  TEGATA_ASSIGN(const auto all, store::list_practitioners(reader));
  std::vector<std::string> out;
  for (const auto& person : all) out.push_back(person.id);
  return out;
}

// With the phones that it added, one that was removed before is found, too: its loss may turn out to be a theft later.
Result<store::BoundCredential> find(store::Reader& reader, const Bytes& id, bool with_added) {
  TEGATA_ASSIGN(auto phone, with_added ? store::find_credential_ever(reader, id) : store::find_credential(reader, id));
  if (!phone) return Error(errors::devices_phone_unknown, base64url(id) + " is not bound");
  return std::move(*phone);
}

Result<Json> answer(store::Reader& reader, const store::BoundCredential& phone, const store::Ended& ended,
                    bool revoked) {
  TEGATA_ASSIGN(auto out, describe(reader, phone));
  out["revoked"] = revoked;
  out["ended"] = {{"passes", ended.passes},
                  {"activations", ended.requests},
                  {"tickets", ended.tickets},
                  {"sessions", ended.sessions},
                  {"phones", ended.phones.size()}};
  return out;
}

}  // namespace

Result<Json> list_credentials(store::Store& store, const std::string& practitioner_id) {
  return store.read<Json>([&](store::Reader& reader) -> Result<Json> {
    Json out = Json::array();
    TEGATA_ASSIGN(const auto ids, people(reader, practitioner_id));
    for (const auto& id : ids) {
      TEGATA_ASSIGN(const auto phones, store::list_credentials(reader, id));
      for (const auto& phone : phones) {
        TEGATA_ASSIGN(auto described, describe(reader, phone));
        out.push_back(std::move(described));
      }
    }
    return out;
  });
}

Result<Json> revoke_credential(store::Store& store, const Revocation& revocation) {
  TEGATA_ASSIGN(const auto id, parse_base64url(revocation.credential_id));
  if (revocation.dry_run) {
    return store.read<Json>([&](store::Reader& reader) -> Result<Json> {
      TEGATA_ASSIGN(const auto phone, find(reader, id, revocation.with_added));
      return answer(reader, phone, {}, false);
    });
  }
  return store.write<Json>(
      [&](store::Transaction& transaction) -> Result<Json> {
        TEGATA_ASSIGN(const auto phone, find(transaction, id, revocation.with_added));
        enroll::Author author;
        author.actor = revocation.actor;
        const auto reach = revocation.with_added ? store::Reach::everything : store::Reach::itself;
        TEGATA_ASSIGN(const auto ended,
                      enroll::remove_phone(transaction, author, phone, "credential_revoked", revocation.why, reach));
        return answer(transaction, phone, ended, true);
      },
      store::Purpose::take_away);
}

Result<std::int64_t> export_audit(store::Store& store, std::int64_t first,
                                  const std::function<void(const std::string&)>& line) {
  constexpr std::int64_t page = 1000;
  std::int64_t next = first, written = 0;
  for (;;) {
    TEGATA_ASSIGN(const auto records, store.read<std::vector<store::audit::AuditRecord>>([&](store::Reader& reader) {
      return store::audit::list_audit(reader, next, page);
    }));
    for (const auto& record : records) line(store::audit::export_line(record));
    written += static_cast<std::int64_t>(records.size());
    if (records.size() < static_cast<std::size_t>(page)) return written;
    next = records.back().number + 1;
  }
}

}  // namespace tegata::cli::practitioners
