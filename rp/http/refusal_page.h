// A refusal for whoever opened an address, and has no page of ours that could show it.
#pragma once

#include "rp/http/http.h"

namespace tegata::http {

// Whether a person's browser goes to this address, rather than that a page calls it.
bool is_opened(const Request&);

// In both languages, with the number, the reference and the way to the first page.
Response refusal_page(const Request&, const Error&);

}  // namespace tegata::http
