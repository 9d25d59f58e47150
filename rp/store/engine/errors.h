// Error codes of rp/store.
#pragma once

#include "rp/base/error.h"

namespace tegata::errors {

inline constexpr ErrorCode store_busy{"store_busy"};
inline constexpr ErrorCode store_unavailable{"store_unavailable"};
// The database file is not whole: a page cannot be read, an index does not agree with its table, a row names another
// that is not there, a value has another type than its column.
inline constexpr ErrorCode store_damaged{"store_damaged"};
// A file that is open lies at its path no more: nothing is written into what nobody could find again.
inline constexpr ErrorCode store_files_gone{"store_files_gone"};
// There is no database, and only `tegata init` makes one; one is there already, or part of one.
inline constexpr ErrorCode store_absent{"store_absent"};
inline constexpr ErrorCode store_exists{"store_exists"};
// A server runs on this database, or it is to be replaced while somebody has it open (server_lock.h).
inline constexpr ErrorCode store_in_use{"store_in_use"};
// The disk has no room for it. Nothing was changed; what takes away is still done.
inline constexpr ErrorCode store_disk_full{"store_disk_full"};
inline constexpr ErrorCode store_commit_failed{"store_commit_failed"};
inline constexpr ErrorCode store_unaudited{"store_unaudited"};
// The clock does not agree with what was committed. Nothing was changed, and all goes on once it is right again.
inline constexpr ErrorCode store_clock_behind{"store_clock_behind"};
inline constexpr ErrorCode store_clock_ahead{"store_clock_ahead"};
// Why `tegata clock repair` does nothing: the clock is believed already; its date was not named as today's, and it
// stands before all that was ever recorded; its date was not named.
inline constexpr ErrorCode store_clock_right{"store_clock_right"};
inline constexpr ErrorCode store_clock_implausible{"store_clock_implausible"};
inline constexpr ErrorCode store_clock_unconfirmed{"store_clock_unconfirmed"};
// An export that does not hold the log as it stands, or leaves a gap behind the one acknowledged before.
inline constexpr ErrorCode store_export_unknown{"store_export_unknown"};
inline constexpr ErrorCode store_schema_newer{"store_schema_newer"};
inline constexpr ErrorCode store_audit_broken{"store_audit_broken"};
// The end of the log is not what we wrote. Nothing was changed, nothing is written until an operator accepts it.
inline constexpr ErrorCode store_audit_stopped{"store_audit_stopped"};
// Why `tegata audit accept` does nothing: nothing is wrong.
inline constexpr ErrorCode store_audit_right{"store_audit_right"};
// An earlier head, kept elsewhere, is not of this log any more: the database was put back, its head with it.
inline constexpr ErrorCode store_audit_put_back{"store_audit_put_back"};
// What lies there is a copy, or an older state than was there before, and no `tegata restore` put it there.
inline constexpr ErrorCode store_put_back{"store_put_back"};
// Why `tegata restore` does nothing, and nothing was changed.
inline constexpr ErrorCode store_restore_refused{"store_restore_refused"};
// Why a request or a pass was ended: its database was put back.
inline constexpr ErrorCode store_restored{"store_restored"};
inline constexpr ErrorCode store_label_taken{"store_label_taken"};
// A card that leads to somebody else already.
inline constexpr ErrorCode store_card_taken{"store_card_taken"};
// Why a request or a pass was ended: its person was suspended.
inline constexpr ErrorCode practitioner_suspended{"practitioner_suspended"};
inline constexpr ErrorCode store_too_many_phones{"store_too_many_phones"};
inline constexpr ErrorCode store_backup_failed{"store_backup_failed"};

// Why a pass that was issued is not active (PassStatus::reason).
inline constexpr ErrorCode store_pass_revoked{"store_pass_revoked"};
inline constexpr ErrorCode store_pass_expired{"store_pass_expired"};
inline constexpr ErrorCode store_pass_practitioner_ended{"store_pass_practitioner_ended"};
inline constexpr ErrorCode store_pass_facility_ended{"store_pass_facility_ended"};
inline constexpr ErrorCode store_pass_certificate_ended{"store_pass_certificate_ended"};
inline constexpr ErrorCode store_pass_credential_removed{"store_pass_credential_removed"};
// Why a request or a pass does not stand any more, or was ended: a right that it rests on was taken away (standing.h).
// The person has that role no longer.
inline constexpr ErrorCode right_role_taken{"right_role_taken"};
// The client may ask for that scope no longer.
inline constexpr ErrorCode right_scope_taken{"right_scope_taken"};
// The client may ask for a pass for that service no longer.
inline constexpr ErrorCode right_audience_taken{"right_audience_taken"};
// The client's redirect address is registered no longer.
inline constexpr ErrorCode right_redirect_uri_taken{"right_redirect_uri_taken"};
// The client's keys were replaced, and the one that proved it is gone.
inline constexpr ErrorCode right_client_key_replaced{"right_client_key_replaced"};
// The facility takes hardware alone by now.
inline constexpr ErrorCode right_hardware_wanted{"right_hardware_wanted"};
// By the facility's hours of now the pass would have ended.
inline constexpr ErrorCode right_hours_over{"right_hours_over"};
// What the approval rests on has ended: a revoked card, say (basis.h).
inline constexpr ErrorCode right_basis_ended{"right_basis_ended"};
// Metadata warns of the phone's model by now.
inline constexpr ErrorCode right_model_unwanted{"right_model_unwanted"};
// The key that signed it, or was about to, is withdrawn.
inline constexpr ErrorCode store_pass_key_withdrawn{"store_pass_key_withdrawn"};

// Whether the database, its files or its disk were what failed, whatever was asked of them.
inline bool is_store_fault(ErrorCode code) {
  for (const auto fault : {store_busy, store_unavailable, store_damaged, store_files_gone, store_disk_full,
                           store_commit_failed, store_unaudited, store_audit_stopped})
    if (code == fault) return true;
  return false;
}

}  // namespace tegata::errors
