// From filled databases of every schema version to today's: what stands afterwards, and that all of it can be read.
#include <algorithm>
#include <limits>

#include "rp/store/audit/log.h"
#include "rp/store/directory.h"
#include "rp/store/engine/integrity.h"
#include "rp/store/facility_changes.h"
#include "rp/store/mynumber_link.h"
#include "rp/store/notices.h"
#include "rp/store/own_passes.h"
#include "rp/store/phones.h"
#include "rp/store/registration_numbers.h"
#include "rp/store/revocation_lists.h"
#include "rp/store/signing_keys.h"
#include "rp/store/tickets.h"
#include "tests/unit/store/filled.h"

namespace tegata::test {
namespace {

struct MigratedWorld : World {
  explicit MigratedWorld(std::int64_t from) : World([](store::Options&) {}), version(from) {
    close();
    for (const char* tail : {"", ".audit-head", ".epoch"}) std::filesystem::remove(options.database + tail);
    std::filesystem::remove(options.audit_key);
    make_filled(options, version, clock.now(), random);
    before = content_of(options.database);
    reopen();
    close();
    after = content_of(options.database);
  }

  const std::int64_t version;
  Content before, after;
};

// What the steps change, and from which version on they do not any more. Everything else stays as it is.
const std::map<std::string, std::int64_t> changed_before = {
    {"schema_version.version", std::numeric_limits<std::int64_t>::max()},
    {"handoff.state", 19},
    {"handoff.reason", 19},
    {"handoff.roles", 18},
    {"audit.mac", 21},
    {"meta.name", std::numeric_limits<std::int64_t>::max()},  // a start adds the mark of store/audit/epoch.h
    {"meta.value", std::numeric_limits<std::int64_t>::max()},
};
// Tables whose rows a step takes away, and the version that does it.
const std::map<std::string, std::int64_t> emptied_by = {{"session", 19}, {"card_login", 19}};

std::string table_in(const std::string& full) { return full.substr(0, full.find('.')); }

// A new table that the generator leaves empty is found here.
void check_filled(const MigratedWorld& world) {
  for (const auto& [full, values] : world.before) {
    INFO(full);
    if (table_in(full) != "audit_checkpoint") CHECK_FALSE(values.empty());
  }
}

bool was_changed(const std::string& full, std::int64_t version) {
  const auto known = changed_before.find(full);
  return known != changed_before.end() && version < known->second;
}

void check_kept(const MigratedWorld& world) {
  for (const auto& [full, values] : world.before) {
    INFO(full);
    const auto now = world.after.find(full);
    const auto emptied = emptied_by.find(table_in(full));
    if (emptied != emptied_by.end() && world.version < emptied->second) {
      if (now != world.after.end()) CHECK(now->second.empty());
    } else if (now != world.after.end() && !was_changed(full, world.version)) {
      CHECK(now->second == values);
    }
  }
}

// Columns that are gone are those of cards, which are rows of `basis` since.
void check_gone(const MigratedWorld& world) {
  std::set<std::string> gone;
  for (const auto& [full, values] : world.before) {
    if (!world.after.contains(full)) gone.insert(table_in(full) == "credential_card" ? "credential_card" : full);
  }
  for (const auto& each : gone) {
    INFO(each);
    CHECK((each == "credential_card" || each.ends_with(".card_issuer") || each.ends_with(".card_serial")));
    CHECK(world.version < 19);
  }
}

void check_steps(const MigratedWorld& world) {
  const auto& after = world.after;
  const auto& marks = after.at("meta.name");
  CHECK(std::count(marks.begin(), marks.end(), "'is_copy'") == 1);
  if (world.version < 8) CHECK(after.at("pass.client_certificate") == after.at("pass.certificate"));
  if (world.version < 18) {
    CHECK(after.at("pass.scopes") == std::vector<std::string>(3, "'[\"openid\",\"hpki.sign\"]'"));
    CHECK(after.at("pass.roles") == std::vector<std::string>(3, "'[\"Dentist\"]'"));
    CHECK(after.at("handoff.roles")[0] == "'[\"Medical Doctor\"]'");
  }
  if (world.version >= 19) return;
  CHECK(after.at("handoff.state")[3] == "'cancelled'");
  CHECK(after.at("handoff.reason")[3] == "'ticket_session_ended'");
  for (const std::size_t row : {0, 1, 2, 4, 5})
    CHECK(after.at("handoff.state")[row] == world.before.at("handoff.state")[row]);
  for (const auto& basis : after.at("credential.basis")) CHECK(basis != "NULL");
}

template <typename T>
std::size_t read_all(World& world, Result<std::vector<T>> (*list)(store::Reader&)) {
  return world.read<std::vector<T>>([&](store::Reader& reader) { return list(reader); }).size();
}

void check_people(World& world) {
  const auto people = world.read<std::vector<store::Practitioner>>(
      [](store::Reader& reader) { return store::list_practitioners(reader); });
  CHECK(people.size() == filled_rows);
  for (const auto& person : people) {
    world.read<bool>([&](store::Reader& reader) -> Result<bool> {
      TEGATA_TRY(store::find_mail(reader, person.id));
      TEGATA_TRY(store::list_cards(reader, person.id));
      TEGATA_TRY(store::list_number_pairs(reader, person.id));
      TEGATA_TRY(store::find_mynumber_link(reader, person.id));
      TEGATA_TRY(store::audit::list_phone_events(reader, person.id, 10));
      TEGATA_TRY(store::live_passes_of_practitioner(reader, person.id, from_unix_seconds(0)));
      TEGATA_ASSIGN(const auto phones, store::list_credentials(reader, person.id));
      for (const auto& phone : phones) TEGATA_TRY(store::find_credential_ever(reader, phone.record.id));
      return true;
    });
  }
}

void check_requests(World& world) {
  for (int row = 1; row <= filled_rows; ++row) {
    world.read<bool>([&](store::Reader& reader) -> Result<bool> {
      TEGATA_ASSIGN(const auto found, store::find_handoff(reader, "handoff.id " + std::to_string(row)));
      CHECK(found);
      TEGATA_ASSIGN(const auto status,
                    store::pass_status(reader, "pass.jti " + std::to_string(row), world.clock.now()));
      CHECK(status.has_value() == (row % 2 == 1));
      TEGATA_TRY(store::find_pass(reader, "pass.jti " + std::to_string(row)));
      return true;
    });
  }
}

// Every operation that lists or finds, on whatever there is.
void check_readable(World& world) {
  check_people(world);
  check_requests(world);
  CHECK(read_all(world, store::list_facilities) == filled_rows);
  CHECK(read_all(world, store::list_all_clients) == filled_rows);
  for (int row = 1; row <= filled_rows; ++row) {
    world.read<bool>([&](store::Reader& reader) -> Result<bool> {
      TEGATA_TRY(store::list_client_certificates(reader, "client.client_id " + std::to_string(row)));
      TEGATA_TRY(store::list_former_codes(reader, "facility.code " + std::to_string(row)));
      return true;
    });
  }
  read_all(world, store::list_revocation_lists);
  read_all(world, store::list_signing_keys);
  read_all(world, store::list_letter_orders);
  world.read<bool>([&](store::Reader& reader) -> Result<bool> {
    TEGATA_TRY(store::list_notices(reader, 0, 100));
    TEGATA_TRY(store::list_mynumber_links(reader));
    TEGATA_TRY(store::list_tickets(reader, {}, world.clock.now(), 100));
    TEGATA_ASSIGN(const auto log, store::audit::list_audit(reader, 1, 100));
    CHECK(log.size() == filled_rows);
    return true;
  });
}

void check_whole(const World& world) {
  const auto whole = store::engine::verify_integrity(world.options, store::engine::Depth::whole);
  INFO((whole ? std::string() : whole.error().detail()));
  CHECK(whole);
  const auto verdict = store::audit::verify_audit(world.options);
  INFO((verdict ? std::string() : verdict.error().detail()));
  REQUIRE(verdict);
  CHECK(verdict->records == filled_rows);
  CHECK(verdict->signed_records == filled_rows);
}

}  // namespace

TEST_CASE("filled databases of every schema version are taken over whole, and a second start changes nothing") {
  for (std::int64_t version = 1; version <= newest_version(); ++version) {
    INFO("schema version " << version);
    MigratedWorld world(version);
    check_filled(world);
    check_kept(world);
    check_gone(world);
    check_steps(world);
    check_whole(world);
    world.reopen();
    world.close();
    CHECK(content_of(world.options.database) == world.after);
    world.reopen();
    check_readable(world);
    CHECK(does(world, [](store::Transaction&) -> Result<bool> { return true; }));
  }
}

}  // namespace tegata::test
