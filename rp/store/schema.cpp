#include "rp/store/schema.h"

#include "rp/store/engine/errors.h"
#include "rp/store/migrations/migrations.h"

namespace tegata::store {
namespace {

std::int64_t read_version(engine::Row& row) { return row.integer(); }

Status step_up(engine::Connection& connection, std::int64_t version) {
  TEGATA_TRY(connection.script(migrations::step_from(static_cast<std::size_t>(version))));
  TEGATA_TRY(connection.run("DELETE FROM schema_version"));
  TEGATA_TRY(connection.run("INSERT INTO schema_version (version) VALUES (:version)", {{":version", version + 1}}));
  return {};
}

constexpr auto newest = static_cast<std::int64_t>(migrations::newest);

// 0: no tables yet.
Result<std::int64_t> version_of(engine::Connection& connection) {
  TEGATA_ASSIGN(const auto there, connection.find<std::int64_t>(
                                      "SELECT 1 FROM sqlite_master WHERE name = 'schema_version'", {}, read_version));
  if (!there) return 0;
  TEGATA_ASSIGN(const auto found,
                connection.find<std::int64_t>("SELECT version FROM schema_version", {}, read_version));
  if (found.value_or(0) <= newest) return found.value_or(0);
  return Error(errors::store_schema_newer, "the database has version " + std::to_string(*found) +
                                               ", and this program knows " + std::to_string(newest) +
                                               ": it was written by a later one");
}

}  // namespace

Result<bool> is_up_to_date(engine::Connection& connection) {
  TEGATA_ASSIGN(const auto version, version_of(connection));
  return version == newest;
}

Status migrate_in_transaction(engine::Connection& connection, std::optional<std::int64_t> wanted) {
  TEGATA_ASSIGN(const auto found, version_of(connection));
  TEGATA_TRY(connection.script("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"));
  for (auto version = found; version < wanted.value_or(newest); ++version) TEGATA_TRY(step_up(connection, version));
  return {};
}

Status migrate(engine::Connection& connection, std::optional<std::int64_t> version) {
  // Immediate, so that two processes that start at once do not both migrate.
  TEGATA_TRY(connection.run("BEGIN IMMEDIATE"));
  auto done = migrate_in_transaction(connection, version);
  if (!done) {
    if (connection.in_transaction()) TEGATA_TRY(connection.run("ROLLBACK"));
    return done;
  }
  TEGATA_TRY(connection.run("COMMIT"));
  return {};
}

}  // namespace tegata::store
