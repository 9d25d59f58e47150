// A database of schema 14, from before anything knew what it rested on: what stands after the update, and on what.
#include "rp/store/basis.h"
#include "rp/store/engine/connection.h"
#include "rp/store/mynumber_link.h"
#include "rp/store/schema.h"
#include "tests/unit/store/world.h"

namespace tegata::test {
namespace {

// P1 came by card 01, which is revoked since, and by card 02; P2 by a My Number card that an operator linked. Tables
// that later steps change are filled by their columns of then.
constexpr const char* rows_of_schema_14 = R"sql(
INSERT INTO practitioner (id, user_handle, name, romaji, roles, active, second_certificate_not_after)
  VALUES ('P1', x'0101', 'n', 'n', '["Medical Doctor"]', 1, 1900000000000), ('P2', x'0202', 'n', 'n', '["Dentist"]', 1,
  1900000000000);
INSERT INTO facility (code, name, active, profile, any_active_certificate) VALUES ('1312345678', 'f', 1, 'standard', 0);
INSERT INTO client (client_id, facility_code, resource_server, active, scopes, audiences, auth_method)
  VALUES ('ehr', '1312345678', 0, 1, '["openid"]', '["https://sign.example"]', 'private_key_jwt');
CREATE TEMP TABLE phone (id BLOB, person TEXT, origin TEXT, removed_at INTEGER);
INSERT INTO phone VALUES (x'01', 'P1', 'card', NULL), (x'02', 'P1', 'card', NULL), (x'03', 'P1', 'card', 5),
  (x'04', 'P2', 'mynumber', NULL), (x'05', 'P2', 'mailed', NULL);
INSERT INTO credential (id, practitioner_id, user_handle, label, label_key, origin, created_at, last_used_facility,
    removed_at, public_key, algorithm, sign_count, uv_initialized, backup_eligible, backup_state, transports, aaguid,
    attestation_object, attestation_client_data_json, attestation_format, attestation_type, rp_id)
  SELECT id, person, CASE person WHEN 'P1' THEN x'0101' ELSE x'0202' END, hex(id), hex(id), origin, 2000, '', removed_at,
    x'00', -7, 5, 1, 0, 0, '[]', x'00', x'00', x'00', 'none', 'none', 'localhost' FROM phone;
INSERT INTO credential_card (credential_id, issuer, serial, stopped_at)
  VALUES (x'01', zeroblob(32), x'01', 3000), (x'02', zeroblob(32), x'02', NULL), (x'03', zeroblob(32), x'02', NULL);
INSERT INTO mynumber_link (practitioner_id, fingerprint, not_before, not_after, linked_at, linked_by)
  VALUES ('P2', zeroblob(32), 0, 1900000000000, 1000, 'operator');
CREATE TEMP TABLE request (id TEXT, kind TEXT, state TEXT, person TEXT, credential BLOB, serial BLOB, session BLOB);
INSERT INTO request VALUES ('by-phone', 'activation', 'closed', 'P1', x'02', NULL, NULL),
  ('by-card', 'activation', 'closed', 'P1', NULL, x'02', NULL), ('by-revoked', 'activation', 'closed', 'P1', NULL, x'01',
  NULL), ('by-link', 'activation', 'closed', 'P2', NULL, NULL, NULL), ('waiting', 'activation', 'fulfilled', 'P1', x'02',
  NULL, NULL), ('letter', 'enrollment', 'created', 'P2', NULL, NULL, NULL), ('screen', 'enrollment', 'created', 'P1', NULL,
  NULL, x'77');
INSERT INTO handoff (id, kind, state, secret, number, practitioner_id, device, reason, credential_id, created_at,
    expires_at, origin, session, user_code, client_id, facility_code, terminal_id, terminal_name, login_hint, scope,
    audience, acr_values, request, evidence, card_issuer, card_serial)
  SELECT id, kind, state, CAST(id AS BLOB) || zeroblob(32 - length(id)), '47', person, '', '', credential, 2000,
    1900000000000, CASE kind WHEN 'enrollment' THEN 'mailed' ELSE '' END, session, '',
    CASE kind WHEN 'activation' THEN 'ehr' END, CASE kind WHEN 'activation' THEN '1312345678' END, '', '', '', 'openid',
    'https://sign.example', '', '{}', '{"hardware":false}', CASE WHEN serial IS NOT NULL THEN zeroblob(32) END, serial
  FROM request;
INSERT INTO pass (jti, handoff_id, practitioner_id, client_id, facility_code, audience, certificate, credential_id, claims,
    issued_at, expires_at, revoked_why, card_issuer, card_serial)
  SELECT 'pass ' || id, id, person, 'ehr', '1312345678', 'https://sign.example', zeroblob(32), COALESCE(credential, x''),
    '{"scope":"openid"}', 1795545000000, 1900000000000, '', CASE WHEN serial IS NOT NULL THEN zeroblob(32) END, serial
  FROM request WHERE state = 'closed';
INSERT INTO session (cookie, practitioner_id, purpose, method, card, expires_at)
  VALUES (x'77', 'P1', 'enrol', 'card', '{}', 1900000000000);
DROP TABLE phone;
DROP TABLE request;
)sql";

struct OldWorld : World {
  OldWorld()
      : World([](store::Options& made) {
          const auto opened = put_old_database(made, 14);
          const auto filled = opened->script(rows_of_schema_14);
          INFO((filled ? std::string() : filled.error().detail()));
          REQUIRE(filled);
        }) {}

