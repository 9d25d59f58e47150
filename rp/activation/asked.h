// What an EHR asks for, however it asks: the parameters that the three ways share.
#pragma once

#include "rp/activation/client_authentication.h"

namespace tegata::activation {

// Within bounds; not yet held against what the client may ask for.
struct Asked {
  std::string scope;
  std::string audience;  // empty: the client's default
  std::string login_hint, terminal_id, terminal_name, acr_values;
};
// Error: activation_request_malformed.
Result<Asked> parse_asked(const Form&);

// Fills in the default audience. Errors: activation_client_not_allowed, activation_scope_not_allowed,
// activation_target_not_allowed, activation_acr_unknown.
Result<Asked> verify_asked(Asked, const store::Client&);

// The words of a list: one space stands between two, any other leaves a word that is empty.
std::vector<std::string> words(const std::string& text);
bool contains(const std::vector<std::string>& all, std::string_view one);
// VSCHAR of RFC 6749 appendix A: what is handed back or compared, and shown to nobody.
bool is_words(const std::string& text);

// Of acr_values: whether nothing less than a hardware-protected key will do.
bool demands_hardware(const std::string& acr_values);

// A new activation of that client, with the parameters and an id; secret, codes and number are the caller's.
store::Handoff make_activation(const Services&, const store::Client&, const Asked&, Instant now);

}  // namespace tegata::activation
