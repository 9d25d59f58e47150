#include "tests/unit/store/filled.h"

#include <fstream>

#include "rp/store/audit/record.h"
#include "rp/store/schema.h"

namespace tegata::test {
namespace {

struct FilledColumn {
  std::string name, type;
  bool may_be_empty = false;
  std::string parent;  // "table.column" that it refers to, or nothing
};

using ByName = std::map<std::string, std::vector<std::string>>;

// What a column means, where its type does not say it: one value for each row, in SQL, from the first on again.
const ByName meanings = {
    {"handoff.kind", {"'activation'", "'enrollment'"}},
    {"handoff.state", {"'fulfilled'", "'created'", "'closed'", "'claimed'", "'created'", "'confirmed'"}},
    {"handoff.flow", {"'device'", "'code'", "'ciba'"}},
    {"handoff.origin", {"''", "'mailed'", "''", "'card'", "''", "'portal'"}},
    {"handoff.session", {"NULL", "NULL", "NULL", "zeroblob(32)", "NULL", "NULL"}},
    {"handoff.number", {"'47'"}},
    {"handoff.reason", {"''"}},
    {"handoff.evidence", {"'{\"hardware\":false,\"role\":\"Medical Doctor\"}'", "'{}'"}},
    {"handoff.user_code", {"'AAAA-GHJK-47'", "''", "'BBBB-GHJK-47'", "''", "'CCCC-GHJK-47'", "''"}},
    {"pass.claims", {"'{\"scope\":\"openid hpki.sign\",\"hpki_role\":[\"Dentist\"],\"acr\":\"phr\"}'"}},
    {"pass.revoked_why", {"''"}},
    {"facility.profile", {"'standard'", "'strict'"}},
    {"facility.day_cut_off", {"NULL", "'19:00'"}},
    {"client.auth_method", {"'tls_client_auth'", "'private_key_jwt'"}},
    {"client_certificate.origin", {"'registered'", "'issued'"}},
    {"credential.origin", {"'card'", "'mynumber'", "'mailed'"}},
    {"credential.algorithm", {"-7", "-8"}},
    {"mynumber_link.linked_by", {"'card'", "'operator'"}},
    {"ticket_try.outcome", {"'open'", "'wrong'", "'right'"}},
    {"basis.kind", {"'card'", "'mynumber'", "'phone'", "'letter'", "'number'"}},
    {"basis.rests_on", {"NULL", "1", "2", "NULL", "NULL", "NULL"}},
    {"start_record.method", {"'card'", "'mynumber'"}},
    {"start_record.purpose", {"'enrol'", "'devices'"}},
};
// What holds JSON, in whichever table.
const ByName json_columns = {
    {"roles", {"'[\"Medical Doctor\",\"Dentist\"]'"}},
    {"scopes", {"'[\"openid\"]'"}},
    {"audiences", {"'[\"https://sign.example\"]'"}},
    {"transports", {"'[]'", "'[\"internal\"]'"}},
    {"redirect_uris", {"'[]'", "'[\"https://ehr.example/back\"]'"}},
    {"jwks", {"'{\"keys\":[]}'"}},
    {"key_thumbprints", {"'[]'", "NULL"}},
    {"evidence", {"'{\"hardware\":true}'", "'{}'"}},
    {"details", {"'{\"a\":1}'"}},
    {"request", {"'{}'", "'{\"max_age\":60}'"}},
    {"card", {"'{}'"}},
    {"public_jwk", {"'{}'"}},
    {"material", {"'{}'"}},
    {"parameters", {"'{}'"}},
};
// References that are none of the schema.
const std::map<std::string, std::string> meant_references = {
    {"credential.user_handle", "practitioner.user_handle"},
    {"pass.practitioner_id", "practitioner.id"},
    {"pass.credential_id", "credential.id"},
    {"pass.client_id", "client.client_id"},
    {"pass.facility_code", "facility.code"},
    {"handoff.credential_id", "credential.id"},
    {"handoff.client_id", "client.client_id"},
    {"handoff.facility_code", "facility.code"},
    {"session.practitioner_id", "practitioner.id"},
    {"basis.practitioner_id", "practitioner.id"},
    {"card_login.practitioner_id", "practitioner.id"},
    {"handoff.practitioner_id", "practitioner.id"},
};
// Whose rows are made otherwise: by the schema itself, or with the log.
const std::set<std::string> not_filled = {"meta", "schema_version", "audit", "audit_checkpoint"};

bool is_moment(const std::string& column) {
  static const std::set<std::string> moments = {"at",          "until",       "not_before", "not_after",  "since",
                                                "this_update", "next_update", "use_from",   "owner_until"};
  return moments.contains(column) || column.ends_with("_at") || column.ends_with("_not_after");
}

class Filler {
 public:
  Filler(store::engine::Connection& connection, Instant now) : connection_(connection), now_(now) {}

