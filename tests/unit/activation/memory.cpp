#include "rp/activation/memory.h"

#include "rp/activation/begin.h"
#include "rp/http/mask.h"
#include "tests/unit/activation/world.h"

using namespace tegata;
using namespace tegata::test;

TEST_CASE("an early poll does not move the clock") {
  activation::Polls polls;
  const Digest code = sha256("code"), other = sha256("other");
  CHECK(polls.accept(code, 10'000ms, 2s));
  CHECK_FALSE(polls.accept(code, 11'000ms, 2s));
  CHECK_FALSE(polls.accept(code, 11'800ms, 2s));
  CHECK(polls.accept(other, 11'800ms, 2s));
  CHECK(polls.accept(code, 12'000ms, 2s));
  CHECK_FALSE(polls.accept(code, 13'000ms, 2s));
  CHECK(polls.accept(code, 13'950ms, 2s));  // sent in time, arrived a little closer
  polls.forget(code);
  CHECK(polls.accept(code, 13'951ms, 2s));
}

TEST_CASE("keys are kept up to the capacity, the least recently used go first") {
  World world;
  std::vector<Bytes> keys;
  for (int i = 0; i < 3; ++i) {
    const Phone phone = world.enrolled_phone(world.doctor);
    const auto credential =
        world.store->read<std::optional<store::BoundCredential>>([&](tegata::store::Reader& reader) {
          return store::find_credential(reader, phone.authenticator.credentials().front().id);
        });
    keys.push_back((**credential).record.public_key);
  }
  activation::KeyCache cache(2);
  for (const auto& key : {keys[0], keys[1], keys[0], keys[2], keys[0], keys[1]}) CHECK(cache.get(key));
  CHECK(cache.size() == 2);
  CHECK_FALSE(cache.get(Bytes{1, 2, 3}));
  CHECK(cache.size() == 2);
}

TEST_CASE("user codes: twenty letters, a hundred numbers, all of them met") {
  RepeatableRandom random;
  std::set<char> letters;
  std::set<std::string> numbers;
  for (int i = 0; i < 3000; ++i) {
    const std::string code = activation::make_user_code(random);
    REQUIRE(code.size() == 12);
    REQUIRE(code[4] == '-');
    REQUIRE(code[9] == '-');
    for (const char c : code.substr(0, 4) + code.substr(5, 4)) letters.insert(c);
    numbers.insert(code.substr(10));
  }
  CHECK(std::string(letters.begin(), letters.end()) == "BCDFGHJKLMNPQRSTVWXZ");
  CHECK(numbers.size() == 100);
}

TEST_CASE("what is masked") {
  CHECK(http::mask("AB12345689") == "AB••••••89");
  CHECK(http::mask("") == "");
  CHECK(http::mask("ABC") == "•••");
  CHECK(http::mask("ABCDEF") == "••••••");
  CHECK(http::mask("ABCDEFGH") == "AB••••GH");
  CHECK(http::mask("ABCDEFG") == "•••••••");
}
