// Practitioners, their cards, and the phones bound to them.
#include "tests/unit/store/world.h"

using namespace tegata;
using namespace tegata::test;
using namespace std::chrono_literals;

namespace {

using Found = std::optional<store::BoundCredential>;
using Person = std::optional<store::Practitioner>;

struct PeopleWorld : World {
  PeopleWorld() { put_samples(*this); }

  store::BoundCredential phone(const std::string& id, const std::string& label, const std::string& owner = "P1") {
    auto out = sample_credential(id, label, clock.now());
    out.practitioner_id = owner;
    out.user_handle = sample_practitioner(owner).user_handle;
    return out;
  }
  Operation bind(const store::BoundCredential& credential) {
    return [=](store::Transaction& transaction) { return insert_credential(transaction, credential); };
  }
  Operation remove(const std::string& id, const std::string& owner = "P1") {
    return [=](store::Transaction& t) { return remove_credential(t, as_bytes(id), owner); };
  }
  Operation rename(const std::string& id, const std::string& label, const std::string& owner = "P1") {
    return [=](store::Transaction& t) { return rename_credential(t, as_bytes(id), owner, label, label); };
  }
  Operation use(const store::BoundCredential& credential, std::uint32_t seen) {
    return [=](store::Transaction& transaction) { return use_credential(transaction, credential, seen); };
  }
  // An Error, and nothing of it stands.
  ErrorCode code_of(const Operation& operation) {
    const auto done = store->write<bool>([&](store::Transaction& transaction) {
      transaction.audit(event("test"));
      return operation(transaction);
    });
    REQUIRE(!done);
    return done.error().code();
  }
  Found find(const std::string& id) {
    return read<Found>([&](tegata::store::Reader& reader) { return store::find_credential(reader, as_bytes(id)); });
  }
  std::vector<std::string> labels(const std::string& owner = "P1") {
    std::vector<std::string> out;
    for (const auto& one : read<std::vector<store::BoundCredential>>(
             [&](tegata::store::Reader& reader) { return store::list_credentials(reader, owner); })) {
      out.push_back(one.label);
    }
    return out;
  }
  Person person(const std::string& id) {
    return read<Person>([&](tegata::store::Reader& reader) { return store::find_practitioner(reader, id); });
  }
};

}  // namespace