  // The kinds that a phone, a pass or a request rests on, from the nearest to the root; an ended one in brackets.
  std::string below(const std::string& table, const std::string& where) {
    return read<std::string>([&](store::Reader& reader) -> Result<std::string> {
      TEGATA_ASSIGN(const auto basis, reader.connection().find<std::int64_t>(
                                          "SELECT COALESCE(basis, 0) FROM " + table + " WHERE " + where, {},
                                          store::engine::read_integer));
      TEGATA_ASSIGN(const auto way, store::bases_below(reader, basis.value_or(0)));
      std::string out;
      for (const auto& each : way) {
        const std::string kind = store::name(each.kind);
        out += (out.empty() ? "" : " ") + (each.ended_at ? "[" + kind + "]" : kind);
      }
      return out;
    });
  }
  std::string pass_is(const std::string& handoff) {
    const auto status = read<std::optional<store::PassStatus>>(
        [&](store::Reader& reader) { return store::pass_status(reader, "pass " + handoff, clock.now()); });
    REQUIRE(status);
    return status->active ? "active" : status->reason;
  }
};

}  // namespace

TEST_CASE("a database of schema 14 is taken over: everything finds what it rests on, or stands on nothing") {
  OldWorld world;
  const auto broken = world.read<std::vector<std::string>>([](store::Reader& reader) {
    return reader.connection().list<std::string>("SELECT \"table\" FROM pragma_foreign_key_check", {},
                                                 store::engine::read_text);
  });
  CHECK(broken.empty());
  CHECK(world.below("credential", "id = x'01'") == "[phone] [card]");
  CHECK(world.below("credential", "id = x'02'") == "phone card");
  CHECK(world.below("credential", "id = x'03'") == "[phone] card");
  CHECK(world.below("credential", "id = x'04'") == "phone mynumber");
  CHECK(world.below("credential", "id = x'05'") == "phone");
  CHECK(world.below("handoff", "id = 'waiting'") == "phone card");
  CHECK(world.below("handoff", "id = 'letter'") == "letter");
  CHECK(world.below("pass", "jti = 'pass by-card'") == "card");
  CHECK(world.pass_is("by-phone") == "active");
  CHECK(world.pass_is("by-card") == "active");
  CHECK(world.pass_is("by-link") == "active");
  CHECK(world.pass_is("by-revoked") == "right_basis_ended");
  CHECK(does(world, [](store::Transaction& transaction) {
    return store::advance(transaction, handoff::Kind::enrollment, "letter", handoff::Event::claim);
  }));
  CHECK(refuses(world, [](store::Transaction& transaction) {
    return store::advance(transaction, handoff::Kind::enrollment, "screen", handoff::Event::claim);
  }));
}

TEST_CASE("what was taken over from schema 14 ends with what it rests on") {
  OldWorld world;
  const auto ended = world.write<store::Ended>([](store::Transaction& transaction) -> Result<store::Ended> {
    TEGATA_ASSIGN(const auto card, store::basis_of_card(transaction, {Digest{}, {0x02}}, "P1"));
    return store::end_basis(transaction, card.value_or(0), "activation_card_revoked", store::Reach::everything);
  });
  CHECK(ended.phones.size() == 1);
  CHECK(ended.passes == 2);
  CHECK(ended.requests == 1);
  CHECK(world.pass_is("by-link") == "active");
  CHECK(refuses(world, [](store::Transaction& transaction) -> Result<bool> {
    TEGATA_ASSIGN(const auto card, store::basis_of_card(transaction, {Digest{}, {0x01}}, "P1"));
    return card.has_value();
  }));
  CHECK(world
            .write<std::optional<store::EndedWithLink>>([](store::Transaction& transaction) {
              return store::remove_mynumber_link(transaction, "P2", "mynumber_unlinked");
            })
            ->ended.passes == 1);
  CHECK(world.pass_is("by-link") == "store_pass_revoked");
}

}  // namespace tegata::test
