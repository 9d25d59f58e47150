#include "rp/store/upkeep/restore_replay.h"

#include <algorithm>
#include <map>

#include "rp/store/basis.h"
#include "rp/store/directory.h"
#include "rp/store/engine/errors.h"
#include "rp/store/facility_changes.h"
#include "rp/store/mynumber_link.h"
#include "rp/store/practitioners.h"
#include "rp/store/signing_keys.h"

namespace tegata::store::upkeep {
namespace {

constexpr ReplayedKind known_kinds[] = {
    {"activation_approved", Replaying::ended, ""},
    {"activation_cancelled", Replaying::ended, ""},
    {"activation_denied", Replaying::ended, ""},
    {"activation_key_asked", Replaying::ended, ""},
    {"activation_requested", Replaying::ended, ""},
    {"activation_rescanned", Replaying::ended, ""},
    {"activation_scanned", Replaying::ended, ""},
    {"audit_accepted", Replaying::nothing, ""},
    {"audit_export_acknowledged", Replaying::missing, "acknowledge the export again: `tegata audit acknowledge`"},
    {"audit_purged", Replaying::nothing, ""},
    {"authorization_code_made", Replaying::ended, ""},
    {"authorization_pushed", Replaying::ended, ""},
    {"card_ended", Replaying::again, ""},
    {"card_login", Replaying::ended, ""},
    {"card_login_handed_over", Replaying::ended, ""},
    {"card_login_started", Replaying::ended, ""},
    {"certificate_downloaded", Replaying::ended, ""},
    {"certificate_issued", Replaying::missing,
     "issue it again, or register the file that the facility has: `tegata facility certificate add`"},
    {"certificate_registered", Replaying::missing, "register it again: `tegata facility certificate add`"},
    {"certificate_revoked", Replaying::again, ""},
    {"client_added", Replaying::missing, "add it again: `tegata facility client add`"},
    {"client_changed", Replaying::missing,
     "it may have taken rights away, so before the server starts: `tegata facility client change`"},
    {"client_resumed", Replaying::missing, "resume it again, if it is to go on: `tegata facility client resume`"},
    {"client_suspended", Replaying::again, ""},
    {"clock_repaired", Replaying::nothing, ""},
    {"credential_proven", Replaying::ended, ""},
    {"credential_registered", Replaying::missing, "the person registers the phone again"},
    {"credential_removed", Replaying::again, ""},
    {"credential_renamed", Replaying::missing, "the person names the phone again"},
    {"credential_revoked", Replaying::again, ""},
    {"deployed_client_put", Replaying::nothing, ""},
    {"facility_added", Replaying::missing, "add it again: `tegata facility add`"},
    {"facility_ca_made", Replaying::nothing, ""},
    {"facility_changed", Replaying::missing,
     "it may have taken rights away, so before the server starts: `tegata facility change`"},
    {"facility_code_changed", Replaying::missing, "change the code again: `tegata facility change-code`"},
    {"facility_resumed", Replaying::missing, "resume it again, if it is to go on: `tegata facility resume`"},
    {"facility_suspended", Replaying::again, ""},
    {"guess_key_noted", Replaying::nothing, ""},
    {"guess_key_renewed", Replaying::missing, "where the start misses the former key: `tegata guess-key renew`"},
    {"handoffs_expired", Replaying::ended, ""},
    {"introspections_counted", Replaying::nothing, ""},
    {"letter_ordered", Replaying::missing, "the person orders the letter again"},
    {"metadata_imported", Replaying::missing,
     "it may warn of models, so before the server starts: import the newest BLOB again: `tegata metadata import`"},
    {"mynumber_linked", Replaying::again, "the person links the card again"},
    {"mynumber_login", Replaying::ended, ""},
    {"mynumber_presented", Replaying::ended, ""},
    {"mynumber_unlinked", Replaying::again, ""},
    {"notice_channel_opened", Replaying::nothing, ""},
    {"notices_delivered", Replaying::nothing, ""},
    {"pass_issued", Replaying::ended, ""},
    {"pass_repeated", Replaying::ended, ""},
    {"pass_revoked", Replaying::ended, ""},
    {"phone_login", Replaying::ended, ""},
    {"phone_login_started", Replaying::ended, ""},
    {"practitioner_added", Replaying::missing, "import the directory again: `tegata practitioner import`"},
    {"practitioner_changed", Replaying::missing,
     "it may have taken roles away, so before the server starts: `tegata practitioner import`"},
    {"practitioner_resumed", Replaying::missing,
     "resume the person again, if he is to go on: `tegata practitioner resume`"},
    {"practitioner_suspended", Replaying::again, ""},
    {"practitioners_imported", Replaying::missing, "import the directory again: `tegata practitioner import`"},
    {"proof_begun", Replaying::ended, ""},
    {"purge_round", Replaying::nothing, ""},
    {"purged", Replaying::nothing, ""},
    {"records_left_out", Replaying::nothing, ""},
    {"registration_begun", Replaying::ended, ""},
    {"registration_number_login", Replaying::ended, ""},
    {"restored", Replaying::nothing, ""},
    {"revocation_list_taken", Replaying::nothing, ""},
    {"session_ended", Replaying::ended, ""},
    {"signing_key_adopted", Replaying::nothing, ""},
    {"signing_key_published", Replaying::missing,
     "publish a key again: `tegata key rotate`, and with --emergency where none is left that signs"},
    {"signing_key_withdrawn", Replaying::again, ""},
    {"ticket_approved", Replaying::ended, ""},
    {"ticket_claimed", Replaying::ended, ""},
    {"ticket_closed", Replaying::ended, ""},
    {"ticket_confirmed", Replaying::ended, ""},
    {"ticket_ended", Replaying::ended, ""},
    {"ticket_issued", Replaying::missing, "issue the ticket again: `tegata ticket issue`"},
    {"ticket_locked", Replaying::ended, ""},
    {"ticket_password_wrong", Replaying::ended, ""},
    {"ticket_revoked", Replaying::ended, ""},
    {"ticket_try_reserved", Replaying::ended, ""},
    {"ticket_unlocked", Replaying::ended, ""},
};

constexpr std::size_t most_subjects = 20, most_described = 1000;
constexpr std::int64_t replayed_at_once = 1000;

std::string behind_colon(const std::string& subject) { return subject.substr(subject.find(':') + 1); }

std::string detail(const audit::AuditRecord& record, const char* member) {
  const auto text = json_string(record.event.details, member);
  return text ? std::string(*text) : std::string();
}

bool stopped_phones(const audit::AuditRecord& record) {
  const auto phones = json_integer(record.event.details, "phones");
  return phones && *phones > 0;
}

// True where it took something away that the copy still had.
class Again {
 public:
  explicit Again(Transaction& transaction) : transaction_(transaction) {}

