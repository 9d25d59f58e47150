// Tickets: the right to bind one phone to one person, carried from the PC by a QR.
//
// created -> claimed (a phone owns it) -> confirmed (the holder typed that phone's number at the PC) -> fulfilled (the
// credential is bound) -> closed (label confirmed); or denied, cancelled, expired. Every step is one conditional
// change. A refusal that the person can mend (a failed biometric, a bad label) changes nothing.
#pragma once

#include "enroll/label.h"
#include "enroll/services.h"
#include "rp/webauthn/options.h"

namespace tegata::enroll {

// A PC's screen: the session of its browser, and the ticket that it shows. Two tabs have one session between them, and
// a second person who signs in takes it over: a screen that names its ticket is never answered about another.
struct Screen {
  store::Session session;
  std::optional<std::string> ticket_id;  // absent: the newest of the session
};

// What the PC shows. The secret exists only in the QR.
struct NewTicket {
  std::string id;
  store::Practitioner person;
  std::string secret;
  Instant expires_at{};
  bool by_numbers_alone = false;  // see enroll/approval.h
};
// For the person of the session, with the session's method as its origin: "card", or "bound-phone" for one that was
// begun on a phone already bound. Cancels the session's open ticket, if there is one. Errors: ticket_of_other_session,
// ticket_person_not_in_good_standing, ticket_origin_unknown (an origin that operators issue, or none).
Result<NewTicket> issue_ticket(const Services&, const http::Request&, const Screen&);

// Ends a PC's session, and the ticket that it can now no longer confirm; one that it has confirmed goes on. Where the
// screen's ticket is another session's, or another tab of this one has a newer one, nothing ends. False: there was no
// such session. Error: ticket_of_other_session.
Result<bool> close_session(store::Transaction&, const http::Request&, const Digest& cookie,
                           const std::optional<std::string>& ticket_id = std::nullopt);

// The browser's session from now on; the one that it had is closed.
Status replace_session(store::Transaction&, const http::Request&, const store::Session&);

// A ticket as screens show it.
struct TicketView {
  store::Handoff handoff;
  std::string state;  // "waiting", "opened", ...; "done" also some time after "registered"
  std::string label;  // of the bound phone
  bool mine = false;
  bool password = false;                   // must be typed before anything else
  std::optional<std::int64_t> tries_left;  // once one was used
};
// Error: ticket_of_other_session.
Result<std::optional<TicketView>> ticket_of_screen(const Services&, const Screen&);
// For the phone that owns it. Errors: ticket_unknown, ticket_not_owner, ticket_ownership_lapsed.
Result<TicketView> ticket_of_phone(const Services&, const std::string& secret, const Digest& owner);

// The holder typed the phone's number. Errors: ticket_wrong_number (the ticket has ended), ticket_number_malformed,
// ticket_not_opened, ticket_expired, ticket_of_other_session, ticket_too_many_waiting (the ticket stays as it was).
Status confirm_ticket(const Services&, const http::Request&, const Screen&, const std::string& number);
// Error: ticket_of_other_session.
Status reject_ticket_on_pc(const Services&, const http::Request&, const Screen&);

// How a phone proves that it owns a ticket, and what its claim would make its proof: digests of the cookie that it
// brought, and of one made for this claim.
struct Claimant {
  std::optional<Digest> held;
  Digest fresh{};
};

// What a phone that has not claimed may see. Errors: ticket_unknown, ticket_expired, ticket_over, ticket_not_owner,
// ticket_locked.
Result<TicketView> look_at_ticket(const Services&, const http::Request&, const std::string& secret,
                                  const std::optional<Digest>& owner);
// The phone takes the ticket, again and again if it likes: whoever owns it already keeps its cookie, a new owner has
// the fresh one, and no other. Errors: as look, ticket_other_phone (where the PC had not confirmed, the ticket has
// ended), ticket_password_needed.
Result<store::Handoff> claim_ticket(const Services&, const http::Request&, const std::string& secret, const Claimant&,
                                    const BrowserIdentity&);
// The same with a password, for a while; whoever sends the right one next takes over, with a fresh cookie (`owner`).
// One Argon2id run, whatever the ticket is. The guess is written down before it is checked, so that it counts once
// however its answer ends. Errors: ticket_unknown, ticket_expired, ticket_over; ticket_password_wrong, ticket_locked,
// ticket_password_unanswered (other guesses hold every try that is left); ticket_busy and ticket_password_too_long,
// where nothing was counted.
Result<store::Handoff> claim_ticket_with_password(const Services&, const http::Request&, const std::string& secret,
                                                  const std::string& password, const Digest& owner,
                                                  const BrowserIdentity&);
// Of a live ticket with a password.
Result<std::optional<std::int64_t>> tries_left(const Services&, const std::string& secret);
// The person says no. Errors: as look; ticket_other_phone (another phone's no, before the PC had confirmed: the ticket
// has ended).
Status reject_ticket_on_phone(const Services&, const http::Request&, const std::string& secret,
                              const std::optional<Digest>& owner);

// A fresh challenge each time. Errors: ticket_unknown, ticket_not_owner, ticket_not_confirmed, ticket_expired.
Result<Json> registration_options(const Services&, const http::Request&, const std::string& secret,
                                  const Digest& owner);
// Gives the label. Errors: those of options, all of webauthn::verify_registration, ticket_credential_known,
// ticket_person_not_in_good_standing. After any of them the ticket is as before.
Result<std::string> register_phone(const Services&, const http::Request&, const std::string& secret,
                                   const Digest& owner, const webauthn::RegistrationResponse&, const BrowserIdentity&);
// Confirms the label, or changes it first. Errors: label_invalid, store_label_taken, ticket_unknown, ticket_not_owner.
Result<std::string> confirm_label(const Services&, const http::Request&, const std::string& secret, const Digest& owner,
                                  const std::optional<std::string>& label);

}  // namespace tegata::enroll
