// What a client would like to get (RFC 9110 section 12): Accept and Accept-Language, read by one reader over all of
// their lines. An element outside the grammar is passed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rp/http/http.h"

namespace tegata::http {

// The lines of a field, in their order.
std::vector<std::string_view> field_lines(const Request&, const std::string& lower_case_name);

// Whether If-None-Match names that tag (RFC 9110 section 13.1.2: a list, compared weakly, or "*").
bool has_entity_tag(const Request&, std::string_view tag);

// An element of such a list with its weight (RFC 9110 section 12.4.2).
struct Weighted {
  std::string value;        // in lower case
  bool parameters = false;  // it has some besides the weight: it means a variant that we do not have
  int quality = 1000;       // in thousandths; 0: not wanted
};
std::vector<Weighted> weighted_list(const Request&, const std::string& lower_case_name);

// How much a media type is wanted: by the most specific range that it matches (RFC 9110 section 12.5.1). Without the
// field everything is.
struct Wish {
  int quality = 0;
  bool by_name = false;  // by its whole name, not by a range
};
Wish wish_for(const Request&, std::string_view media_type);

// Of "ja" and "en" what Accept-Language wants more, the first of equals (RFC 9110 section 12.5.4); "ja" where it says
// nothing of the two.
std::string wanted_language(const Request&);

}  // namespace tegata::http
