// The page of a person's phones: signing in by one of them, the list, renaming, removing.
//
// Signed in is whoever has a page session of purpose "devices": by card, or by a bound phone. Removing asks that the
// person proved to be there within the first minutes of that session (step_up_life).
#pragma once

#include "enroll/phones.h"
#include "rp/webauthn/authentication.h"

namespace tegata::enroll {

// Everything that the page shows.
struct DevicesView {
  store::Practitioner person;
  std::vector<store::BoundCredential> phones;
  std::set<Bytes> stopped;                        // those whose card was revoked
  std::vector<store::audit::AuditRecord> events;  // the newest first
  std::optional<store::Handoff> change;           // the newest ticket of this session
  std::string change_state, change_label;
  std::vector<store::Handoff> waiting;  // tickets that ask one of the phones (enroll/approval.h)
};
Result<DevicesView> view_devices(const Services&, const store::Session&);

// Until when this session may remove.
Instant step_up_until(const Settings&, const store::Session&);

// For a transaction: the session may have ended since it was read. Error: sign_in_session_missing.
Status verify_session(store::Transaction&, const store::Session&);
// The same, begun within step_up_life. Errors: also devices_step_up_needed.
Status verify_step_up(store::Transaction&, const Settings&, const store::Session&);

// Errors: label_invalid, store_label_taken, devices_phone_unknown (also where it is somebody else's),
// sign_in_session_missing.
Result<std::string> rename_device(const Services&, const http::Request&, const store::Session&,
                                  const Bytes& credential_id, const std::string& label);

// What is left after a removal, as its own transaction saw it.
struct Removed {
  store::Practitioner person;
  std::vector<store::BoundCredential> left;
};
// Errors: devices_step_up_needed, devices_phone_unknown, sign_in_session_missing.
Result<Removed> remove_device(const Services&, const http::Request&, const store::Session&, const Bytes& credential_id);

// Signing in by a bound phone. The cookie is the browser's, its digest the ceremony's.
Result<Json> device_login_options(const Services&, const http::Request&, const Digest& cookie);

struct DeviceLogin {
  store::Practitioner person;
  std::string session;  // the cookie
};
// Errors: devices_ceremony_unknown, those of verify_proof.
Result<DeviceLogin> log_in_by_device(const Services&, const http::Request&, const Digest& cookie,
                                     const webauthn::AuthenticationResponse&);

}  // namespace tegata::enroll
