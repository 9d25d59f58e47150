// What happens to the link of a My Number card: made, replaced, taken away. Each change stands in one transaction with
// what ends by it, its audit record and the notice to the person, whoever does it.
#pragma once

#include "enroll/phones.h"
#include "rp/store/mynumber_link.h"

namespace tegata::enroll {

// In place of the person's older link, which ends as if it were taken away: the new one rests on another log-in, also
// where it is of the same certificate. Errors: mynumber_linked_elsewhere, card_person_suspended (also where nobody has
// that id).
Status put_link(store::Transaction&, const Author&, const store::MyNumberLink&);

// Ends with it what came by it. `why` is for the record alone. Error: mynumber_no_link.
Result<store::EndedWithLink> remove_link(store::Transaction&, const Author&, const std::string& practitioner_id,
                                         const std::string& why);

// {"sessions","codes","tickets","requests","passes"}: what ended with a link.
Json describe_ended(const store::EndedWithLink&);

}  // namespace tegata::enroll
