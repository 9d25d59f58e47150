#include "enroll/mynumber_link.h"

#include "enroll/card/errors.h"
#include "rp/store/notices.h"

namespace tegata::enroll {
namespace {

namespace e = errors;

Status put_link_notice(store::Transaction& transaction, const Author& author, const std::string& kind,
                       const std::string& practitioner_id) {
  return store::put_notice(transaction, kind, practitioner_id, {{"by", kind_of_actor(author)}});
}

Error why_not_linked(store::Transaction& transaction, const store::MyNumberLink& link) {
  const auto person = store::find_practitioner(transaction, link.practitioner_id);
  if (!person) return person.error();
  const bool stands = *person && (*person)->active;
  return Error(stands ? e::mynumber_linked_elsewhere : e::card_person_suspended, link.practitioner_id);
}

}  // namespace

Status put_link(store::Transaction& transaction, const Author& author, const store::MyNumberLink& link) {
  TEGATA_ASSIGN(const auto older, store::remove_mynumber_link(transaction, link.practitioner_id, "mynumber_replaced"));
  TEGATA_ASSIGN(const bool put, store::put_mynumber_link(transaction, link));
  if (!put) return why_not_linked(transaction, link);
  Json details = {{"fingerprint", base64url(link.fingerprint)},
                  {"not_before", format_rfc3339(link.not_before)},
                  {"not_after", format_rfc3339(link.not_after)},
                  {"replaces", older ? base64url(older->link.fingerprint) : ""}};
  if (older) details["ended"] = describe_ended(*older);
  transaction.audit(record_of(author, "mynumber_linked", "practitioner:" + link.practitioner_id, std::move(details)));
  const bool replaces = older && older->link.fingerprint != link.fingerprint;
  return put_link_notice(transaction, author, replaces ? "mynumber_replaced" : "mynumber_linked", link.practitioner_id);
}

Result<store::EndedWithLink> remove_link(store::Transaction& transaction, const Author& author,
                                         const std::string& practitioner_id, const std::string& why) {
  TEGATA_ASSIGN(auto ended, store::remove_mynumber_link(transaction, practitioner_id, "mynumber_unlinked"));
  if (!ended) return Error(e::mynumber_no_link, practitioner_id);
  transaction.audit(record_of(
      author, "mynumber_unlinked", "practitioner:" + practitioner_id,
      {{"fingerprint", base64url(ended->link.fingerprint)}, {"why", why}, {"ended", describe_ended(*ended)}}));
  TEGATA_TRY(put_link_notice(transaction, author, "mynumber_unlinked", practitioner_id));
  return std::move(*ended);
}

Json describe_ended(const store::EndedWithLink& ended) {
  const auto& with = ended.ended;
  return {{"sessions", with.sessions},
          {"codes", with.codes},
          {"tickets", with.tickets},
          {"requests", with.requests},
          {"passes", with.passes}};
}

}  // namespace tegata::enroll