TEST_CASE("a bound phone comes back as it went in") {
  PeopleWorld world;
  auto put = world.phone("C1", "phone");
  put.record.sign_count = 4'294'967'295u;
  put.record.backup_state = true;
  put.record.algorithm = -257;
  put.record.key_protection = tegata::webauthn::wire::KeyProtection::secure_element;
  put.label_key = "key of phone";
  REQUIRE(does(world, world.bind(put)));
  const auto got = world.find("C1");
  REQUIRE(got);
  CHECK(got->record.id == put.record.id);
  CHECK(got->record.public_key == put.record.public_key);
  CHECK(got->record.algorithm == -257);
  CHECK(got->record.sign_count == 4'294'967'295u);
  CHECK(got->record.uv_initialized);
  CHECK(got->record.backup_eligible);
  CHECK(got->record.backup_state);
  CHECK(got->record.transports == put.record.transports);
  CHECK(got->record.aaguid == put.record.aaguid);
  CHECK(got->record.attestation_object == put.record.attestation_object);
  CHECK(got->record.attestation_client_data_json == put.record.attestation_client_data_json);
  CHECK(got->record.attestation_format == "none");
  CHECK(got->record.attestation_type == "none");
  CHECK(got->record.rp_id == "localhost");
  CHECK(got->record.key_protection == tegata::webauthn::wire::KeyProtection::secure_element);
  CHECK(got->practitioner_id == "P1");
  CHECK(got->user_handle == put.user_handle);
  CHECK(got->label == "phone");
  CHECK(got->label_key == "key of phone");
  CHECK(got->origin == "card");
  CHECK(got->created_at == put.created_at);
  CHECK(!got->last_used_at);
  CHECK(got->last_used_facility.empty());
  CHECK(!got->removed_at);
  CHECK(!world.find("C2"));
}

TEST_CASE("a credential ID that is known is bound to nobody, not even after its removal") {
  PeopleWorld world;
  REQUIRE(does(world, world.bind(world.phone("C1", "phone"))));
  const bool removed = GENERATE(false, true);
  if (removed) REQUIRE(does(world, world.remove("C1")));
  CHECK(refuses(world, world.bind(world.phone("C1", "other label"))));
  CHECK(refuses(world, world.bind(world.phone("C1", "phone"))));  // known ID before taken label
  CHECK(refuses(world, world.bind(world.phone("C1", "phone", "P2"))));
  CHECK(world.find("C1").has_value() == !removed);
  CHECK(world.labels("P2").empty());
}

TEST_CASE("a label is unique among a person's live phones") {
  PeopleWorld world;
  REQUIRE(does(world, world.bind(world.phone("C1", "phone"))));
  CHECK(world.code_of(world.bind(world.phone("C2", "phone"))) == errors::store_label_taken);
  CHECK(!world.find("C2"));
  CHECK(does(world, world.bind(world.phone("C3", "phone", "P2"))));
  REQUIRE(does(world, world.remove("C1")));
  CHECK(does(world, world.bind(world.phone("C2", "phone"))));
}

TEST_CASE("no phone is bound to a person who is suspended or unknown") {
  PeopleWorld world;
  auto suspended = sample_practitioner("P1");
  suspended.active = false;
  world.write<void>([&](store::Transaction& transaction) { return put_practitioner(transaction, suspended); });
  CHECK(refuses(world, world.bind(world.phone("C1", "phone"))));
  CHECK(refuses(world, world.bind(world.phone("C1", "phone", "nobody"))));
  CHECK(!world.find("C1"));
}

TEST_CASE("a phone is renamed by its owner, to a label that is free") {
  PeopleWorld world;
  REQUIRE(does(world, world.bind(world.phone("C1", "one"))));
  REQUIRE(does(world, world.bind(world.phone("C2", "two"))));
  CHECK(refuses(world, world.rename("C1", "three", "P2")));
  CHECK(refuses(world, world.rename("C1", "two", "P2")));  // a stranger does not learn of the other's labels
  CHECK(refuses(world, world.rename("C9", "three")));
  CHECK(world.code_of(world.rename("C1", "two")) == errors::store_label_taken);
  CHECK(world.labels() == std::vector<std::string>{"one", "two"});
  CHECK(does(world, world.rename("C1", "one")));  // its own is not taken
  CHECK(does(world, world.rename("C1", "three")));
  CHECK(world.labels() == std::vector<std::string>{"three", "two"});
  REQUIRE(does(world, world.remove("C2")));
  CHECK(refuses(world, world.rename("C2", "four")));
  CHECK(does(world, world.rename("C1", "two")));
}

TEST_CASE("a phone is removed once, by its owner") {
  PeopleWorld world;
  REQUIRE(does(world, world.bind(world.phone("C1", "phone"))));
  CHECK(refuses(world, world.remove("C1", "P2")));
  CHECK(refuses(world, world.remove("C9")));
  REQUIRE(world.find("C1"));
  CHECK(does(world, world.remove("C1")));
  CHECK(!world.find("C1"));
  CHECK(world.labels().empty());
  CHECK(refuses(world, world.remove("C1")));
}

TEST_CASE("a use is written down only against the sign count that was seen") {
  PeopleWorld world;
  auto phone = world.phone("C1", "phone");  // sign count 5
  REQUIRE(does(world, world.bind(phone)));
  phone.record.sign_count = 9;
  phone.record.backup_state = true;
  phone.last_used_facility = "検証医院";
  SECTION("seen") {
    world.clock.advance(1s);
    phone.record.key_protection = tegata::webauthn::wire::KeyProtection::software;
    CHECK(does(world, world.use(phone, 5)));
    const auto used = world.find("C1");
    CHECK(used->record.sign_count == 9);
    CHECK(used->record.backup_state);
    CHECK(used->record.key_protection == tegata::webauthn::wire::KeyProtection::software);
    CHECK(used->last_used_at == world.clock.now());
    CHECK(used->last_used_facility == "検証医院");
    CHECK(used->label == "phone");
    CHECK(refuses(world, world.use(phone, 5)));  // a second assertion on the same count: a clone, or a race
  }
  SECTION("changed meanwhile") { CHECK(refuses(world, world.use(phone, 4))); }
  SECTION("of another person") {
    phone.practitioner_id = "P2";
    CHECK(refuses(world, world.use(phone, 5)));
  }
  SECTION("removed") {
    REQUIRE(does(world, world.remove("C1")));
    CHECK(refuses(world, world.use(phone, 5)));
  }
  SECTION("an authenticator without counter stays at zero") {
    auto zero = world.phone("C2", "zero");
    zero.record.sign_count = 0;
    REQUIRE(does(world, world.bind(zero)));
    CHECK(does(world, world.use(zero, 0)));
    CHECK(does(world, world.use(zero, 0)));
  }
}

TEST_CASE("putting a person again replaces everything but the user handle") {
  PeopleWorld world;
  auto again = sample_practitioner("P1");
  again.user_handle = {1, 2, 3};
  again.name = "検証 改名";
  again.romaji = "Kensho Kaimei";
  again.roles = {"Dentist", "Pharmacist"};
  again.active = false;
  again.second_certificate_not_after.reset();
  world.write<void>([&](store::Transaction& transaction) { return put_practitioner(transaction, again); });
  const auto got = world.person("P1");
  REQUIRE(got);
  CHECK(got->user_handle == sample_practitioner("P1").user_handle);
  CHECK(got->name == again.name);
  CHECK(got->romaji == again.romaji);
  CHECK(got->roles == again.roles);
  CHECK(!got->active);
  CHECK(!got->second_certificate_not_after);
  CHECK(!world.person("P9"));
}

TEST_CASE("two people never share a user handle") {
  PeopleWorld world;
  auto third = sample_practitioner("P3");
  third.user_handle = sample_practitioner("P1").user_handle;
  CHECK(world.code_of([&](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(put_practitioner(transaction, third));
    return true;
  }) == errors::internal);
  CHECK(!world.person("P3"));
}

TEST_CASE("people are listed by their ID") {
  PeopleWorld world;
  const auto all = world.read<std::vector<store::Practitioner>>(
      [](tegata::store::Reader& reader) { return store::list_practitioners(reader); });
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == "P1");
  CHECK(all[1].id == "P2");
}

