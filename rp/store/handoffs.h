// Hand-offs of both kinds: one table, one conditional change.
#pragma once

#include "rp/handoff/handoff.h"
#include "rp/store/basis.h"
#include "rp/store/standing.h"
#include "rp/store/store.h"

namespace tegata::store {

// The columns that both kinds share, then those of one kind.
struct Handoff {
  std::string id;  // public, random, in logs and audit; opens nothing
  handoff::Kind kind = handoff::Kind::enrollment;
  handoff::State state = handoff::State::created;
  Digest secret{};                     // SHA-256 of the value in the QR
  std::optional<Digest> owner;         // SHA-256 of the claim cookie of the phone that owns it
  std::optional<Instant> owner_until;  // when that ends by itself; absent: with the hand-off
  std::string number;                  // the two digits, "00" to "99"
  std::optional<Bytes> challenge;      // of the WebAuthn ceremony under way
  std::string practitioner_id;         // enrollment: whose; activation: empty until approved
  std::string device;  // browser and model of the claiming phone, as shown on the PC; at most 64 code points
  std::string reason;  // error code, where it was denied or cancelled for one
  std::optional<Bytes> credential_id;  // what was bound, or what approved
  Instant created_at{};
  Instant expires_at{};
  std::optional<Instant> fulfilled_at;

  // Enrollment.
  std::string origin;             // "card", "mailed", "portal", "bound-phone"
  std::optional<Digest> session;  // the PC session that began it; `request` has the card behind it

