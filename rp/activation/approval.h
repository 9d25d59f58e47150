// Approving an activation: by a phone that scanned, or in the browser that began it, with a key or with a card. What
// proves the person is judged, and one transaction does the rest.
#pragma once

#include "rp/activation/phone.h"
#include "rp/store/practitioners.h"
#include "rp/webauthn/authentication.h"

namespace tegata::activation {

// The page session that a card log-in ends in.
inline constexpr const char* page_session_cookie = "__Host-tegata-session";

// From where an approval comes.
struct Place {
  std::function<Result<store::Handoff>(store::Reader&)> find;
  // The browser that began it, which needs no scan, and the digest of the cookie that it has from the approval on;
  // absent for a phone, which owns the request by its scan. Whoever knew the former cookie cannot finish what this
  // browser approved.
  std::optional<Digest> renewed;
};

// What the person answered besides the proof.
struct Answers {
  std::optional<std::string> number;  // as typed from the other screen; absent where there is one screen alone
  std::optional<std::string> role;    // chosen, where the second certificate has several
};

// Gives the roles to choose from where the person has several and chose none: {"state": "role", "roles": [...]}.
// Nothing has happened then; the same proof is sent again with the role.
Result<Json> approve_with_key(const Services&, const http::Request&, const Place&, const Answers&,
                              const webauthn::AuthenticationResponse&);

// By the session of a card log-in that was begun for this very request; it ends with it.
// Errors: activation_card_missing, activation_other_person, those of standing.
Result<Json> approve_with_card(const Services&, const http::Request&, const Place&, const Answers&,
                               const Digest& session);

// 200. Where the body says that a person approved, limits know the browser by that person from now on.
http::Response approval_answer(const Services&, const Json& body);
// Until the signature has verified, the caller is a stranger who learns nothing about persons or keys.
http::Response approval_refusal(const http::Request&, const Error&);

// POST {public}/api/activation/approve
http::Response approve(const Services&, const http::Request&);

}  // namespace tegata::activation
