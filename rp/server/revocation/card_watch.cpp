#include "rp/server/revocation/card_watch.h"

#include "enroll/card/errors.h"
#include "enroll/phones.h"
#include "rp/activation/errors.h"
#include "rp/server/revocation/card_authorities.h"
#include "rp/store/notices.h"

namespace tegata::server::revocation {
namespace {

using List = std::shared_ptr<const card::RevocationList>;

// A list speaks for whoever signed it, wherever it was fetched: so all authorities are asked at once.
card::RevocationIssuers all_issuers(const std::vector<card::CardAuthority>& authorities) {
  card::RevocationIssuers all;
  for (const auto& authority : authorities) {
    const auto issuers = card::revocation_issuers(authority);
    all.authorities.insert(all.authorities.end(), issuers.authorities.begin(), issuers.authorities.end());
    all.signers.insert(all.signers.end(), issuers.signers.begin(), issuers.signers.end());
  }
  return all;
}

store::AuditEvent event_of(const char* kind, std::string subject, Json details) {
  store::AuditEvent event;
  event.kind = kind;
  event.actor = "system";
  event.subject = std::move(subject);
  event.details = std::move(details);
  return event;
}

}  // namespace

Status CardWatch::configure(const config::Config& config) {
  card::CardTrust trust;
  TEGATA_ASSIGN(trust.authorities, read_authorities(config));
  trust.revoked_stops_phones = config.cards.revoked_card_stops_phones;
  TEGATA_ASSIGN(const auto stored, store_.read<std::vector<store::StoredRevocationList>>(store::list_revocation_lists));
  const std::lock_guard judging(judging_);
  std::map<std::string, Publisher> publishers;
  for (const auto& authority : trust.authorities) {
    for (const auto& address : authority.revocation_addresses) publishers[address];
  }
  const auto issuers = all_issuers(trust.authorities);
  for (const auto& row : stored) {
    // As it was judged when it came: by now it may be stale, and then it answers nothing.
    auto list = card::verify_revocation_list(row.list, issuers, row.fetched_at);
    if (!list) continue;  // of an authority that is configured no longer
    const auto shared = std::make_shared<const card::RevocationList>(std::move(*list));
    trust.lists.put(shared);
    if (const auto found = publishers.find(row.address); found != publishers.end())
      found->second = {shared, row.fetched_at, 0, true};
  }
  auto taken = std::make_shared<const card::CardTrust>(std::move(trust));
  const std::lock_guard lock(mutex_);  // nothing throws from here on
  for (auto& [address, publisher] : publishers) {
    if (const auto known = publishers_.find(address); known != publishers_.end())
      publisher.failures = known->second.failures;
  }
  publishers_ = std::move(publishers);
  trust_ = std::move(taken);
  return {};
}

std::shared_ptr<const card::CardTrust> CardWatch::current() const {
  const std::lock_guard lock(mutex_);
  return trust_;
}

Result<List> CardWatch::judge(const std::string& address, const Bytes& der) {
  // A list gives nobody anything: no clock that is behind keeps it from what it ends.
  TEGATA_ASSIGN(const Instant now, store_.read<Instant>([&](store::Reader& reader) {
    return store::moment(reader, clock_, store::Purpose::take_away);
  }));
  {
    const std::lock_guard lock(mutex_);
    const auto found = publishers_.find(address);
    if (found == publishers_.end()) return Error(errors::card_revocation_untrusted, "nobody publishes there");
    const auto& known = found->second.list;
    if (known && known->fingerprint() == sha256(der) && known->is_fresh(now)) return known;
  }
  const auto trust = current();
  TEGATA_ASSIGN(auto list, card::verify_revocation_list(der, all_issuers(trust->authorities), now));
  if (const auto before = trust->lists.find_same(list)) TEGATA_TRY(card::verify_successor(list.mark(), before->mark()));
  return std::make_shared<const card::RevocationList>(std::move(list));
}

// Whether the store has it already.
bool CardWatch::publish(const std::string& address, List list) {
  const std::lock_guard lock(mutex_);
  auto& publisher = publishers_.at(address);
  publisher.fetched_at = clock_.now();
  if (publisher.list == list) return publisher.kept;
  publisher.list = list;
  publisher.kept = false;
  auto trust = std::make_shared<card::CardTrust>(*trust_);
  trust->lists.put(list);
  trust_ = std::move(trust);
  log_.info("revocation_list_taken", {{"address", address},
                                      {"number", hex(list->mark().number)},
                                      {"entries", list->size()},
                                      {"next_update", format_rfc3339(list->next_update())}});
  return false;
}

namespace {

// What rests on the card ends, and the owners of its phones are told.
Status end_card(store::Transaction& transaction, const store::StandingCard& card, store::Reach reach) {
  const std::string why(errors::activation_card_revoked.name());
  TEGATA_ASSIGN(const auto ended, store::end_basis(transaction, card.basis, why, reach));
  TEGATA_TRY(enroll::put_stopped_notices(transaction, ended, "card_revoked"));
  if (ended.links > 0) {
    TEGATA_TRY(store::put_notice(transaction, "mynumber_unlinked", card.practitioner_id, {{"by", "card_revoked"}}));
  }
  auto event = event_of("card_ended", "card:" + hex(card.certificate.issuer) + ":" + hex(card.certificate.serial),
                        {{"phones", ended.phones.size()},
                         {"requests", ended.requests},
                         {"passes", ended.passes},
                         {"tickets", ended.tickets},
                         {"sessions", ended.sessions},
                         {"codes", ended.codes},
                         {"mynumber_links", ended.links}});
  event.code = why;
  transaction.audit(std::move(event));
  return {};
}

Result<std::vector<store::StandingCard>> named_cards(store::Reader& reader, const card::RevocationList& list) {
  TEGATA_ASSIGN(auto cards, store::standing_cards(reader, list.issuer()));
  std::erase_if(cards, [&](const auto& card) { return !list.names(card.certificate.serial); });
  return cards;
}

Status end_named_cards(store::Transaction& transaction, const card::RevocationList& list, store::Reach reach) {
  TEGATA_ASSIGN(const auto cards, named_cards(transaction, list));
  for (const auto& card : cards) TEGATA_TRY(end_card(transaction, card, reach));
  return {};
}

}  // namespace

Status CardWatch::keep(const std::string& address, const Bytes& der, const card::RevocationList& list) {
  TEGATA_TRY(store_.write<void>(
      [&](store::Transaction& transaction) -> Status {
        TEGATA_ASSIGN(const Instant now, store::moment(transaction, clock_, store::Purpose::take_away));
        TEGATA_ASSIGN(const bool kept,
                      store::put_revocation_list(transaction, {list.issuer(), list.scope(), der, list.mark().number,
                                                               list.this_update(), list.next_update(), now, address}));
        if (!kept) return Error(errors::card_revocation_older, hex(list.mark().number));
        transaction.audit(event_of("revocation_list_taken", "revocation_list:" + hex(list.issuer()),
                                   {{"address", address},
                                    {"number", hex(list.mark().number)},
                                    {"entries", list.size()},
                                    {"next_update", format_rfc3339(list.next_update())}}));
        return end_named_cards(transaction, list, enroll::reach_of_revocation(*current()));
      },
      store::Purpose::take_away));
  const std::lock_guard lock(mutex_);
  publishers_.at(address).kept = true;
  return {};
}

// Asked at every fetch, not at new lists alone: another server may have let a card in by an older list.
Status CardWatch::end_revoked(const card::RevocationList& list) {
  TEGATA_ASSIGN(const auto named, store_.read<std::vector<store::StandingCard>>(
                                      [&](store::Reader& reader) { return named_cards(reader, list); }));
  if (named.empty()) return {};
  return store_.write<void>(
      [&](store::Transaction& transaction) {
        return end_named_cards(transaction, list, enroll::reach_of_revocation(*current()));
      },
      store::Purpose::take_away);
}

// In use before it is kept: whoever logs in from here on is judged by it, and whoever was let in before is in the
// database when the transaction looks.
Status CardWatch::apply(const std::string& address, const Bytes& der) {
  TEGATA_ASSIGN(const auto list, judge(address, der));
  return publish(address, list) ? end_revoked(*list) : keep(address, der, *list);
}

bool CardWatch::take(const std::string& address, const Result<Bytes>& fetched) {
  const std::lock_guard judging(judging_);
  const auto applied = fetched ? apply(address, *fetched) : Status(fetched.error());
  if (applied) return true;
  const auto& error = applied.error();
  log_.error("revocation_list_refused",
             {{"address", address}, {"code", error.code().name()}, {"detail", error.detail()}});
  const std::lock_guard lock(mutex_);
  if (const auto found = publishers_.find(address); found != publishers_.end()) ++found->second.failures;
  return false;
}

}  // namespace tegata::server::revocation
