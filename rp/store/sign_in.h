// From card to page: start records, one-time hand-over codes, page sessions. Secrets arrive as digests.
#pragma once

#include "rp/store/basis.h"

namespace tegata::store {

// Made by the public origin; the card origin acts only on a live one. Used once.
struct StartRecord {
  Digest id{};             // SHA-256 of the value in the URL
  Digest cookie{};         // SHA-256 of the __Host- cookie of the browser that began
  std::string purpose;     // "enrol", "devices", "link"
  std::string host_nonce;  // the first label of the card host name made for it
  Instant expires_at{};
  std::string method = "card";       // which card, so which origin: "card" (HPKI), "mynumber"
  std::string practitioner_id = {};  // whose My Number card is to be linked; empty for a log-in
};

// What the card origin or the My Number origin found out, fetched once by the browser that began.
struct CardLogin {
  Digest code{};  // SHA-256 of the one-time code
  Digest start_id{};
  std::string practitioner_id;  // empty for a refusal
  std::string refusal;          // error code, empty for a success
  Json card = Json::object();   // {"authority","holder_number","fingerprint","not_after"(RFC 3339),"roles"}; of a
                                // My Number card no more than {"fingerprint","not_before","not_after"}
  Instant expires_at{};
  std::optional<BasisId> basis = std::nullopt;  // absent for a refusal, and for a card that is yet to be linked
};

struct Session {
  Digest cookie{};  // SHA-256 of the __Host- session cookie
  std::string practitioner_id;
  std::string purpose;
  std::string method;  // "card", "mynumber"
  Json card = Json::object();
  Instant expires_at{};
  std::optional<Bytes> credential_id = std::nullopt;  // of the phone that signed in by itself
  Instant begun_at{};                                 // set by insert_session
  BasisId basis = 0;
};

Status insert_start(Transaction&, const StartRecord&);
// Live, unused.
Result<std::optional<StartRecord>> find_start(Reader&, const Digest& id, Instant now);
// One conditional change: the start record is live, unused, of this host nonce and method -> used, and the login is
// inserted. False where it is not, or where what the login rests on does not stand.
Result<bool> finish_start(Transaction&, const CardLogin&, const std::string& host_nonce,
                          const std::string& method = "card");
// One conditional change: code unused and live, on a basis that stands, and its start record has this cookie digest ->
// used.
// Nothing where it is not so. Also gives what the start record said.
struct Redeemed {
  CardLogin login;
  std::string purpose;
  std::string method;
  std::string started_for;  // the start record's practitioner
};
Result<std::optional<Redeemed>> redeem_card_login(Transaction&, const Digest& code, const Digest& start_cookie);

// False where what it rests on does not stand.
Result<bool> insert_session(Transaction&, const Session&);
// Nothing where it has expired, or where what it rests on has ended.
Result<std::optional<Session>> find_session(Reader&, const Digest& cookie, Instant now);
// Whether there was one.
Result<bool> end_session(Transaction&, const Digest& cookie);

}  // namespace tegata::store
