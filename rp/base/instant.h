// Moments on the one UTC clock of the server, to the millisecond.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "rp/base/result.h"

namespace tegata {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

// "2026-11-20T00:15:02.123Z" (RFC 3339). Reading takes any offset and up to nine decimals, the
// rest cut off. Error: instant_malformed.
std::string format_rfc3339(Instant instant);
Result<Instant> parse_rfc3339(std::string_view text);

// "2026-11-20": the calendar date in Japan (UTC+9, no summer time).
std::string japan_date(Instant instant);
// "2026-11-20 09:15:02", Japan time.
std::string japan_time(Instant instant);

// Milliseconds and whole seconds since 1970-01-01T00:00:00Z.
std::int64_t unix_milliseconds(Instant instant);
std::int64_t unix_seconds(Instant instant);
Instant from_unix_milliseconds(std::int64_t milliseconds);
Instant from_unix_seconds(std::int64_t seconds);

}  // namespace tegata
