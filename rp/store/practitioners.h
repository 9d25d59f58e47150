// People, their cards, and the phones bound to them.
#pragma once

#include "rp/store/basis.h"
#include "rp/webauthn/credential_record.h"

namespace tegata::store {

struct Practitioner {
  std::string id;                  // 本人ID
  Bytes user_handle;               // 64 random bytes, never shown
  std::string name;                // as written, e.g. 検証 太郎
  std::string romaji;              // e.g. Kensho Taro
  std::vector<std::string> roles;  // of the second certificate: "Medical Doctor", "Dentist", "Pharmacist"
  bool active = true;              // false: suspended
  std::optional<Instant> second_certificate_not_after;  // absent: none issued yet
};

// Inserts or replaces by id; an existing user handle is kept.
Status put_practitioner(Transaction&, const Practitioner&);
Result<std::optional<Practitioner>> find_practitioner(Reader&, const std::string& id);
Result<std::vector<Practitioner>> list_practitioners(Reader&);

// The directory: (authority, holder number) -> 本人ID. Several cards may lead to one person.
Status put_card(Transaction&, const std::string& authority, const std::string& holder_number,
                const std::string& practitioner_id);
Result<std::optional<Practitioner>> find_practitioner_by_card(Reader&, const std::string& authority,
                                                              const std::string& holder_number);

// A bound phone.
struct BoundCredential {
  webauthn::CredentialRecord record;
  std::string practitioner_id;
  Bytes user_handle;  // a copy kept beside the record and compared at every use
  std::string label;
  std::string label_key;  // the label as compared: unique per practitioner among live ones
  std::string origin;     // how it was bound: "card"
  Instant created_at{};
  std::optional<Instant> last_used_at;
  std::string last_used_facility;  // name, empty if never
  std::optional<Instant> removed_at;
  std::optional<BasisId> rests_on = std::nullopt;  // of the ticket; absent: on an operator's word. Written, not read
  BasisId basis = 0;                               // its own: given by insert_credential
};

// What one person may have.
struct PhoneLimits {
  std::int64_t most_phones = 1'000'000;
  std::chrono::seconds label_kept{0};  // how long the label of a removed phone stays taken
};

// False where the credential ID is known already, for any person, removed ones included, where the practitioner is not
// active, or where what it would rest on does not stand. All conditions stand inside the one INSERT. Errors:
// store_too_many_phones; store_label_taken, where the caller tries the next " (n)".
Result<bool> insert_credential(Transaction&, const BoundCredential&, const PhoneLimits& = {});
Result<std::optional<BoundCredential>> find_credential(Reader&, ByteView credential_id);  // removed ones are not found
// Removed ones too.
Result<std::optional<BoundCredential>> find_credential_ever(Reader&, ByteView credential_id);
// How many labels of the person begin with `label_key` and are taken; 0 where `label_key` itself is free.
Result<std::int64_t> count_labels_like(Reader&, const std::string& practitioner_id, const std::string& label_key,
                                       Instant kept_since);
Result<std::vector<BoundCredential>> list_credentials(Reader&, const std::string& practitioner_id);
// Conditional on owner and not removed.
Result<bool> rename_credential(Transaction&, ByteView credential_id, const std::string& practitioner_id,
                               const std::string& label, const std::string& label_key, const PhoneLimits& = {});
Result<bool> remove_credential(Transaction&, ByteView credential_id, const std::string& practitioner_id);
// After a verified assertion: sign count, BS, key protection and last use. Conditional on not removed, owner, basis,
// the sign count still being `seen_sign_count`.
Result<bool> use_credential(Transaction&, const BoundCredential&, std::uint32_t seen_sign_count);

}  // namespace tegata::store