  Result<bool> run(const audit::AuditRecord& record) {
    const auto& kind = record.event.kind;
    const auto subject = behind_colon(record.event.subject);
    if (kind == "credential_removed" || kind == "credential_revoked") return remove_phone(record);
    if (kind == "card_ended") return end_card(record);
    if (kind == "mynumber_unlinked") return unlink(subject, kind);
    if (kind == "mynumber_linked") return unlink_former(record, subject);
    if (kind == "practitioner_suspended") return has(suspend_practitioner(transaction_, subject));
    if (kind == "facility_suspended")
      return has(suspend_facility(transaction_, code_in_copy(subject), std::string(errors::store_restored.name())));
    if (kind == "client_suspended")
      return has(suspend_client(transaction_, subject, std::string(errors::store_restored.name())));
    if (kind == "certificate_revoked") return revoke_certificate(record);
    return withdraw(subject);  // signing_key_withdrawn
  }

  // Facilities are named by the code that they had then.
  void note_code(const audit::AuditRecord& record) {
    codes_[detail(record, "to")] = code_in_copy(detail(record, "from"));
  }

 private:
  template <typename T>
  static Result<bool> has(const Result<std::optional<T>>& ended) {
    if (!ended) return ended.error();
    return ended->has_value();
  }

  std::string code_in_copy(const std::string& code) const {
    const auto found = codes_.find(code);
    return found == codes_.end() ? code : found->second;
  }

  Result<bool> remove_phone(const audit::AuditRecord& record) {
    TEGATA_ASSIGN(const auto id, parse_base64url(detail(record, "credential")));
    TEGATA_ASSIGN(const auto phone, find_credential_ever(transaction_, id));
    if (!phone) return false;
    TEGATA_ASSIGN(const bool removed, remove_credential(transaction_, id, phone->practitioner_id));
    const auto reach = stopped_phones(record) ? Reach::everything : Reach::itself;
    TEGATA_ASSIGN(const auto ended, end_basis(transaction_, phone->basis, record.event.kind, reach));
    return removed || !ended.phones.empty();
  }

  // "card:<issuer>:<serial>", or "mynumber:<fingerprint>".
  Result<bool> end_card(const audit::AuditRecord& record) {
    const auto reach = stopped_phones(record) ? Reach::everything : Reach::without_phones;
    TEGATA_ASSIGN(const auto bases,
                  record.event.subject.starts_with("mynumber:") ? of_mynumber(record) : of_card(record));
    for (const auto basis : bases) TEGATA_TRY(end_basis(transaction_, basis, record.event.code, reach));
    return !bases.empty();
  }

  Result<std::vector<BasisId>> of_mynumber(const audit::AuditRecord& record) {
    TEGATA_ASSIGN(const auto octets, parse_base64url(behind_colon(record.event.subject)));
    const auto fingerprint = to_digest(octets);
    if (!fingerprint) return std::vector<BasisId>();
    return bases_of_mynumber(transaction_, *fingerprint);
  }