  void fill() {
    for (const auto& table : texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))
      if (!not_filled.contains(table)) fill(table);
  }

 private:
  std::vector<std::string> texts(const std::string& sql) {
    const auto found = connection_.list<std::string>(sql, {}, store::engine::read_text);
    REQUIRE(found);
    return *found;
  }

  std::vector<FilledColumn> columns_of(const std::string& table) {
    const auto found = connection_.list<FilledColumn>(
        "SELECT c.name, c.type, c.\"notnull\", COALESCE((SELECT f.\"table\" || '.' || f.\"to\" FROM "
        "pragma_foreign_key_list(:table) f WHERE f.\"from\" = c.name), '') FROM pragma_table_info(:table) c",
        {{":table", table}}, +[](store::engine::Row& row) {
          FilledColumn out;
          out.name = row.text();
          out.type = row.text();
          out.may_be_empty = !row.flag();
          out.parent = row.text();
          return out;
        });
    REQUIRE(found);
    return *found;
  }

  void fill(const std::string& table) {
    const auto columns = columns_of(table);
    const auto made_by = texts("SELECT sql FROM sqlite_master WHERE name = '" + table + "'").front();
    const int rows = made_by.find("CHECK (id = 1)") == std::string::npos ? filled_rows : 1;
    for (int row = 1; row <= rows; ++row) {
      // Only activations have passes.
      if (table == "pass" && row % 2 == 0) continue;
      std::string names, values;
      for (const auto& column : columns) {
        names += (names.empty() ? "" : ", ") + column.name;
        values += (values.empty() ? "" : ", ") + value(table, column, row);
      }
      const auto statement = "INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")";
      const auto done = connection_.script(statement.c_str());
      INFO(statement << (done ? std::string() : done.error().detail()));
      REQUIRE(done);
    }
  }

  static const std::string& turn(const std::vector<std::string>& all, int row) {
    return all[static_cast<std::size_t>(row - 1) % all.size()];
  }

  std::string value(const std::string& table, const FilledColumn& column, int row) {
    const auto full = table + "." + column.name;
    if (const auto known = meanings.find(full); known != meanings.end()) return turn(known->second, row);
    if (const auto json = json_columns.find(column.name); json != json_columns.end()) return turn(json->second, row);
    // An open enrollment has its person; nobody may have taken up an activation yet.
    if (full == "handoff.practitioner_id" && row == 5) return "NULL";
    const auto meant = meant_references.find(full);
    if (meant != meant_references.end()) return plain(meant->second, column.type, row);
    if (column.may_be_empty && row % 2 == 0) return "NULL";
    return plain(column.parent.empty() ? full : root_of(column.parent), column.type, row);
  }

  // What is referred to may refer to another table itself.
  std::string root_of(const std::string& full) {
    const auto dot = full.find('.');
    const auto parents = texts("SELECT \"table\" || '.' || \"to\" FROM pragma_foreign_key_list('" +
                               full.substr(0, dot) + "') WHERE \"from\" = '" + full.substr(dot + 1) + "'");
    return parents.empty() ? full : root_of(parents.front());
  }

  std::string plain(const std::string& full, const std::string& type, int row) {
    const auto column = full.substr(full.find('.') + 1);
    if (type == "BLOB") return "x'" + hex(sha256(full + std::to_string(row))) + "'";
    if (type == "TEXT")
      return row == 3 && column == "name" ? "'検証 太郎'" : "'" + full + " " + std::to_string(row) + "'";
    REQUIRE(type == "INTEGER");
    if (is_moment(column)) return std::to_string(unix_milliseconds(now_ - std::chrono::hours(row)));
    if (column == "id" || column == "number" || column == "line") return std::to_string(row);
    return std::to_string(row % 2);
  }

  store::engine::Connection& connection_;
  const Instant now_;
};

