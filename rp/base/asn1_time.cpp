#include "rp/base/asn1_time.h"

#include <openssl/asn1.h>

#include "rp/base/errors.h"

namespace tegata {

Result<Instant> parse_utc_time(std::string_view text) {
  const bool of_last_century = !text.empty() && text.front() >= '5';
  return parse_generalized_time((of_last_century ? "19" : "20") + std::string(text));
}

Result<Instant> parse_generalized_time(std::string_view text) {
  if (text.size() != 15 || text.back() != 'Z') return Error(errors::instant_malformed);
  const auto part = [&](std::size_t at, std::size_t size) { return std::string(text.substr(at, size)); };
  return parse_rfc3339(part(0, 4) + "-" + part(4, 2) + "-" + part(6, 2) + "T" + part(8, 2) + ":" + part(10, 2) + ":" +
                       part(12, 3));
}

Result<Instant> instant_of(const asn1_string_st* time) {
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(time)),
                              static_cast<std::size_t>(ASN1_STRING_length(time)));
  return ASN1_STRING_type(time) == V_ASN1_GENERALIZEDTIME ? parse_generalized_time(text) : parse_utc_time(text);
}

}  // namespace tegata
