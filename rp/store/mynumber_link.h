// Which My Number card stands for whom. Of its user-authentication certificate only fingerprint and validity are kept.
#pragma once

#include "rp/store/basis.h"
#include "rp/store/practitioners.h"

namespace tegata::store {

struct MyNumberLink {
  std::string practitioner_id;
  Digest fingerprint{};  // SHA-256 of the certificate
  Instant not_before{}, not_after{};
  Instant linked_at{};
  std::string linked_by;                 // "card": the person, after an HPKI log-in; "operator"
  std::optional<BasisId> rests_on = {};  // of that HPKI log-in; absent: on the operator's word. Written, not read
  BasisId basis = 0;                     // its own: given by put_mynumber_link
};

struct EndedWithLink {
  MyNumberLink link;
  Ended ended;
};
// Removes the person's link, and ends all of that with `why`; nothing where there is none. A phone that was bound by it
// stays: its owner sees it in the list, and was told of it.
Result<std::optional<EndedWithLink>> remove_mynumber_link(Transaction&, const std::string& practitioner_id,
                                                          const std::string& why);

// In place of the person's own older link, which ends with what it proved directly (Reach::itself); linked_at is the
// operation's moment. False where nobody active has that id, the certificate is linked to somebody else, or what the
// link would rest on does not stand.
Result<bool> put_mynumber_link(Transaction&, const MyNumberLink&);
Result<std::optional<MyNumberLink>> find_mynumber_link(Reader&, const std::string& practitioner_id);
Result<std::optional<MyNumberLink>> find_mynumber_link_by_fingerprint(Reader&, const Digest& fingerprint);
// What the links of that certificate are or were, whoever's: bases that have ended, too.
Result<std::vector<BasisId>> bases_of_mynumber(Reader&, const Digest& fingerprint);
// Links whose certificate ends at or before `until`, soonest first: whoever should be reminded.
Result<std::vector<MyNumberLink>> list_mynumber_links(Reader&, std::optional<Instant> until = {});

}  // namespace tegata::store
