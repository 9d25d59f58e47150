#include "rp/activation/lost_standing.h"

#include "rp/activation/errors.h"
#include "rp/store/engine/errors.h"

namespace tegata::activation {
namespace {

namespace e = errors;

struct Renamed {
  ErrorCode reason, error;
};
constexpr Renamed renamed[] = {
    {e::store_pass_practitioner_ended, e::activation_practitioner_not_in_good_standing},
    {e::store_pass_facility_ended, e::activation_requester_not_in_good_standing},
    {e::store_pass_certificate_ended, e::activation_requester_not_in_good_standing},
    {e::store_pass_credential_removed, e::activation_credential_removed},
    {e::right_hardware_wanted, e::activation_key_not_hardware},
    {e::right_basis_ended, e::activation_card_revoked},
    {e::right_model_unwanted, e::activation_model_unwanted},
};

}  // namespace

Error lost_standing(ErrorCode reason, const std::string& subject) {
  for (const auto& one : renamed) {
    if (one.reason == reason) return Error(one.error, subject + " " + std::string(reason.name()));
  }
  return Error(reason, subject);
}

Error cause_of_refusal(store::Reader& reader, const std::string& handoff_id, store::Standing standing, Instant now,
                       const store::Change& change, ErrorCode otherwise) {
  const auto lost = store::lost_standing(reader, handoff_id, standing, now, change);
  if (!lost) return lost.error();
  return *lost ? lost_standing(**lost, handoff_id) : Error(otherwise, handoff_id);
}

}  // namespace tegata::activation