// With MACs where the table has a column for them, and in the words of the version.
class OldLog {
 public:
  OldLog(store::engine::Connection& connection, const store::Options& options, Random& random)
      : connection_(connection), options_(options) {
    REQUIRE(store::audit::AuditKey::make(options.audit_key, random));
    auto key = store::audit::AuditKey::load(options.audit_key);
    REQUIRE(key);
    key_ = std::move(*key);
    const auto there = connection.find<std::int64_t>(
        "SELECT COUNT(*) FROM pragma_table_info('audit') WHERE name = 'mac'", {}, store::engine::read_integer);
    REQUIRE(there);
    has_macs_ = there->value() == 1;
  }

  void add(std::int64_t number, Instant at) {
    store::audit::AuditRecord record;
    record.number = number;
    record.at = at;
    record.event = event(number % 2 == 0 ? "credential_registered" : "pass_issued");
    record.event.actor = "practitioner:practitioner.id 1";
    record.previous = last_;
    record.hash = last_ = store::audit::hash_of(record);
    count_ = number;
    const auto details = dump_json(record.event.details);
    const auto mac = key_->mac(record.hash);
    store::engine::Binding binding = {{":number", number},
                                      {":at", at},
                                      {":kind", record.event.kind},
                                      {":actor", record.event.actor},
                                      {":subject", record.event.subject},
                                      {":code", record.event.code},
                                      {":details", details},
                                      {":request_id", record.event.request_id},
                                      {":previous", record.previous},
                                      {":hash", record.hash}};
    if (has_macs_) binding.push_back({":mac", mac});
    const std::string names = "number, at, kind, actor, subject, code, details, request_id, previous, hash";
    const std::string values = ":number, :at, :kind, :actor, :subject, :code, :details, :request_id, :previous, :hash";
    REQUIRE(connection_.run("INSERT INTO audit (" + names + (has_macs_ ? ", mac" : "") + ") VALUES (" + values +
                                (has_macs_ ? ", :mac" : "") + ")",
                            binding));
  }

  void sign_head() {
    const std::string use = has_macs_ ? "head with macs" : "head";
    const auto text = "tegata audit " + use + "\n" + std::to_string(count_) + "\n" + hex(last_) + "\n";
    auto slot = dump_json(Json{{"count", count_}, {"hash", hex(last_)}, {"signature", base64url(key_->sign(text))}});
    slot.resize(511, ' ');
    const auto path = options_.database + ".audit-head";
    std::ofstream(path) << slot << "\n";
    std::filesystem::permissions(path, std::filesystem::perms(0600));
  }

 private:
  store::engine::Connection& connection_;
  const store::Options& options_;
  std::unique_ptr<store::audit::AuditKey> key_;
  bool has_macs_ = false;
  std::int64_t count_ = 0;
  Digest last_{};
};

}  // namespace

std::int64_t newest_version() {
  const auto connection = store::engine::Connection::open_empty();
  REQUIRE(connection);
  REQUIRE(store::migrate(**connection));
  const auto version =
      (*connection)->find<std::int64_t>("SELECT version FROM schema_version", {}, store::engine::read_integer);
  REQUIRE(version);
  return version->value();
}

void make_filled(const store::Options& options, std::int64_t version, Instant now, Random& random) {
  const auto opened = store::engine::Connection::open(options.database, store::engine::Connection::Mode::make, {});
  REQUIRE(opened);
  auto& connection = **opened;
  REQUIRE(store::migrate(connection, version));
  REQUIRE(connection.script("PRAGMA foreign_keys=OFF; BEGIN"));
  Filler(connection, now).fill();
  REQUIRE(connection.run("UPDATE meta SET value = :now WHERE name = 'highest_now'", {{":now", now}}));
  OldLog log(connection, options, random);
  for (int number = 1; number <= filled_rows; ++number) log.add(number, now - std::chrono::hours(filled_rows - number));
  REQUIRE(connection.script("COMMIT"));
  log.sign_head();
}

Content content_of(const std::string& database) {
  const auto connection = store::engine::Connection::open(database, store::engine::Connection::Mode::look, {});
  REQUIRE(connection);
  const auto columns = (*connection)
                           ->list<std::string>(
                               "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE "
                               "m.type = 'table' AND "
                               "m.name NOT LIKE 'sqlite_%'",
                               {}, store::engine::read_text);
  REQUIRE(columns);
  Content out;
  for (const auto& full : *columns) {
    const auto dot = full.find('.');
    const auto values = (*connection)
                            ->list<std::string>("SELECT quote(\"" + full.substr(dot + 1) + "\") FROM \"" +
                                                    full.substr(0, dot) + "\" ORDER BY rowid",
                                                {}, store::engine::read_text);
    REQUIRE(values);
    out[full] = *values;
  }
  return out;
}

}  // namespace tegata::test
