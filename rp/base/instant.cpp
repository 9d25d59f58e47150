#include "rp/base/instant.h"

#include <cstdio>

#include "rp/base/errors.h"

namespace tegata {
namespace {

using namespace std::chrono;

constexpr hours japan_offset{9};

struct Civil {
  year_month_day date;
  hh_mm_ss<milliseconds> time;
};

Civil civil(Instant instant) {
  const auto day = floor<days>(instant);
  return {year_month_day(day), hh_mm_ss<milliseconds>(instant - day)};
}

std::string print_date(const Civil& c) {
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(c.date.year()), static_cast<unsigned>(c.date.month()),
                static_cast<unsigned>(c.date.day()));
  return out;
}

std::string print_time(const Civil& c) {
  char out[32];
  std::snprintf(out, sizeof out, "%02d:%02d:%02d", static_cast<int>(c.time.hours().count()),
                static_cast<int>(c.time.minutes().count()), static_cast<int>(c.time.seconds().count()));
  return out;
}

// Reads fixed-width decimal fields off the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  int number(std::size_t width) {
    if (rest_.size() < width) return fail();
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }

  bool take(char c) {
    if (rest_.empty() || (rest_[0] != c && rest_[0] != c + ('a' - 'A'))) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) ok_ = false;
  }

  int decimals_as_milliseconds() {
    int value = 0;
    int digits = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1), ++digits) {
      if (digits < 3) value = value * 10 + (rest_[0] - '0');
    }
    if (digits == 0 || digits > 9) ok_ = false;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }

  bool finished() const { return ok_ && rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

minutes read_offset(Fields& fields) {
  if (fields.take('Z')) return minutes(0);
  const int sign = fields.take('-') ? -1 : 1;
  if (sign > 0) fields.expect('+');
  const int offset_hours = fields.number(2);
  fields.expect(':');
  return sign * (hours(offset_hours) + minutes(fields.number(2)));
}

}  // namespace

std::string format_rfc3339(Instant instant) {
  const auto c = civil(instant);
  char decimals[8];
  std::snprintf(decimals, sizeof decimals, ".%03dZ", static_cast<int>(c.time.subseconds().count()));
  return print_date(c) + "T" + print_time(c) + decimals;
}

Result<Instant> parse_rfc3339(std::string_view text) {
  Fields fields(text);
  const year y{fields.number(4)};
  fields.expect('-');
  const month m{static_cast<unsigned>(fields.number(2))};
  fields.expect('-');
  const day d{static_cast<unsigned>(fields.number(2))};
  fields.expect('T');
  const int h = fields.number(2);
  fields.expect(':');
  const int min = fields.number(2);
  fields.expect(':');
  const int s = fields.number(2);
  const int ms = fields.take('.') ? fields.decimals_as_milliseconds() : 0;
  const auto offset = read_offset(fields);
  const year_month_day date{y, m, d};
  if (!fields.finished() || !date.ok() || h > 23 || min > 59 || s > 59) return Error(errors::instant_malformed);
  return Instant(sys_days(date)) + hours(h) + minutes(min) + seconds(s) + milliseconds(ms) - offset;
}

std::string japan_date(Instant instant) { return print_date(civil(instant + japan_offset)); }

std::string japan_time(Instant instant) {
  const auto c = civil(instant + japan_offset);
  return print_date(c) + " " + print_time(c);
}

std::int64_t unix_milliseconds(Instant instant) { return instant.time_since_epoch().count(); }
std::int64_t unix_seconds(Instant instant) { return floor<seconds>(instant).time_since_epoch().count(); }
Instant from_unix_milliseconds(std::int64_t value) { return Instant(milliseconds(value)); }
Instant from_unix_seconds(std::int64_t value) { return Instant(seconds(value)); }

}  // namespace tegata
