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
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(c.date.year()),
                static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()));
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

  // One of these characters.
  bool take(std::string_view any) {
    if (rest_.empty() || any.find(rest_[0]) == any.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(std::string_view any) {
    if (!take(any)) ok_ = false;
  }

  int number_up_to(int most) {
    const int value = number(2);
    if (value > most) ok_ = false;
    return value;
  }

  int decimals_as_milliseconds() {
    int value = 0;
    int digits = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; rest_.remove_prefix(1), ++digits) {
      if (digits < 3) value = value * 10 + (rest_[0] - '0');
    }
    if (digits == 0) ok_ = false;
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

// rfc3339#section-5.6: time-offset, of less than a day.
minutes read_offset(Fields& fields) {
  if (fields.take("Zz")) return minutes(0);
  const int sign = fields.take("-") ? -1 : 1;
  if (sign > 0) fields.expect("+");
  const hours whole(fields.number_up_to(23));
  fields.expect(":");
  return sign * (whole + minutes(fields.number_up_to(59)));
}

// What can be written again: the years 0000 to 9999.
bool has_four_digits(Instant instant) {
  const int y = static_cast<int>(year_month_day(floor<days>(instant)).year());
  return y >= 0 && y <= 9999;
}

// rfc3339#section-5.7: a second 60 stands at the end of June or December alone. This clock has none; it is the first
// second of the next day.
bool may_follow_second_60(Instant instant) {
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  return floor<seconds>(instant) == day && date.day() == std::chrono::day(1) &&
         (date.month() == January || date.month() == July);
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
  fields.expect("-");
  const month m{static_cast<unsigned>(fields.number(2))};
  fields.expect("-");
  const day d{static_cast<unsigned>(fields.number(2))};
  fields.expect("Tt");
  const hours h(fields.number_up_to(23));
  fields.expect(":");
  const minutes min(fields.number_up_to(59));
  fields.expect(":");
  const seconds s(fields.number_up_to(60));
  const milliseconds ms(fields.take(".") ? fields.decimals_as_milliseconds() : 0);
  const auto offset = read_offset(fields);
  const year_month_day date{y, m, d};
  if (!fields.finished() || !date.ok()) return Error(errors::instant_malformed);
  const Instant instant = Instant(sys_days(date)) + h + min + s + ms - offset;
  if (!has_four_digits(instant) || (s == seconds(60) && !may_follow_second_60(instant)))
    return Error(errors::instant_malformed);
  return instant;
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