  // Activation.
  std::string flow = "device";  // how it was asked for: "device", "code", "ciba"
  bool unproved = false;        // it came by a browser alone: nobody proved to be the client
  std::optional<Digest>
      device_code;        // SHA-256 of the device code, auth_req_id, or authorization code once there is one
  std::string user_code;  // "BCDF-GHJK-47"; letters unique among live activations
  std::string client_id;
  std::string facility_code;
  std::optional<Digest> certificate;  // thumbprint of the certificate that began it; absent where none did
  std::optional<std::string> client_key = std::nullopt;  // that proved the client at the start (RFC 7638, base64url)
  std::string redirect_uri = {};                         // the registered one to which the answer of `request` goes
  std::string terminal_id, terminal_name;
  std::string login_hint;  // 本人ID, may be empty
  std::string scope, audience, acr_values;
  Json request = Json::object();  // anything else of the request that the pass needs
  // Of the approval: user_verified, hardware, auth_time; of a phone key_protection and certification, as numbered in
  // webauthn/wire/key_protection.h; of a card card_not_after.
  Json evidence = Json::object();
  std::vector<std::string> roles = {};  // that the pass will name; set by Change alone
  // What it rests on: of a ticket whoever began it, or the phone that said yes to it since; of an activation whoever
  // approved it, and nothing before.
  std::optional<BasisId> basis = std::nullopt;
};

// False where the secret, device code or the letters of the user code are taken.
// For a ticket the INSERT itself asks that what it rests on stands; for an activation Standing::request: false with
// nothing inserted where it does not stand; lost_standing says why.
Result<bool> insert_handoff(Transaction&, const Handoff&);

// What must hold besides the state (from handoff::sources) and `expires_at > now`; all of it stands in the one UPDATE.
struct Condition {
  std::optional<Digest> owner;  // and its time has not run out
  std::optional<Digest> session;
  std::optional<std::string> number;
  std::optional<Bytes> challenge;
  std::optional<std::string> client_id;
  std::optional<Digest> certificate;
  // The practitioner (this id) is active and has a second certificate that has not ended.
  std::optional<std::string> practitioner_in_good_standing;
  // login_hint is empty or this.
  std::optional<std::string> login_hint;
  // Activation: what it rests on stands.
  std::optional<Standing> standing;
  // This certificate, which the caller shows now, is an active and valid one of the hand-off's client.
  std::optional<Digest> shown_certificate;
  // Fewer tickets than this of the same person and origin are confirmed, in their time, and not approved yet.
  std::optional<std::int64_t> most_waiting;
};

// Columns that the change sets; absent ones stay.
struct Change {
  std::optional<Digest> owner;
  std::optional<Digest> session;
  std::optional<Instant> owner_until;
  std::optional<Digest> device_code;
  std::optional<std::string> number;
  std::optional<Bytes> challenge;
  bool clear_challenge = false;
  std::optional<std::string> practitioner_id;
  std::optional<std::string> device;
  std::optional<std::string> reason;
  std::optional<Bytes> credential_id;
  std::optional<Instant> expires_at;
  std::optional<Instant> fulfilled_at;
  std::optional<Json> evidence;
  std::optional<std::vector<std::string>> roles;
  std::optional<BasisId> basis;  // must stand
};

// Moves one hand-off. True if exactly one row changed. Event::expire asks for `expires_at <= now` instead. Moves that
// lead on (claim, confirm, fulfil, and close of an activation) ask that what it rests on stands.
Result<bool> advance(Transaction&, handoff::Kind, const std::string& id, handoff::Event, const Condition& = {},
                     const Change& = {});

// A change without a move (a new challenge, say): the state must be one of `states`, what it rests on stands; the same
// conditions.
Result<bool> amend(Transaction&, const std::string& id, const std::vector<handoff::State>& states, const Condition&,
                   const Change&);

// The first that an activation rests on and that does not stand at `now` (a reason of standing_rules); nothing where
// all stand. Of Standing::approval with what `change` names. For whoever was refused by a condition, in the same
// transaction.
Result<std::optional<ErrorCode>> lost_standing(Reader&, const std::string& id, Standing, Instant now,
                                               const Change& change = {});
// Likewise of one that was not inserted.
Result<std::optional<ErrorCode>> lost_standing(Reader&, const Handoff&, Instant now);

Result<std::optional<Handoff>> find_handoff(Reader&, const std::string& id);
Result<std::optional<Handoff>> find_handoff_by_secret(Reader&, handoff::Kind, const Digest& secret);
Result<std::optional<Handoff>> find_activation_by_device_code(Reader&, const Digest& device_code);
Result<std::optional<Handoff>> find_activation_by_user_code(Reader&, const std::string& user_code, Instant now);
// The newest hand-off that this PC session began.
Result<std::optional<Handoff>> find_enrollment_by_session(Reader&, const Digest& session);
// The tickets of that person and origin that a phone has claimed and that are confirmed, in their time, the oldest
// first: one that comes later moves none of those that are on a screen already.
Result<std::vector<Handoff>> confirmed_enrollments(Reader&, const std::string& practitioner_id,
                                                   const std::string& origin, Instant now);
// Open ones (created or claimed or fulfilled, not past their time), oldest first.
Result<std::vector<Handoff>> open_activations_of_terminal(Reader&, const std::string& client_id,
                                                          const std::string& terminal_id, Instant now);
Result<std::vector<Handoff>> open_activations_of_practitioner(Reader&, const std::string& facility_code,
                                                              const std::string& login_hint, Instant now);
// Cancels every open hand-off of the person, those included that only name the person (login_hint); gives their number.
// Tickets that operators issued stay: they are good again when the person is, and nobody has to send a new letter.
Result<std::int64_t> cancel_handoffs_of(Transaction&, const std::string& practitioner_id, const std::string& reason);
// Cancels every open one of that kind, whoever's; gives their number.
Result<std::int64_t> cancel_all_handoffs(Transaction&, handoff::Kind, const std::string& reason);
// Of the requests that nobody proved to ask for and nobody approved: removes at most `limit` that ended before
// `before`. Each new one makes room for more than one, so they cannot pile up.
Status forget_unproved(Transaction&, Instant before, std::int64_t limit);
// Housekeeping: moves at most `limit` overdue hand-offs to expired, one audit record for all; gives their number.
Result<std::int64_t> expire_overdue(Transaction&, std::int64_t limit);

}  // namespace tegata::store
