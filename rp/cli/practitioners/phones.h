// `tegata credential`, `tegata audit export` and `tegata backup`, without their options.
#pragma once

#include <functional>
#include <iosfwd>

#include "rp/server/config/config.h"
#include "rp/store/store.h"

namespace tegata::cli::practitioners {

// Bound phones, of one person or of all: an array of objects. "rests_on": what each came by, from the nearest to the
// root.
Result<Json> list_credentials(store::Store&, const std::string& practitioner_id);

struct Revocation {
  std::string credential_id;  // base64url
  std::string why;
  std::string actor;  // "operator:uid-0"
  bool dry_run = false;
  bool with_added = false;  // also the phones that this one added, and those that they added
                            // (also where it was removed before)
};
// Errors: devices_phone_unknown, base64url_malformed.
Result<Json> revoke_credential(store::Store&, const Revocation&);

// One JSON object a line, from record `first` on, with the hashes that chain them; gives their number.
Result<std::int64_t> export_audit(store::Store&, std::int64_t first,
                                  const std::function<void(const std::string&)>& line);

}  // namespace tegata::cli::practitioners