TEST_CASE("several cards lead to one person, and one card moves to another") {
  PeopleWorld world;
  const auto put = [&](const std::string& authority, const std::string& number, const std::string& id) {
    world.write<void>([&](store::Transaction& t) { return put_card(t, authority, number, id); });
  };
  const auto holder = [&](const std::string& authority, const std::string& number) {
    const auto found = world.read<Person>(
        [&](tegata::store::Reader& r) { return store::find_practitioner_by_card(r, authority, number); });
    return found ? found->id : "nobody";
  };
  put("JMA", "100", "P1");
  put("MEDIS", "100", "P1");
  put("JMA", "200", "P2");
  CHECK(holder("JMA", "100") == "P1");
  CHECK(holder("MEDIS", "100") == "P1");
  CHECK(holder("JMA", "200") == "P2");
  CHECK(holder("MEDIS", "200") == "nobody");
  put("MEDIS", "100", "P2");
  CHECK(holder("MEDIS", "100") == "P2");
  CHECK(holder("JMA", "100") == "P1");
  CHECK(world.code_of([](store::Transaction& transaction) -> Result<bool> {
    TEGATA_TRY(put_card(transaction, "JMA", "300", "nobody"));
    return true;
  }) == errors::internal);
  CHECK(holder("JMA", "300") == "nobody");
}