  Result<std::vector<BasisId>> of_card(const audit::AuditRecord& record) {
    const auto named = behind_colon(record.event.subject);
    const auto between = named.find(':');
    TEGATA_ASSIGN(const auto issuer, parse_hex(named.substr(0, between)));
    TEGATA_ASSIGN(const auto serial, parse_hex(between == std::string::npos ? "" : named.substr(between + 1)));
    std::vector<BasisId> out;
    const auto digest = to_digest(issuer);
    if (!digest) return out;
    TEGATA_ASSIGN(const auto cards, standing_cards(transaction_, *digest));
    for (const auto& card : cards) {
      if (card.certificate.serial == serial) out.push_back(card.basis);
    }
    return out;
  }

  Result<bool> unlink(const std::string& person, const std::string& why) {
    return has(remove_mynumber_link(transaction_, person, why));
  }

  // Another card was linked in its place.
  Result<bool> unlink_former(const audit::AuditRecord& record, const std::string& person) {
    TEGATA_ASSIGN(const auto link, find_mynumber_link(transaction_, person));
    if (!link || base64url(link->fingerprint) == detail(record, "fingerprint")) return false;
    return unlink(person, "mynumber_replaced");
  }

  Result<bool> revoke_certificate(const audit::AuditRecord& record) {
    TEGATA_ASSIGN(const auto octets, parse_base64url(detail(record, "thumbprint")));
    const auto thumbprint = to_digest(octets);
    if (!thumbprint) return false;
    return has(revoke_client_certificate(transaction_, *thumbprint, std::string(errors::store_restored.name())));
  }

  Result<bool> withdraw(const std::string& kid) {
    TEGATA_ASSIGN(const auto withdrawn, withdraw_signing_keys(transaction_, kid));
    return !withdrawn.kids.empty();
  }

  Transaction& transaction_;
  std::map<std::string, std::string> codes_;
};

void add_missing(Replay& out, const audit::AuditRecord& record, std::string_view what_to_do) {
  auto found = std::find_if(out.missing.begin(), out.missing.end(),
                            [&](const auto& each) { return each.kind == record.event.kind; });
  if (found == out.missing.end()) {
    out.missing.push_back({record.event.kind, std::string(what_to_do), 0, {}});
    found = std::prev(out.missing.end());
  }
  ++found->count;
  const auto label = detail(record, "label");
  const auto named = record.event.subject + (label.empty() ? "" : " (" + label + ")");
  if (found->subjects.size() < most_subjects) found->subjects.push_back(named);
}

const ReplayedKind* find_kind(const std::string& kind) {
  const auto* const found = std::find_if(std::begin(known_kinds), std::end(known_kinds),
                                         [&](const ReplayedKind& each) { return each.kind == kind; });
  return found == std::end(known_kinds) ? nullptr : found;
}

Status replay_one(Again& again, const audit::AuditRecord& record, Replay& out) {
  const auto* const known = find_kind(record.event.kind);
  if (!known) {
    const bool refusal = record.event.kind.ends_with("_refused");
    if (!refusal) add_missing(out, record, "a later version recorded it: find out what it changed");
    return {};
  }
  if (record.event.kind == "facility_code_changed") again.note_code(record);
  if (known->replaying == Replaying::again) {
    TEGATA_ASSIGN(const bool changed, again.run(record));
    out.done.push_back({record.number, record.event.kind, record.event.subject, changed});
  }
  // A ticket that a person began at a screen, he begins again.
  const bool own = record.event.kind == "ticket_issued" && !record.event.actor.starts_with("operator:");
  if (!known->what_to_do.empty() && !own) add_missing(out, record, known->what_to_do);
  return {};
}

}  // namespace

std::span<const ReplayedKind> replayed_kinds() { return known_kinds; }

Json describe(const Replay& replay) {
  Json out{{"first", replay.first},
           {"last", replay.last},
           {"count", replay.done.size()},
           {"done", Json::array()},
           {"missing", Json::array()}};
  for (const auto& each : replay.done) {
    if (out["done"].size() == most_described) break;
    out["done"].push_back(
        {{"record", each.record}, {"kind", each.kind}, {"subject", each.subject}, {"changed", each.changed}});
  }
  for (const auto& each : replay.missing) {
    out["missing"].push_back(
        {{"kind", each.kind}, {"count", each.count}, {"subjects", each.subjects}, {"what_to_do", each.what_to_do}});
  }
  return out;
}

Result<Replay> replay(Transaction& transaction, std::int64_t copy_ends, std::int64_t last) {
  Replay out;
  Again again(transaction);
  for (auto next = copy_ends + 1; next <= last;) {
    TEGATA_ASSIGN(const auto records,
                  audit::list_audit(transaction, next, std::min(replayed_at_once, last - next + 1)));
    if (records.empty()) break;
    if (out.first == 0) out.first = records.front().number;
    out.last = records.back().number;
    for (const auto& record : records) TEGATA_TRY(replay_one(again, record, out));
    next = out.last + 1;
  }
  return out;
}

}  // namespace tegata::store::upkeep
