// Media types, as HTTP's fields and JOSE's headers write them. One reader for all of them: letters' case never counts,
// and what is outside the grammar is no media type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tegata {

// A value with parameters (RFC 9110 section 5.6.6), for example `a/b; q=0.5; title="x, y"`. Names are in lower case,
// values without their quotes; each name stands once (RFC 6838 section 4.3).
struct Parameterized {
  std::string value;  // in lower case, without the white space around it; empty where none stands there
  std::vector<std::pair<std::string, std::string>> parameters;
};
// Nothing where the parameters are outside the grammar.
std::optional<Parameterized> parse_parameterized(std::string_view text);

// "application/json" of a Content-Type field (RFC 9110 section 8.3.1): type and subtype in lower case, without the
// parameters, which must be in the grammar all the same. A range of Accept is one, too. Nothing where it is none.
std::optional<std::string> media_type_of(std::string_view text);

// Whether `typ` (or `cty`) of a JOSE header is `application/` and `expected`, with or without that prefix (RFC 7515
// sections 4.1.9 and 4.1.10). REQUIRES: no slash in `expected`.
bool is_jose_type(std::string_view typ, std::string_view expected);

// The elements of fields that are lists (RFC 9110 section 5.6.1), over all of their lines. Commas in quotes part
// nothing; empty elements are left out.
std::vector<std::string_view> list_elements(const std::vector<std::string_view>& lines);

}  // namespace tegata
