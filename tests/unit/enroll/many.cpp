// As many phones of one person as there will ever be: ten thousand without sanitizers (a program of its own, ./dev test
// many), fewer with them.
#include <atomic>
#include <set>
#include <thread>

#include "enroll/phones.h"
#include "rp/store/engine/errors.h"
#include "tests/unit/enroll/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("many registrations of one person by 64 at once give no duplicate label") {
#ifdef NDEBUG
  constexpr int total = 10'000;
#else
  constexpr int total = 1'000;
#endif
  World world;
  enroll::Settings settings;
  settings.most_phones = total;
  const enroll::BrowserIdentity iphone = {Browser().user_agent, "", "", "", 5};
  std::atomic<int> next{0}, failed{0};
  const auto bind_one = [&](int number) {
    return world.store->write<std::string>([&](store::Transaction& transaction) -> Result<std::string> {
      tegata::store::AuditEvent event;
      event.kind = "credential_registered";
      transaction.audit(event);
      TEGATA_ASSIGN(const auto person, store::find_practitioner(transaction, "AB123456789"));
      store::BoundCredential phone;
      const auto id = std::to_string(number);
      phone.record.id = to_bytes(as_bytes(id));
      phone.record.aaguid = Bytes(16, 0);
      phone.practitioner_id = person->id;
      phone.user_handle = person->user_handle;
      phone.origin = "card";
      phone.created_at = transaction.now();
      return enroll::bind_phone(transaction, settings, phone, iphone);
    });
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      for (int number = next++; number < total; number = next++) failed += !bind_one(number);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  const auto phones = world.phones_of("AB123456789");
  REQUIRE(phones.size() == total);
  std::set<std::string> keys;
  for (const auto& phone : phones) keys.insert(phone.label_key);
  CHECK(keys.size() == total);
  const auto one_more = bind_one(total);
  REQUIRE_FALSE(one_more);
  CHECK(one_more.error().code() == errors::store_too_many_phones);
}
