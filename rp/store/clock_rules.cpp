#include "rp/store/clock_rules.h"

#include "rp/store/engine/errors.h"

namespace tegata::store {
namespace {

using std::chrono::milliseconds;

// Slewing moves the two clocks apart by less, and a rewritten row is a rewritten page.
constexpr std::chrono::seconds written_from{1};

ClockMark read_clock_row(engine::Row& row) {
  ClockMark out;
  out.highest = row.instant();
  out.boot = row.integer();
  out.ahead = milliseconds(row.integer());
  return out;
}

Error clock_is_behind(Instant now, Instant least) {
  return Error(
      errors::store_clock_behind,
      "the clock says " + format_rfc3339(now) + ", and it must be " + format_rfc3339(least) +
          " or later. Set the clock; where it is right, `tegata clock repair --date TODAY --reason ...` goes on "
          "from here");
}

Error clock_is_ahead(Instant now, const std::string& why) {
  return Error(
      errors::store_clock_ahead,
      "the clock says " + format_rfc3339(now) + ", " + why +
          ". Set the clock; where it is right, `tegata clock repair --date TODAY --reason ...` goes on from here");
}

Status put_mark(engine::Connection& connection, const char* name, std::int64_t value) {
  TEGATA_TRY(connection.run("UPDATE meta SET value = :value WHERE name = :name", {{":value", value}, {":name", name}}));
  return {};
}

}  // namespace

ClockMark read_clock(const Clock& clock) {
  const auto now = clock.now();
  return {now, clock.boot(), now.time_since_epoch() - clock.monotonic()};
}

Result<ClockMark> read_clock_mark(engine::Connection& connection) {
  TEGATA_ASSIGN(const auto found, connection.find<ClockMark>(
                                      "SELECT h.value, b.value, a.value FROM meta h, meta b, meta a WHERE "
                                      "h.name = 'highest_now' AND b.name = 'clock_boot' AND a.name = 'clock_ahead'",
                                      {}, read_clock_row));
  if (!found) return connection.damage("the highest committed moment is missing");
  return *found;
}

Status write_clock_mark(engine::Connection& connection, const ClockMark& stored, const ClockMark& mark) {
  if (mark.highest != stored.highest) TEGATA_TRY(put_mark(connection, "highest_now", unix_milliseconds(mark.highest)));
  if (mark.boot == stored.boot && std::chrono::abs(mark.ahead - stored.ahead) < written_from) return {};
  TEGATA_TRY(put_mark(connection, "clock_boot", mark.boot));
  return put_mark(connection, "clock_ahead", mark.ahead.count());
}

ExpectedTime expected_time(const ClockMark& mark, const ClockMark& read) {
  if (mark.boot == 0 || mark.boot != read.boot) return {mark.highest, false};
  return {std::max(mark.highest, read.highest - read.ahead + mark.ahead), true};
}

Result<ClockMark> next_mark(const ClockMark& mark, const ClockMark& read) {
  const auto now = read.highest;
  const auto expected = expected_time(mark, read);
  if (now + clock_tolerance < mark.highest) return clock_is_behind(now, mark.highest);
  if (expected.exact && now + clock_step < expected.least) return clock_is_behind(now, expected.least);
  if (expected.exact && now > expected.least + clock_step) {
    return clock_is_ahead(now, "and by what has passed since the last commit it is " + format_rfc3339(expected.least));
  }
  if (!expected.exact && mark.highest > Instant{} && now > mark.highest + clock_gap) {
    return clock_is_ahead(now,
                          "and the last commit was at " + format_rfc3339(mark.highest) + ", more than 31 days before");
  }
  return ClockMark{std::max(now, mark.highest), read.boot, read.ahead};
}

Result<Instant> moment(Reader& reader, const Clock& clock, Purpose purpose) {
  TEGATA_ASSIGN(const auto mark, read_clock_mark(reader.connection()));
  const auto read = read_clock(clock);
  const auto next = next_mark(mark, read);
  if (next) return next->highest;
  if (purpose == Purpose::take_away) return expected_time(mark, read).least;
  return next.error();
}

}  // namespace tegata::store
