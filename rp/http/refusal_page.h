// A refusal for whoever opened an address, and has no page of ours that could show it.
#pragma once

#include "rp/http/http.h"

namespace tegata::http {

// Whether a person's browser goes to this address, rather than that a page calls it.
bool is_opened(const Request&);

// In both languages, with the number and the reference. `first_page`: where to begin again; the origins of cards, which
// have no such page, offer none unless they are told.
Response refusal_page(const Request&, const Error&, const std::string& first_page = {});

}  // namespace tegata::http
