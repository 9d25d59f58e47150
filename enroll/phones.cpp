#include "enroll/phones.h"

#include "enroll/errors.h"
#include "rp/store/engine/errors.h"
#include "rp/store/notices.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

std::string phone_subject(const store::BoundCredential& phone) { return "credential:" + base64url(phone.record.id); }

Json told(const store::BoundCredential& phone, const std::string& by) {
  return {{"label", phone.label}, {"provider", provider_name(phone.record.aaguid)}, {"way", phone.origin}, {"by", by}};
}

}  // namespace

store::AuditEvent record_of(const Author& author, std::string kind, std::string subject, Json details) {
  store::AuditEvent out = author;
  out.kind = std::move(kind);
  out.subject = std::move(subject);
  out.details = std::move(details);
  return out;
}

Author author(const http::Request& request, std::string actor) { return event(request, {}, std::move(actor), {}); }

std::string kind_of_actor(const Author& author) { return author.actor.substr(0, author.actor.find(':')); }

store::PhoneLimits phone_limits(const Settings& settings) { return {settings.most_phones, settings.label_kept}; }

Result<std::string> bind_phone(store::Transaction& transaction, const Settings& settings, store::BoundCredential phone,
                               const BrowserIdentity& identity) {
  const auto limits = phone_limits(settings);
  const auto label = [&](std::int64_t sequence) {
    return make_label(identity, phone.record.aaguid, transaction.now(), static_cast<int>(sequence));
  };
  TEGATA_ASSIGN(const auto taken, store::count_labels_like(transaction, phone.practitioner_id, label_key(label(1)),
                                                           transaction.now() - limits.label_kept));
  for (std::int64_t sequence = taken + 1;; ++sequence) {
    phone.label = label(sequence);
    phone.label_key = label_key(phone.label);
    const auto inserted = store::insert_credential(transaction, phone, limits);
    if (inserted && !*inserted) {
      return Error(e::ticket_credential_known, base64url(phone.record.id),
                   "webauthn-3#sctn-registering-a-new-credential: the credential ID is not registered for any user");
    }
    if (inserted) break;
    if (inserted.error().code() != e::store_label_taken) return inserted.error();
  }
  TEGATA_TRY(store::put_notice(transaction, "phone_added", phone.practitioner_id, told(phone, "practitioner")));
  return phone.label;
}

Status rename_phone(store::Transaction& transaction, const Settings& settings, const Author& author,
                    const store::BoundCredential& phone, const std::string& label) {
  if (label == phone.label) return {};
  TEGATA_ASSIGN(const bool renamed, store::rename_credential(transaction, phone.record.id, phone.practitioner_id, label,
                                                             label_key(label), phone_limits(settings)));
  if (!renamed) return Error(e::devices_phone_unknown, phone_subject(phone));
  transaction.audit(
      record_of(author, "credential_renamed", phone_subject(phone), {{"from", phone.label}, {"to", label}}));
  auto details = told(phone, kind_of_actor(author));
  details["new_label"] = label;
  return store::put_notice(transaction, "phone_renamed", phone.practitioner_id, details);
}

Result<store::Ended> remove_phone(store::Transaction& transaction, const Author& author,
                                  const store::BoundCredential& phone, const std::string& kind, const std::string& why,
                                  store::Reach reach) {
  TEGATA_ASSIGN(const bool removed, store::remove_credential(transaction, phone.record.id, phone.practitioner_id));
  TEGATA_ASSIGN(const auto ended, store::end_basis(transaction, phone.basis, kind, reach));
  // One that was removed before may still be known by the phones that it added.
  if (!removed && ended.phones.empty()) return Error(e::devices_phone_unknown, phone_subject(phone));
  const bool own = author.actor == "practitioner:" + phone.practitioner_id;
  transaction.audit(record_of(author, kind, own ? phone_subject(phone) : "practitioner:" + phone.practitioner_id,
                              {{"credential", base64url(phone.record.id)},
                               {"label", phone.label},
                               {"why", why},
                               {"passes", ended.passes},
                               {"activations", ended.requests},
                               {"tickets", ended.tickets},
                               {"sessions", ended.sessions},
                               {"phones", ended.phones.size()}}));
  TEGATA_TRY(put_stopped_notices(transaction, ended, kind));
  if (removed) {
    TEGATA_TRY(
        store::put_notice(transaction, "phone_removed", phone.practitioner_id, told(phone, kind_of_actor(author))));
  }
  return ended;
}

store::Reach reach_of_revocation(const card::CardTrust& trust) {
  return trust.revoked_stops_phones ? store::Reach::everything : store::Reach::without_phones;
}

Status put_stopped_notices(store::Transaction& transaction, const store::Ended& ended, const std::string& by) {
  for (const auto& phone : ended.phones) {
    TEGATA_TRY(
        store::put_notice(transaction, "phone_stopped", phone.practitioner_id, {{"label", phone.label}, {"by", by}}));
  }
  return {};
}

}  // namespace tegata::enroll
